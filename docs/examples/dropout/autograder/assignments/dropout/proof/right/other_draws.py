"""Another generator, the scaled mask as the cache, and a layer that stands on its own."""

import numpy as np


def dropout_forward(x, dropout_param):
    p = dropout_param["p"]
    if dropout_param["mode"] == "test":
        return x, 1.0
    generator = np.random.default_rng(dropout_param.get("seed"))
    mask = generator.uniform(size=x.shape) < p
    return np.where(mask, x / p, 0.0), mask / p


def dropout_backward(dout, cache):
    return dout * cache


class Dropout:
    def __init__(self, p, seed=None):
        self.p, self.generator, self.scale = p, np.random.default_rng(seed), 1.0

    def forward(self, x, training):
        self.scale = 1.0
        if training:
            self.scale = self.generator.binomial(1, self.p, size=x.shape) / self.p
        return x * self.scale

    def backward(self, dout):
        return dout * self.scale
