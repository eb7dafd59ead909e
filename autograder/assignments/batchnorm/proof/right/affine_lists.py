"""Lists of numbers for arrays, and a list of results for a tuple."""

import numpy as np


def affine_forward(x, w, b):
    return [(np.ravel(row) @ w + b).tolist() for row in x], (x, w)


def affine_backward(dout, cache):
    x, w = cache
    flat = np.reshape(x, (len(x), -1))
    return [np.reshape(dout @ w.T, np.shape(x)), (flat.T @ dout).tolist(), list(sum(dout))]
