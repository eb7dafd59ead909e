"""Hidden inputs of all nets: random parameters of the reference, and mini-batches."""

import copy
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograder.assignments.batchnorm import reference

Array = NDArray[np.float64]


class Batch(NamedTuple):
    """A mini-batch of hidden inputs: X (N, D) and integer labels y (N,)."""

    X: Array
    y: NDArray[np.int64]


def random_batch(rng: np.random.RandomState, rows: int, features: int, classes: int) -> Batch:
    """Inputs around 0.3 with spread 1, and labels."""
    X = rng.standard_normal((rows, features)) + 0.3
    return Batch(X, rng.randint(classes, size=rows).astype(np.int64))


def randomize(rng: np.random.RandomState, net: reference.FullyConnectedNet) -> None:
    """Give the reference parameters that hide nothing: no zero bias, no gamma of one.

    Weights are spread so that every layer keeps the size of its input.
    """
    for name, value in net.params.items():
        draw = rng.standard_normal(value.shape)
        if name.startswith("W"):
            net.params[name] = draw * np.sqrt(2.0 / value.shape[0])
        elif name.startswith("gamma"):
            net.params[name] = 1.5 + 0.5 * draw
        else:
            net.params[name] = 0.5 * draw


def random_net(rng: np.random.RandomState, net: reference.FullyConnectedNet, rows: int) -> Batch:
    """Give the reference such parameters; returns a batch on which its last layer shows.

    Where chance leaves no unit alive, scores are the same in every row, or all of one sign, as if
    a relu stood behind them: then all is drawn again.
    """
    last = net.params[f"b{net.num_layers}"]
    while True:
        randomize(rng, net)
        batch = random_batch(rng, rows, net.params["W1"].shape[0], last.size)
        scores, _ = copy.deepcopy(net).forward(batch.X, "train")
        if scores.min() < 0.0 < scores.max() and np.ptp(scores, axis=0).all():
            return batch
