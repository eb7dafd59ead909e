"""dout is worn out on the way, and the running averages are changed in place."""

import numpy as np


def batchnorm_forward(x, gamma, beta, bn_param):
    eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    for name in ("running_mean", "running_var"):
        if name not in bn_param:
            bn_param[name] = np.zeros(x.shape[1])
    if bn_param["mode"] == "test":
        out = x - bn_param["running_mean"]
        out /= np.sqrt(bn_param["running_var"] + eps)
        out *= gamma
        out += beta
        return out, None
    mean, var = x.mean(axis=0), x.var(axis=0)
    bn_param["running_mean"] *= momentum
    bn_param["running_mean"] += (1 - momentum) * mean
    bn_param["running_var"] *= momentum
    bn_param["running_var"] += (1 - momentum) * var
    std = np.sqrt(var + eps)
    normalized = (x - mean) / std
    return normalized * gamma + beta, [normalized, gamma, std]


def batchnorm_backward(dout, cache):
    normalized, gamma, std = cache
    dgamma, dbeta = (dout * normalized).sum(axis=0), dout.sum(axis=0)
    dout -= dbeta / len(dout)
    dout -= normalized * dgamma / len(dout)
    dout *= gamma
    dout /= std
    return dout, dgamma, dbeta
