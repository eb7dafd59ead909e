"""What the dropout notebook is given: comparisons, plots, and a small net on invented data."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from itertools import zip_longest
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

BLUE, ORANGE = "#1f77b4", "#d95f02"
FEATURES, UNITS = 10, 30
TRAINING, HELD_BACK = 200, 1000
STEPS, EVERY, RATE = 600, 10, 1.0


def grading() -> bool:
    """Whether the autograder runs the notebook; the long experiment is left out then."""
    return os.environ.get("NBGRADER_EXECUTION") == "autograde"


def beside(name: str, yours: Any, expected: Any, within: float = 1e-6) -> None:
    """Print your result beside the right one, and stop if they differ by more than `within`."""
    one, other = np.asarray(yours, dtype=float), np.asarray(expected, dtype=float)
    with np.printoptions(precision=3, suppress=True):
        left, right = (str(array.round(3) + 0.0).splitlines() for array in (one, other))
    if len(left) == len(right) == 1:
        print(f"{name:34}  yours {left[0]:8}  expected {right[0]}")
    else:
        wide = max(map(len, left), default=0)
        print(f"{name}\n    {'yours':{wide}}    expected")
        print(
            "\n".join(f"    {a:{wide}}    {b}" for a, b in zip_longest(left, right, fillvalue=""))
        )
    assert one.shape == other.shape, f"{name} has shape {one.shape}; it should be {other.shape}."
    off = np.abs(one - other).max()
    assert off <= within, f"{name} is off by {off:.2g}."


def numeric_gradient(function: Callable[[Any], Any], x: Any, dout: Any, h: float = 1e-5) -> Any:
    """How sum(function(x) * dout) changes with each entry of x, by centred differences."""
    gradient = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[index] = h
        change = function(x + step) - function(x - step)
        gradient[index] = (change * dout).sum() / (2 * h)
    return gradient


def show_masks(outs: Mapping[float, Any]) -> None:
    """Draw what dropout makes of a square of ones, for each p; dropped entries are white."""
    _, axes = plt.subplots(1, len(outs), figsize=(3 * len(outs), 3.2), layout="constrained")
    top = max(out.max() for out in outs.values())
    for axis, (p, out) in zip(axes, outs.items(), strict=True):
        picture = axis.imshow(np.ma.masked_equal(out, 0), cmap="Blues", vmin=0, vmax=top)
        axis.set(xticks=[], yticks=[], title=f"p = {p:g}, mean {out.mean():.2f}")
    axes[0].figure.colorbar(picture, ax=axes, label="out, where x = 1")
    plt.show()


def show_spread(table: Mapping[float, tuple[float, float]]) -> None:
    """Draw mean and spread of out against p."""
    _, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
    ps = list(table)
    axis.plot(ps, [mean for mean, _ in table.values()], "o-", color=BLUE, label="mean")
    axis.plot(ps, [spread for _, spread in table.values()], "s--", color=ORANGE, label="spread")
    axis.set(xlabel="p, the share that is kept", ylabel="of out, where x = 1", ylim=(0, None))
    axis.grid(alpha=0.3)
    axis.legend()
    plt.show()


def invented_data(seed: int) -> tuple[Any, Any, Any, Any]:
    """Training examples with a fifth of the labels wrong, and many right ones held back."""
    rng = np.random.RandomState(seed)
    x = rng.randn(TRAINING + HELD_BACK, FEATURES)
    y = (x[:, 0] + x[:, 1] - x[:, 2] > 0).astype(int)
    noisy = np.where(rng.rand(TRAINING) < 0.2, 1 - y[:TRAINING], y[:TRAINING])
    return x[:TRAINING], noisy, x[TRAINING:], y[TRAINING:]


def train(layer: Any, seed: int) -> tuple[list[float], list[float]]:
    """Train a net with one hidden layer, which `layer` follows; accuracies on the way.

    Args:
        layer: with `forward(x, training)` and `backward(dout)`.
        seed: of data and weights.

    Returns:
        Training and validation accuracy, both measured in use, every 10 steps.
    """
    x, y, x_val, y_val = invented_data(seed)
    rng = np.random.RandomState(seed)
    w1, b1 = rng.randn(FEATURES, UNITS) * np.sqrt(2 / FEATURES), np.zeros(UNITS)
    w2, b2 = rng.randn(UNITS) * np.sqrt(1 / UNITS), 0.0

    def accuracy(inputs: Any, labels: Any) -> float:
        hidden = layer.forward(np.maximum(inputs @ w1 + b1, 0), False)
        return float(((hidden @ w2 + b2 > 0) == labels).mean())

    history: tuple[list[float], list[float]] = ([], [])
    for step in range(STEPS):
        hidden = np.maximum(x @ w1 + b1, 0)  # (N, H)
        dropped = layer.forward(hidden, True)  # (N, H)
        scores = dropped @ w2 + b2  # (N,)
        dscores = (1 / (1 + np.exp(-scores)) - y) / len(y)  # of the logistic loss
        dhidden = layer.backward(np.outer(dscores, w2)) * (hidden > 0)
        w2, b2 = w2 - RATE * dropped.T @ dscores, b2 - RATE * dscores.sum()
        w1, b1 = w1 - RATE * x.T @ dhidden, b1 - RATE * dhidden.sum(axis=0)
        if step % EVERY == EVERY - 1:
            history[0].append(accuracy(x, y))
            history[1].append(accuracy(x_val, y_val))
    return history


def compare_nets(make_layer: Callable[[float, int], Any], p: float, nets: int = 5) -> None:
    """Train nets without dropout and with it, print their mean accuracies and draw them."""
    steps = np.arange(EVERY, STEPS + 1, EVERY)
    _, axes = plt.subplots(1, 2, figsize=(9, 3.4), sharey=True, layout="constrained")
    for axis, keep in zip(axes, (1.0, p), strict=True):
        runs = np.array([train(make_layer(keep, seed), seed) for seed in range(nets)])
        training, validation = runs.mean(axis=0)  # (2, measurements)
        axis.plot(steps, training, color=BLUE, label="training")
        axis.plot(steps, validation, "--", color=ORANGE, label="validation")
        axis.fill_between(steps, validation, training, color="0.9", label="gap")
        axis.set(title=f"p = {keep:g}", xlabel="step", ylim=(0.4, 1.02))
        axis.grid(alpha=0.3)
        last = f"training {training[-1]:.3f}, validation {validation[-1]:.3f}"
        print(f"p = {keep:g}: {last}, gap {training[-1] - validation[-1]:.3f}")
    axes[0].set_ylabel(f"accuracy, mean of {nets} nets")
    axes[1].legend(loc="lower right")
    plt.show()
