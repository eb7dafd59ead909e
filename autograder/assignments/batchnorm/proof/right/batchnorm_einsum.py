"""Einstein sums; the cache is a dictionary."""

import numpy as np


def batchnorm_forward(x, gamma, beta, bn_param):
    eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    if bn_param["mode"] == "test":
        inv = (bn_param["running_var"] + eps) ** -0.5
        return np.einsum("nd,d,d->nd", x - bn_param["running_mean"], inv, gamma) + beta, None
    N = x.shape[0]
    mean = np.einsum("nd->d", x) / N
    centred = x - mean
    var = np.einsum("nd,nd->d", centred, centred) / N
    inv = (var + eps) ** -0.5
    hat = np.einsum("nd,d->nd", centred, inv)
    for name, value in (("running_mean", mean), ("running_var", var)):
        old = bn_param.get(name, np.zeros(x.shape[1]))
        bn_param[name] = momentum * old + (1 - momentum) * value
    return np.einsum("nd,d->nd", hat, gamma) + beta, {"hat": hat, "inv": inv, "gamma": gamma}


def batchnorm_backward(dout, cache):
    hat, scale = cache["hat"], cache["inv"] * cache["gamma"]
    dgamma, dbeta = np.einsum("nd,nd->d", dout, hat), np.einsum("nd->d", dout)
    return scale * (dout - (dbeta + hat * dgamma) / len(dout)), dgamma, dbeta


def batchnorm_backward_alt(dout, cache):
    N, hat = dout.shape[0], cache["hat"]
    dgamma, dbeta = np.einsum("nd,nd->d", dout, hat), np.einsum("nd->d", dout)
    dx = np.einsum("nd,d,d->nd", N * dout - dbeta - hat * dgamma, cache["gamma"], cache["inv"])
    return dx / N, dgamma, dbeta
