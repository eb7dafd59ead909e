"""Is a gradient right? Compare it with what a small step really does.

The centred difference (f(x + h) - f(x - h)) / 2h is off by about h^2, so with h = 1e-5 and
float64 a right gradient agrees to seven digits or more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
STEP = 1e-5  # smaller steps drown in rounding, larger ones see the curve
ERROR_FLOOR = 1e-8  # below this size a gradient is compared absolutely
SMALL_PART = 1e-2  # of the largest entry: what is smaller is compared with this size


class Model(Protocol):
    """What the helpers here ask of a network."""

    params: dict[str, Array]

    def loss(self, X: Array, y: Any = None) -> Any:
        """Return scores without labels, (loss, gradients by name) with them."""


def relative_error(yours: Any, expected: Any, floor: float = ERROR_FLOOR) -> float:
    """Return the largest |yours - expected| / max(|yours| + |expected|, floor) of all elements.

    Raises:
        ValueError: the shapes differ. (3,) and (3, 1) would broadcast and look alike.
    """
    a, b = np.asarray(yours, np.float64), np.asarray(expected, np.float64)
    if a.shape != b.shape:
        raise ValueError(f"The shapes differ: {a.shape} is yours, {b.shape} is expected.")
    if a.size == 0:
        return 0.0
    return float(np.max(np.abs(a - b) / np.maximum(np.abs(a) + np.abs(b), floor)))


def numeric_gradient(
    f: Callable[[Array], Any], x: Any, dout: Any = 1.0, h: float = STEP
) -> npt.NDArray[np.float64]:
    """Return the gradient of sum(f(x) * dout) with respect to x, by centred differences.

    Args:
        f: takes an array like `x`, returns a number or an array. It gets a float64 copy, so
            integers in `x` do no harm and `x` itself never changes.
        x: where the gradient is wanted, any shape.
        dout: the upstream gradient, of the shape of f(x).
        h: the step.

    Returns:
        An array of the shape of `x`.

    Raises:
        TypeError: f answers in less than float64, where differences this small are noise.
        ValueError: f(x) and dout have different shapes.
    """
    point = np.array(x, np.float64)
    gradient = np.zeros_like(point)
    upstream = np.asarray(dout, np.float64)
    for index in np.ndindex(point.shape):
        ends = []
        for sign in (1, -1):
            moved = point.copy()
            moved[index] += sign * h
            ends.append(_float64(f(moved), upstream))
        gradient[index] = np.sum((ends[0] - ends[1]) * upstream) / (2 * h)
    return gradient


def _float64(answer: Any, upstream: Array) -> Array:
    value = np.asarray(answer)
    if value.dtype != np.float64:
        raise TypeError(
            f"The function answers in {value.dtype}. Numeric gradients need float64: make the "
            "inputs float64, and a network with dtype=np.float64."
        )
    if upstream.shape and value.shape != upstream.shape:
        raise ValueError(f"f(x) has shape {value.shape} and dout has shape {upstream.shape}.")
    return value


def network_errors(
    model: Model, X: Array, y: Array, *, h: float = STEP, entries: int | None = None
) -> dict[str, float]:
    """Compare a network's own gradients with numeric ones.

    Args:
        model: has `params` (float64) and `loss(X, y)`; its parameters are as before afterwards.
        X: (N, ...) a small batch.
        y: (N,) labels.
        h: the step.
        entries: how many entries of each parameter to look at, spread evenly; all by default.

    Returns:
        The relative error by parameter name. Entries below a hundredth of a parameter's largest
        are compared with that hundredth: in smaller ones a numeric gradient is mostly rounding.

    Raises:
        TypeError: a parameter is not float64.
        KeyError: the network returns no gradient for one of its parameters.
        ValueError: a gradient does not have its parameter's shape.
    """
    pairs = network_gradients(model, X, y, h=h, entries=entries)
    return {name: gradient_error(*pair) for name, pair in pairs.items()}


def network_gradients(
    model: Model, X: Array, y: Array, *, h: float = STEP, entries: int | None = None
) -> dict[str, tuple[Array, Array]]:
    """Return a network's own gradients and numeric ones, at the same entries, by name.

    Arguments and errors are those of `network_errors`.
    """
    _, gradients = model.loss(X.copy(), y)
    pairs = {}
    for name, parameter in model.params.items():
        if np.asarray(parameter).dtype != np.float64:
            raise TypeError(
                f"{name} is {np.asarray(parameter).dtype}: numeric gradients need float64."
            )
        if name not in gradients:
            raise KeyError(f"loss(X, y) returns no gradient for {name}.")
        given = np.array(gradients[name], np.float64)
        if given.shape != parameter.shape:
            raise ValueError(
                f"The gradient of {name} has shape {given.shape}, not {parameter.shape}."
            )
        picks = _spread(parameter.size, entries)
        numeric = _slopes(model, X, y, name, picks, h)
        pairs[name] = given.reshape(-1)[picks], numeric
    return pairs


def gradient_error(yours: Array, numeric: Array) -> float:
    """Return the relative error of a gradient, of small entries by a hundredth of the largest."""
    floor = max(SMALL_PART * float(np.max(np.abs(numeric), initial=0)), ERROR_FLOOR)
    return relative_error(yours, numeric, floor)


def _spread(size: int, entries: int | None) -> npt.NDArray[np.int64]:
    count = size if entries is None else min(entries, size)
    return np.linspace(0, size - 1, count).astype(np.int64)


def _slopes(
    model: Model, X: Array, y: Array, name: str, picks: npt.NDArray[np.int64], h: float
) -> Array:
    """Return the numeric slope of the loss along some entries of one parameter."""
    original = model.params[name]
    slopes = np.zeros(len(picks))
    try:
        for k, pick in enumerate(picks):
            ends = []
            for sign in (1, -1):
                moved = original.copy()
                moved.reshape(-1)[pick] += sign * h
                model.params[name] = moved
                ends.append(float(model.loss(X.copy(), y)[0]))
            slopes[k] = (ends[0] - ends[1]) / (2 * h)
    finally:
        model.params[name] = original
    return slopes
