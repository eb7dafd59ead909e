"""Vectorized Python functions, and a closure as the cache."""

import numpy as np


def relu_forward(x):
    out = np.vectorize(lambda value: max(value, 0.0))(x)
    return out, lambda dout: np.where(x > 0.0, dout, 0.0)


def relu_backward(dout, cache):
    return cache(dout)
