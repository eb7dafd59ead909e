"""A training repeated with the student's own net, whatever it computes.

The steps are made here: the batches are drawn and Adam is computed in the trusted process, and the
student's net is asked for nothing but losses and gradients.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from autograder.assignments.batchnorm.checks.first_epoch import (
    BATCH,
    CLASSES,
    Adam,
    moving,
    pictures,
)
from autograder.assignments.batchnorm.records import Settings
from autograder.checking.faults import StudentFault
from autograder.checking.remote import RemoteMapping, RemoteObject
from autograder.checking.student import Student

Value = npt.NDArray[Any]

STRANGE_BATCH_BEFORE = 4
"""The iteration before which a batch is asked about that no run has drawn; or before the last."""

REACTS = 1e-3
"""Relative change of a trained net's loss when labels or pictures are others; honest ones change by
a tenth and more. A loss that is to come out again agrees as well as this: rounding is 1e-6."""

MOST_PARAMETERS, MOST_NUMBERS = 64, 1_000_000
"""Arrays and numbers of a net that is repeated; the largest honest one has 30 and 130,000."""


class Steps(msgspec.Struct, frozen=True):
    """The first iterations of a training, and the net after them."""

    losses: list[float]
    net: RemoteObject
    start: Mapping[str, Value]
    """The parameters as the net drew them, under its own names."""


def train(
    student: Student, settings: Settings, iterations: int, release: Path, *, last_step: bool = False
) -> Steps:
    """Train the student's net on the batches that the seed draws.

    Args:
        student: the submission.
        settings: of the run that is repeated.
        iterations: how many.
        release: the released assignment's folder.
        last_step: whether the step after the last loss is made too.

    Raises:
        StudentFault: the net is not of the sizes asked for, or answers with what cannot be read.
    """
    data, net = pictures(release), make(student, settings)
    remote = net.params
    names = remote.keys()[:MOST_PARAMETERS]
    start = params = read(student, remote, names)
    _hold_the_net(params, (data.x[0].size, *settings.hidden_dims, CLASSES))
    batches, adam = data.batches(settings.seed), Adam(settings.learning_rate)
    losses: list[float] = []
    for iteration in range(1, iterations + 1):
        if iteration == min(STRANGE_BATCH_BEFORE, iterations):
            net.loss(data.x[-BATCH:], data.y[-BATCH:])
        loss, grads = net.loss(*next(batches))
        losses.append(loss)
        if iteration < iterations or last_step:
            params = adam.step(params, moving(read(student, grads, names), settings))
            net.update("params", params)  # a net may have made another dictionary of them
    return Steps(losses, net, start)


def takes_notice(steps: Steps, settings: Settings, release: Path) -> bool:
    """Whether the net's loss depends on its labels and pictures, and on its parameters alone."""
    data, net = pictures(release), steps.net
    x, y = next(data.batches(settings.seed))
    now, _ = net.loss(x, y)
    for other in ((x, (y + 1) % CLASSES), (data.x[-BATCH:], y)):
        if same(net.loss(*other)[0], now, REACTS):
            return False
    net.params.update(steps.start)
    again, _ = net.loss(x, y)
    return same(again, steps.losses[0], REACTS)


def right_pictures(net: RemoteObject, release: Path) -> float:
    """The fraction of the validation pictures that the net puts in the right class."""
    data = pictures(release)
    halves = zip(np.split(data.x_val, 2), np.split(data.y_val, 2), strict=True)
    return float(np.mean([net.loss(x).argmax(axis=1) == y for x, y in halves]))


def same(loss: float, want: float | None, tolerance: float) -> bool:
    """Whether a loss is the one that is wanted; None stands for one that is not finite."""
    if want is None:
        return not np.isfinite(loss)
    return bool(np.isfinite(loss) and abs(loss - want) <= tolerance * abs(want))


def make(student: Student, settings: Settings) -> RemoteObject:
    """The student's net as these settings draw it."""
    net: RemoteObject = student.FullyConnectedNet(
        list(settings.hidden_dims),
        input_dim=28 * 28,
        num_classes=CLASSES,
        weight_scale=settings.weight_scale,
        seed=settings.seed,
        use_batchnorm=settings.use_batchnorm,
    )
    return net


def _hold_the_net(params: Mapping[str, Value], sizes: Sequence[int]) -> None:
    """A net of these sizes has all its weights, in whatever shape, and little else.

    Raises:
        StudentFault: this one has not.
    """
    if sum(value.size for value in params.values()) > MOST_NUMBERS:
        raise StudentFault("The net has more parameters than it was asked for.")
    weights = Counter(fan_in * fan_out for fan_in, fan_out in pairwise(sizes))
    if weights - Counter(value.size for value in params.values()):
        raise StudentFault("The net has fewer weights than it was asked for.")


def read(student: Student, remote: RemoteMapping, names: list[str]) -> dict[str, Value]:
    """All of these entries at once, in the precision they have.

    Raises:
        StudentFault: one is missing, or not an array of floats.
    """
    read = {}
    for name, item in zip(names, remote.items(names), strict=True):
        value = np.asarray(item.value)
        if not item.has_value or value.dtype.kind != "f":
            raise StudentFault(f"`{remote.name}['{name}']` is not an array of floats.")
        read[name] = value
    if len(read) < len(names):
        raise StudentFault(f"`{remote.name}` lacks entries.")
    return read
