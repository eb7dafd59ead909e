"""Single precision in everything that is computed."""

import numpy as np


def batchnorm_forward(x, gamma, beta, bn_param):
    x, gamma, beta = (np.asarray(each, np.float32) for each in (x, gamma, beta))
    eps, momentum = np.float32(bn_param.get("eps", 1e-5)), bn_param.get("momentum", 0.9)
    old_mean = np.float32(bn_param.get("running_mean", np.zeros(x.shape[1])))
    old_var = np.float32(bn_param.get("running_var", np.zeros(x.shape[1])))
    if bn_param["mode"] == "test":
        return gamma * (x - old_mean) / np.sqrt(old_var + eps) + beta, None
    mean, var = x.mean(axis=0), x.var(axis=0)
    bn_param.update(
        running_mean=momentum * old_mean + (1 - momentum) * mean,
        running_var=momentum * old_var + (1 - momentum) * var,
    )
    std = np.sqrt(var + eps)
    hat = (x - mean) / std
    return gamma * hat + beta, (hat, gamma / std)


def batchnorm_backward(dout, cache):
    hat, scale = cache
    dout = np.asarray(dout, np.float32)
    dgamma, dbeta = (dout * hat).sum(axis=0), dout.sum(axis=0)
    return scale * (dout - dout.mean(axis=0) - hat * (dout * hat).mean(axis=0)), dgamma, dbeta


batchnorm_backward_alt = batchnorm_backward
