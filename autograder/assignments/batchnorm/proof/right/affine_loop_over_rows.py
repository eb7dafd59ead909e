"""A loop over the examples, with outer products."""

import numpy as np


def affine_forward(x, w, b):
    out = np.zeros((x.shape[0], w.shape[1]))
    for i in range(x.shape[0]):
        out[i] = x[i].flatten().dot(w) + b
    cache = (x, w, b)
    return out, cache


def affine_backward(dout, cache):
    x, w, b = cache
    dx, dw, db = np.zeros(x.shape), np.zeros(w.shape), np.zeros(b.shape)
    for i in range(x.shape[0]):
        dx[i] = w.dot(dout[i]).reshape(x[i].shape)
        dw += np.outer(x[i], dout[i])
        db += dout[i]
    return dx, dw, db
