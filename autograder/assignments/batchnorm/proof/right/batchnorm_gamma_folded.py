"""gamma is folded into the scale before anything is multiplied; mean of squares minus square."""

import numpy as np


def batchnorm_forward(x, gamma, beta, bn_param):
    eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    D = x.shape[1]
    mean = bn_param.setdefault("running_mean", np.zeros(D))
    var = bn_param.setdefault("running_var", np.zeros(D))
    train = bn_param["mode"] == "train"
    if train:
        new_mean = x.mean(0)
        new_var = np.square(x - new_mean).mean(0)
        bn_param["running_mean"] = mean + (1 - momentum) * (new_mean - mean)
        bn_param["running_var"] = var + (1 - momentum) * (new_var - var)
        mean, var = new_mean, new_var
    scale = gamma * np.reciprocal(np.sqrt(var + eps))
    return x * scale + (beta - mean * scale), (x, mean, var + eps, scale)


def batchnorm_backward(dout, cache):
    x, mean, power, scale = cache
    N = len(x)
    dbeta = np.add.reduce(dout)
    along = np.add.reduce(dout * (x - mean))
    dx = dout - dbeta / N - (x - mean) / power * along / N
    return scale * dx, along / np.sqrt(power), dbeta
