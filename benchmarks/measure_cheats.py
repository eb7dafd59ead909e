"""What it costs to measure the gradients of the wide inputs, and what to derive them.

    python benchmarks/measure_cheats.py

prints the table of docs/measurements.md, "Derived, not measured": CPU seconds, for measuring from a
sample of its steps. A step moves a column, row or unit at once, by a centred difference or by a
complex step, through the forward functions of a right answer.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "source" / "batchnorm")]

import support  # noqa: E402, F401 - before NumPy: one thread

# isort: split
import numpy as np  # noqa: E402
from support import graph  # noqa: E402

from autograder.assignments.batchnorm import reference  # noqa: E402
from autograder.assignments.batchnorm.checks import (  # noqa: E402
    derived as given_time,
)
from autograder.assignments.batchnorm.checks import (  # noqa: E402
    test_affine,
    test_batchnorm_backward,
    wide_nets,
)

SAMPLE = 40
H = 1e-5


def seconds(step: Callable[[int], Any]) -> float:
    """CPU seconds of one step, the mean of some."""
    step(0)
    began = time.process_time()
    for i in range(SAMPLE):
        step(i)
    return (time.process_time() - began) / SAMPLE


def row(name: str, centred: float, complex_step: float, derived: float) -> None:
    """Print one line of the table; measured at least ten times the time given, or a warning."""
    few = "" if min(centred, complex_step) >= 10 * given_time.SECONDS else " (too few)"
    print(f"| {name} | {centred:.0f} | {complex_step:.0f}{few} | {derived:.4f} |")


def affine() -> None:
    """A column of x or a row of w at a time."""
    rows, features, outputs = test_affine.WIDE
    x, w = np.random.randn(rows, features), np.random.randn(features, outputs)
    b, dout = np.random.randn(outputs), np.random.randn(rows, outputs)

    def moved(i: int, h: Any) -> Any:
        nudged = x + 0 if isinstance(h, float) else x.astype(complex)
        nudged[:, i] += h
        return nudged @ w + b

    centred = seconds(lambda i: (moved(i, H), moved(i, -H)))
    by_complex = seconds(lambda i: moved(i, 1j * H))
    cache = reference.affine_forward(x, w, b)[1]
    derived = seconds(lambda i: reference.affine_backward(dout, cache))
    row("affine_backward", 2 * features * centred, 2 * features * by_complex, derived)


def batchnorm() -> None:
    """A row of x at a time; by complex steps through `support.graph.run`."""
    rows, features = test_batchnorm_backward.WIDE
    x, dout = np.random.randn(rows, features), np.random.randn(rows, features)
    gamma, beta = np.random.randn(features), np.random.randn(features)
    inputs = {"x": x, "gamma": gamma, "beta": beta, "eps": np.array(1e-5)}

    def moved(i: int, h: float) -> Any:
        nudged = x.copy()
        nudged[i] += h
        mean, var = nudged.mean(axis=0), nudged.var(axis=0)
        return gamma * (nudged - mean) / np.sqrt(var + 1e-5) + beta

    def by_graph(i: int) -> Any:
        nudge = np.zeros(x.shape, complex)
        nudge[i] = 1e-30j
        return graph.run(inputs, "x", nudge)

    cache = reference.batchnorm_forward(x, gamma, beta, {"mode": "train"})[1]
    derived = seconds(lambda i: reference.batchnorm_backward(dout, cache))
    centred, by_complex = seconds(lambda i: (moved(i, H), moved(i, -H))), seconds(by_graph)
    row("batchnorm_backward", rows * centred, rows * by_complex, derived)


def net(name: str, wide: wide_nets.Wide) -> None:
    """A unit of the wide layer at a time; with batch normalization of one row only."""
    made = wide_nets._reference(np.random.RandomState(0), wide, 2)
    X, y = np.random.randn(wide_nets.ROWS, 2), np.arange(wide_nets.ROWS) % 2
    p, steps = made.params, wide.hidden[0] * (wide_nets.ROWS if wide.use_batchnorm else 1)
    first = X @ p["W1"] + p["b1"]

    def rest(i: int, h: Any) -> Any:
        a = first + 0 if isinstance(h, float) else first.astype(complex)
        a[: 1 if wide.use_batchnorm else None, i] += h
        for layer in range(1, made.num_layers + 1):
            if layer > 1:
                a = a @ p[f"W{layer}"] + p[f"b{layer}"]
            if layer == made.num_layers:
                return a
            if wide.use_batchnorm:
                mean = a.mean(axis=0)
                a = (a - mean) / np.sqrt(((a - mean) ** 2).mean(axis=0) + 1e-5)
                a = p[f"gamma{layer}"] * a + p[f"beta{layer}"]
            a = a * (a.real > 0)
        return a

    centred = steps * seconds(lambda i: (rest(i, H), rest(i, -H)))
    by_complex = steps * seconds(lambda i: rest(i, 1j * H))
    row(name, centred, by_complex, seconds(lambda i: made.loss(X, y)))


def main() -> None:
    """Print the table."""
    print("| | measured, centred | measured, complex | derived |")
    print("| --- | --- | --- | --- |")
    affine()
    batchnorm()
    student: Any = None  # the nets themselves are the reference's
    net("two_layer_net", wide_nets.two_layers(student))
    net("fully_connected_net", wide_nets.deep(student))
    net("batchnorm_net", wide_nets.normalized(student))


if __name__ == "__main__":
    main()
