"""Two projections: off the constant vector, then off the normalized inputs."""

import numpy as np


def batchnorm_forward(x, gamma, beta, bn_param):
    eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    zeros = np.zeros(x.shape[1])
    mean, var = x.mean(axis=0), x.var(axis=0)
    if bn_param["mode"] == "test":
        mean, var = bn_param["running_mean"], bn_param["running_var"]
    else:
        bn_param["running_mean"] = np.average(
            [bn_param.get("running_mean", zeros), mean], axis=0, weights=[momentum, 1 - momentum]
        )
        bn_param["running_var"] = np.average(
            [bn_param.get("running_var", zeros), var], axis=0, weights=[momentum, 1 - momentum]
        )
    hat = np.divide(x - mean, np.sqrt(var + eps))
    return gamma * hat + beta, (hat, gamma / np.sqrt(var + eps))


def batchnorm_backward(dout, cache):
    return batchnorm_backward_alt(dout, cache)


def batchnorm_backward_alt(dout, cache):
    hat, scale = cache
    tangent = dout - np.mean(dout, axis=0, keepdims=True)
    tangent = tangent - hat * np.mean(dout * hat, axis=0, keepdims=True)
    return scale * tangent, np.diag(dout.T @ hat).copy(), dout.T @ np.ones(len(dout))
