"""One centring matrix for all features."""

import numpy as np


def batchnorm_backward_alt(dout, cache):
    centred, gamma, inverse, hat = cache
    N = len(dout)
    centring = np.eye(N) - np.full((N, N), 1 / N)
    dhat = gamma * dout
    dx = inverse * (centring @ dhat - hat * np.sum(hat * dhat, axis=0) / N)
    return dx, np.sum(dout * hat, axis=0), np.sum(dout, axis=0)
