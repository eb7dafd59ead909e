"""Half of x plus its absolute value; the mask is half of 1 plus the sign."""

import numpy as np


def relu_forward(x):
    return 0.5 * (x + np.abs(x)), np.sign(x)


def relu_backward(dout, cache):
    return 0.5 * (1 + cache) * dout
