"""A loop over all numbers, in plain Python."""

import numpy as np


def relu_forward(x):
    values = [value if value > 0 else 0.0 for value in x.reshape(-1).tolist()]
    return np.array(values).reshape(x.shape), x


def relu_backward(dout, cache):
    pairs = zip(dout.reshape(-1).tolist(), cache.reshape(-1).tolist(), strict=True)
    return np.array([d if value > 0 else 0.0 for d, value in pairs]).reshape(dout.shape)
