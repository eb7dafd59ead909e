"""How much faster is the short way back?"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from .gradient_check import relative_error
from .text import show

Function = Callable[..., Any]
REPEATED = 200


def compare_speed(forward: Function, long: Function, short: Function) -> float:
    """Print how far two backward passes differ and how much faster the short one is.

    Args:
        forward: batchnorm_forward.
        long: batchnorm_backward.
        short: batchnorm_backward_alt.

    Returns:
        How many times as fast the short one is.
    """
    np.random.seed(231)
    x = 5 * np.random.randn(100, 500) + 12
    gamma, beta, dout = np.random.randn(500), np.random.randn(500), np.random.randn(100, 500)
    _, cache = forward(x, gamma, beta, {"mode": "train"})
    results = zip(short(dout.copy(), cache), long(dout.copy(), cache), strict=True)
    errors = [relative_error(a, b) for a, b in results]
    names = ("dx", "dgamma", "dbeta")
    told = (f"{name} {error:.1e}" for name, error in zip(names, errors, strict=True))
    show(f"differences: {', '.join(told)}")
    ratio = _seconds(long, dout, cache) / _seconds(short, dout, cache)
    show(f"the short way is {ratio:.2f} times as fast")
    return ratio


def _seconds(backward: Function, dout: Any, cache: Any) -> float:
    """Return the fastest of many runs: the others were disturbed by something."""
    runs = []
    for _ in range(REPEATED):
        start = time.perf_counter()
        backward(dout.copy(), cache)
        runs.append(time.perf_counter() - start)
    return min(runs)
