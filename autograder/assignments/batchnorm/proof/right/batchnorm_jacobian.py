"""The whole Jacobian of each feature, (N, N), times dout; slow and right."""

import numpy as np


def batchnorm_forward(x, gamma, beta, bn_param):
    eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    zeros = np.zeros(x.shape[1])
    mean, var = bn_param.get("running_mean", zeros), bn_param.get("running_var", zeros)
    cache = None
    if bn_param["mode"] == "train":
        batch_mean, batch_var = np.mean(x, axis=0), np.var(x, axis=0)
        bn_param["running_mean"] = momentum * mean + (1 - momentum) * batch_mean
        bn_param["running_var"] = momentum * var + (1 - momentum) * batch_var
        mean, var = batch_mean, batch_var
        cache = ((x - mean) / np.sqrt(var + eps), gamma / np.sqrt(var + eps))
    return gamma * (x - mean) / np.sqrt(var + eps) + beta, cache


def batchnorm_backward(dout, cache):
    normalized, scale = cache
    N, D = dout.shape
    dx = np.empty_like(dout)
    for j in range(D):
        h = normalized[:, j]
        jacobian = np.eye(N) - 1.0 / N - np.outer(h, h) / N
        dx[:, j] = scale[j] * jacobian @ dout[:, j]
    return dx, (dout * normalized).sum(axis=0), dout.sum(axis=0)
