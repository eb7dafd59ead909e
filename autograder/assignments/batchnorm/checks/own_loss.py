"""Are the gradients the slope of the net's own loss, right or wrong as that may be?

Who has a wrong layer and walks back through it rightly earns this much. A loss that takes no
notice of its batch does not: a linear function of the parameters has a slope easily written down.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from autograder.assignments.batchnorm import reference
from autograder.assignments.batchnorm.checks.nets import (
    Array,
    Names,
    names,
    read,
)
from autograder.assignments.batchnorm.checks.random_nets import Batch, random_batch
from autograder.checking import compare
from autograder.checking.faults import CheckFailed
from autograder.checking.remote import RemoteObject

SLOPE_STEPS = ((1e-5, 1e-5), (3e-4, 1e-3), (1e-4, 1e-3))
"""Steps of the centred difference, each with the error allowed between slope and gradient.

In float64 the first step's own error, about step², and its rounding, 1e-16/step, are near
1e-10, which leaves room. The others are for nets that compute in float32 whatever they are given (a
loss near 2 is rounded to 1e-7, a finer step measures noise)."""

DIRECTIONS = 3
"""Along one of them a wrong gradient can have the right slope by chance, in one course of many."""

OTHERS = 3
"""Further batches: for the slope, if a relu bends within every step from the first (one net in 400
has a unit that near to zero); and to see whether the loss changes at all."""

NOTICES = 1e-5
"""Relative change of the loss over all batches, or all labels, below which it is none. What takes
no notice changes by rounding; a net whose penalty is many times its loss, by a thousandth."""


@compare.ABSURD_IS_JUST_WRONG
def compare_with_own_loss(
    rng: np.random.RandomState,
    net: RemoteObject,
    expected: reference.FullyConnectedNet,
    batch: Batch,
) -> None:
    """The gradients are the slope of the student's own loss.

    All parameters are moved together along random directions; the slope measured there is
    compared with the one the gradients predict.

    Raises:
        CheckFailed: the two disagree, or the loss is the same whatever the batch is.
    """
    directions = [
        {k: rng.standard_normal(value.shape) for k, value in expected.params.items()}
        for _ in range(DIRECTIONS)
    ]
    classes = expected.params[f"b{expected.num_layers}"].size
    rows, features = batch.X.shape
    others = [random_batch(rng, rows, features, classes) for _ in range(OTHERS)]
    error = _error(net, expected, batch, directions)
    loss, _ = net.loss(*batch)
    _notices(net, "inputs", loss, [batch._replace(X=other.X) for other in others])
    shifted = [(batch.y + shift) % classes for shift in range(1, OTHERS + 1)]
    _notices(net, "labels", loss, [batch._replace(y=labels) for labels in shifted])
    for other in others:
        if error is None:
            return
        error = _error(net, expected, other, directions)
    if error is not None:
        raise CheckFailed(
            f"The gradients are off by {error:.2g} (relative) from the slope of the net's own "
            "loss.",
            "Whatever the loss adds up, its gradient has to follow: the penalty stands in both or "
            "in neither.",
        )


def _notices(net: RemoteObject, what: str, loss: float, batches: list[Batch]) -> None:
    """The loss of all these batches is not this one.

    Raises:
        CheckFailed: it is.
    """
    losses = [loss, *(net.loss(*batch)[0] for batch in batches)]
    if not np.ptp(losses) > NOTICES * np.abs(losses).max():  # not `<=`: NaN is no loss
        raise CheckFailed(
            f"The loss is the same whatever the {what} are.",
            "The loss compares the scores of X with the labels y.",
        )


def _error(
    net: RemoteObject,
    expected: reference.FullyConnectedNet,
    batch: Batch,
    directions: Sequence[Mapping[str, Array]],
) -> float | None:
    """How far gradients and slope are apart, relative; None if everywhere within a tolerance."""
    keys = names(net.params, expected.params)
    _move(net, keys, expected, directions[0], 0.0)
    _, grads = net.loss(*batch)
    gradients = read(grads, expected.params)
    for direction in directions:
        error = _error_along(net, keys, expected, batch, direction, gradients)
        if error is not None:
            return error
    return None


def _error_along(
    net: RemoteObject,
    keys: Names,
    expected: reference.FullyConnectedNet,
    batch: Batch,
    direction: Mapping[str, Array],
    gradients: Mapping[str, Array],
) -> float | None:
    """The same along one direction."""
    parts = []
    for name, way in direction.items():
        gradient = compare.fitted(f"the gradient of {name}", gradients[name], way.shape)
        parts.append(float((gradient * way).sum()))
    size = max(sum(abs(part) for part in parts), np.finfo(np.float64).tiny)
    error = float("inf")
    for step, tolerance in SLOPE_STEPS:
        losses = []
        for signed in (step, -step):
            _move(net, keys, expected, direction, signed)
            losses.append(net.loss(*batch)[0])
        slope = (losses[0] - losses[1]) / (2 * step)
        error = abs(slope - sum(parts)) / size
        if error <= tolerance and any(parts):
            return None
    return error


def _move(
    net: RemoteObject,
    keys: Names,
    expected: reference.FullyConnectedNet,
    direction: Mapping[str, Array],
    step: float,
) -> None:
    """Put the student's parameters that far from the reference's along `direction`."""
    net.update(
        "params",
        {keys[name]: expected.params[name] + step * way for name, way in direction.items()},
    )
