"""Tensor products over all axes of x but the first; no reshape of x at all."""

import numpy as np


def affine_forward(x, w, b):
    weights = w.reshape(*x.shape[1:], -1)
    axes = list(range(1, x.ndim)), list(range(x.ndim - 1))
    return np.tensordot(x, weights, axes=axes) + b, (x, weights, w.shape)


def affine_backward(dout, cache):
    x, weights, shape = cache
    dx = np.tensordot(dout, weights, axes=([1], [weights.ndim - 1]))
    return dx, np.tensordot(x, dout, axes=([0], [0])).reshape(shape), np.ones(len(dout)) @ dout
