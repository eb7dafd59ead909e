"""The one layer that is given: softmax with cross-entropy loss."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[Any]


def softmax_loss(scores: FloatArray, y: npt.NDArray[Any]) -> tuple[float, FloatArray]:
    """Return the mean cross-entropy loss of softmax(scores) and its gradient.

    loss = mean over i of  log(sum_j exp(s_ij)) - s_iy;  dloss/ds = (softmax(s) - onehot(y)) / N

    The largest score of each row is subtracted first. That changes no probability, and exp can
    no longer overflow, however large the scores are.

    Args:
        scores: (N, C), a score for each of C classes.
        y: (N,) integers, the right class of each row, 0 <= y[i] < C.

    Returns:
        loss: a float, ln C when all scores of a row are alike.
        dscores: (N, C), the gradient of the loss with respect to the scores.
    """
    rows = np.arange(scores.shape[0])
    shifted = scores - scores.max(axis=1, keepdims=True)  # (N, C), nothing above 0
    exponentials = np.exp(shifted)
    sums = exponentials.sum(axis=1, keepdims=True)  # (N, 1), at least 1
    loss = float(np.mean(np.log(sums[:, 0]) - shifted[rows, y]))
    dscores = exponentials / sums
    dscores[rows, y] -= 1
    return loss, dscores / scores.shape[0]
