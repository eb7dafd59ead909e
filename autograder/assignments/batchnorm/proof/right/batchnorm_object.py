"""The cache is an object, the backward pass one of its methods."""

import numpy as np


class Normalization:
    def __init__(self, x, eps):
        self.mean, self.var = np.average(x, axis=0), np.average((x - x.mean(0)) ** 2, axis=0)
        self.std = np.sqrt(self.var + eps)
        self.hat = (x - self.mean) / self.std

    def back(self, dhat):
        spread = (dhat * self.hat).mean(axis=0)
        return (dhat - dhat.mean(axis=0) - self.hat * spread) / self.std


def batchnorm_forward(x, gamma, beta, bn_param):
    eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    if bn_param["mode"] == "train":
        made = Normalization(x, eps)
        made.gamma = gamma
        zero = np.zeros(x.shape[1])
        for name, now in (("running_mean", made.mean), ("running_var", made.var)):
            bn_param[name] = momentum * bn_param.get(name, zero) + now - momentum * now
        return made.hat * gamma + beta, made
    hat = (x - bn_param["running_mean"]) / np.sqrt(bn_param["running_var"] + eps)
    return hat * gamma + beta, None


def batchnorm_backward(dout, cache):
    return cache.back(dout * cache.gamma), (dout * cache.hat).sum(0), dout.sum(0)
