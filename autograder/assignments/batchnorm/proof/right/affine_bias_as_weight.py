"""The bias is one more row of the weights, for an input that is always 1."""

import numpy as np


def affine_forward(x, w, b):
    rows = np.hstack([np.reshape(x, (len(x), -1)), np.ones((len(x), 1))])
    weights = np.vstack([w, b])
    return rows @ weights, (rows, weights, x.shape)


def affine_backward(dout, cache):
    rows, weights, shape = cache
    both = rows.T @ dout
    return (dout @ weights.T)[:, :-1].reshape(shape), both[:-1], both[-1]
