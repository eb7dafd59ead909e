"""dout itself is changed and handed back; out is x, changed in place."""

import numpy as np


def relu_forward(x):
    positive = x > 0
    np.multiply(x, positive, out=x)
    return x, positive


def relu_backward(dout, cache):
    dout *= cache
    return dout
