"""Sums are made in place, dout is overwritten, and the cache is a list."""

import numpy as np


def affine_forward(x, w, b):
    out = np.empty((x.shape[0], w.shape[1]))
    np.matmul(x.reshape(x.shape[0], -1), w, out=out)
    out += b
    return out, [x, w]


def affine_backward(dout, cache):
    x, w = cache
    db = dout.sum(axis=0)
    dw = x.reshape(x.shape[0], -1).T @ dout
    dx = dout @ w.T
    dout[...] = 0
    return dx.reshape(x.shape), dw, db
