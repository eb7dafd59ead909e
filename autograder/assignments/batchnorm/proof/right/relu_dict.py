"""A dictionary holds the mask as numbers."""

import numpy as np


def relu_forward(x):
    mask = np.greater(x, 0).astype(np.float64)
    return x * mask, {"mask": mask}


def relu_backward(dout, cache):
    return np.multiply(dout, cache["mask"])
