"""What right looks like."""

import numpy as np

from autograder.checking.answers import answer


@answer("out, cache*")
def weigh(x, w, b):
    """Rows of x times w, plus b."""
    return x.reshape(len(x), -1) @ w + b, (x, w, b)


@answer("out, cache*")
def clip(x):
    """What is below zero becomes zero."""
    return np.maximum(x, 0.0), x


@answer("dx")
def clip_back(dout, cache):
    """The gradient passes where x is above zero."""
    return np.where(cache > 0.0, dout, 0.0)
