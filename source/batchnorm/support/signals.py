"""What flows through a deep net that has not been trained: activations and gradients by layer.

The gradients are measured forward, by nudging all weights of a layer in a random direction and
watching the loss; so this module holds no backward pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
DIRECTIONS = 8  # random directions; the norm is then good to a quarter, of eighteen powers of ten
_NUDGE = 1e-30  # imaginary, see `graph`
_EPSILON = 1e-5


@dataclass(frozen=True)
class Signals:
    """One net, looked at once.

    Attributes:
        activations: (N, H) for each hidden layer, what goes into its relu.
        gradient_norms: for each hidden layer the norm of the loss's gradient by its weights.
    """

    activations: list[Array]
    gradient_norms: list[float]


def measure(
    x: Array, y: Array, hidden_dims: list[int], weight_scale: float, normalized: bool, seed: int = 0
) -> Signals:
    """Send a batch through a fresh net and see what arrives where.

    Args:
        x: (N, ...) pictures.
        y: (N,) their classes, 0 to 9.
        hidden_dims: units of each hidden layer.
        weight_scale: standard deviation of all weights.
        normalized: whether every hidden layer's values are brought to mean 0, variance 1
            over the batch before relu.
        seed: of weights and directions.
    """
    rng = np.random.default_rng(seed)
    rows = x.reshape(len(x), -1)
    sizes = [rows.shape[1], *hidden_dims, 10]
    weights = [weight_scale * rng.standard_normal(shape) for shape in pairwise(sizes)]
    _, activations = _forward(rows @ weights[0], y, weights[1:], normalized)
    inputs = [rows, *(x * (x > 0) for x in activations)]
    norms = [
        _norm(inputs[layer], y, weights[layer:], normalized, rng)
        for layer in range(len(hidden_dims))
    ]
    return Signals(activations, norms)


def both(
    x: Array, y: Array, hidden_dims: list[int], weight_scale: float, seed: int = 0
) -> dict[str, Signals]:
    """Return what `measure` sees in two nets of the same weights, "with" and "without"."""
    return {
        name: measure(x, y, hidden_dims, weight_scale, name == "with", seed)
        for name in ("with", "without")
    }


def _forward(
    out: Array, y: Array, weights: list[Array], normalized: bool
) -> tuple[complex, list[Array]]:
    """Return the loss and what goes into each relu, from what a layer's weights give.

    `weights` are those after it. Works for complex numbers too.
    """
    activations = []
    for weight in weights:
        if normalized:
            out = out - out.mean(axis=0)
            out = out / np.sqrt((out * out).mean(axis=0) + _EPSILON)
        activations.append(out)
        out = _times(out * (out.real > 0), weight)
    scores = out - out.real.max(axis=1, keepdims=True)
    logs = np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(len(y)), y]
    return logs.mean(), activations


def _times(x: Array, weight: Array) -> Array:
    """Return `x @ weight`; of complex numbers by real weights in half the time."""
    return x.real @ weight + 1j * (x.imag @ weight) if np.iscomplexobj(x) else x @ weight


def _norm(
    x: Array, y: Array, weights: list[Array], normalized: bool, rng: np.random.Generator
) -> float:
    """Estimate the norm of the gradient by the weights that `x`, and then the others, meet.

    It is the mean square of the slopes along random directions.
    """
    out, slopes = x @ weights[0], []
    for _ in range(DIRECTIONS):
        nudge = x @ rng.standard_normal(weights[0].shape)
        loss, _ = _forward(out + 1j * _NUDGE * nudge, y, weights[1:], normalized)
        slopes.append(loss.imag / _NUDGE)
    return float(np.sqrt(np.mean(np.square(slopes))))
