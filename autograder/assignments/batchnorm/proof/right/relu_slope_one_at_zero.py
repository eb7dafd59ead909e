"""The slope at exactly 0 is 1: `heaviside` says what it is there."""

import numpy as np


def relu_forward(x):
    return x * (x >= 0), x


def relu_backward(dout, cache):
    return dout * np.heaviside(cache, 1.0)
