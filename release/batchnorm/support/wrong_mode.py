"""What becomes of a normalized net that is used in the wrong mode, or with better averages."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import numpy.typing as npt

from .data import Data

Array = npt.NDArray[Any]
BATCH, BATCHES = 50, 100


def fraction_right(net: Any, X: Array, y: Array, mode: str, batch_size: int) -> float:
    """Return the fraction of pictures X that a net puts in the right class y.

    Args:
        net: has `forward(X, mode)`; it is left as it was, running averages included.
        X: (N, ...) pictures.
        y: (N,) their classes.
        mode: "train" or "test".
        batch_size: pictures that go through together.
    """
    net = copy.deepcopy(net)
    right = [
        net.forward(X[i : i + batch_size], mode)[0].argmax(axis=1) == y[i : i + batch_size]
        for i in range(0, len(X), batch_size)
    ]
    return float(np.concatenate(right).mean())


def with_statistics_of_the_paper(net: Any, data: Data, seed: int = 0) -> Any:
    """Return a copy of a net that tests with statistics collected again, as in the paper.

    The weights stay as they are; the means and variances of 100 batches of training pictures are
    averaged, and the variance is multiplied by m/(m - 1) (Ioffe and Szegedy 2015, Algorithm 2).

    Args:
        net: has `forward(X, mode)` and `bn_params`.
        data: whose training pictures are used.
        seed: of the batches.
    """
    net = copy.deepcopy(net)
    draw = np.random.RandomState(seed)
    seen: list[list[tuple[Array, Array]]] = []
    for bn_param in net.bn_params:
        bn_param["momentum"] = 0.0  # then the running averages are those of the last batch
    for _ in range(BATCHES):
        batch = data.x_train[draw.choice(len(data.x_train), BATCH)]
        net.forward(batch.astype(np.float32), "train")
        seen.append([(p["running_mean"].copy(), p["running_var"].copy()) for p in net.bn_params])
    for layer, bn_param in enumerate(net.bn_params):
        bn_param["running_mean"] = np.mean([batch[layer][0] for batch in seen], axis=0)
        unbiased = BATCH / (BATCH - 1)
        bn_param["running_var"] = np.mean([batch[layer][1] for batch in seen], axis=0) * unbiased
    return net


def measure(net: Any, data: Data) -> dict[str, float]:
    """Return the validation accuracies of a trained net in five uses, by name.

    "test" is the right one; "test_paper" has statistics as in the paper; the others use training
    mode on the same pictures: in random order, sorted by class, and one at a time.
    """
    X, y = data.x_val.astype(np.float32), data.y_val
    by_class = np.argsort(y, kind="stable")
    again = with_statistics_of_the_paper(net, data)
    return {
        "test": fraction_right(net, X, y, "test", BATCH),
        "test_paper": fraction_right(again, X, y, "test", BATCH),
        "train_shuffled": fraction_right(net, X, y, "train", BATCH),
        "train_sorted": fraction_right(net, X[by_class], y[by_class], "train", BATCH),
        "train_single": fraction_right(net, X, y, "train", 1),
    }
