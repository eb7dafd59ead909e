"""Single precision, and an int8 mask."""

import numpy as np


def relu_forward(x):
    x = x.astype(np.float32)
    return np.maximum(x, np.float32(0)), (x > 0).astype(np.int8)


def relu_backward(dout, cache):
    return dout.astype(np.float32) * cache
