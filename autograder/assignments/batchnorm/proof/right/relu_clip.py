"""`clip` without an upper end; the cache is what comes out."""

import numpy as np


def relu_forward(x):
    out = np.clip(x, 0, None)
    return out, out


def relu_backward(dout, cache):
    return np.where(cache > 0, dout, 0)
