"""The six equations of the paper, each sum written out, the mean path with its vanishing term."""

import numpy as np


def batchnorm_forward(x, gamma, beta, bn_param):
    eps = bn_param["eps"] if "eps" in bn_param else 1e-5
    momentum = bn_param["momentum"] if "momentum" in bn_param else 0.9
    m = float(x.shape[0])
    if bn_param["mode"] == "train":
        mu = np.sum(x, axis=0) / m
        sigma2 = np.sum(np.power(x - mu, 2), axis=0) / m
        if "running_mean" not in bn_param:
            bn_param["running_mean"] = np.zeros_like(mu)
        if "running_var" not in bn_param:
            bn_param["running_var"] = np.zeros_like(sigma2)
        bn_param["running_mean"] = momentum * bn_param["running_mean"] + (1.0 - momentum) * mu
        bn_param["running_var"] = momentum * bn_param["running_var"] + (1.0 - momentum) * sigma2
    else:
        mu, sigma2 = bn_param["running_mean"], bn_param["running_var"]
    xhat = (x - mu) / np.sqrt(sigma2 + eps)
    return np.add(np.multiply(gamma, xhat), beta), (x, mu, sigma2, gamma, eps, xhat)


def batchnorm_backward(dout, cache):
    x, mu, sigma2, gamma, eps, xhat = cache
    m = float(x.shape[0])
    dxhat = dout * gamma
    dsigma2 = np.sum(dxhat * (x - mu) * (-0.5) * np.power(sigma2 + eps, -1.5), axis=0)
    dmu = np.sum(dxhat * (-1.0 / np.sqrt(sigma2 + eps)), axis=0)
    dmu += dsigma2 * np.sum(-2.0 * (x - mu), axis=0) / m
    dx = dxhat / np.sqrt(sigma2 + eps) + dsigma2 * 2.0 * (x - mu) / m + dmu / m
    return dx, np.sum(dout * xhat, axis=0, keepdims=False), np.sum(dout, axis=0)
