"""Is this record the student's own? Its first iterations are repeated with their code.

The steps are made here: the batches are drawn and Adam is computed in the trusted process, and
the student's net is asked for nothing but losses and gradients. A net that plays back what
it read in a file falls out of step at a batch that belongs to no record.

A repetition proves something only where a net does: losses that hardly change, or a net whose loss
takes no notice of its pictures, labels or parameters, could be written down without any training.

What this shows is that the record's first iterations come out of the code that was handed in.
It cannot show more: two students whose nets compute the same have the same record from the
same seed, and accuracies written by hand under honest losses would pass. A run that does not
repeat proves nothing against anybody (the net may have been corrected after the run), so a
person decides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from autograder.assignments.batchnorm.records import Run
from autograder.checking.faults import StudentFault
from autograder.checking.released import stamp
from autograder.checking.remote import RemoteMapping, RemoteObject
from autograder.checking.student import Student

Value = npt.NDArray[Any]

EXACT = 10
"""Losses that a record holds to the last digit."""

ITERATIONS, STILL = 6, 2
"""How many are repeated, and how many if they hardly change: then more would show no more."""

TOLERANCE = 2e-3
"""Relative, loss by loss. Two BLAS kernels differ by at most 9e-5 over ten iterations; a net that
draws its weights in another order is .01 apart from the third on."""

BATCH, PICTURES, CLASSES = 50, 1000, 10
STRANGE_BATCH_BEFORE = 4
"""The iteration before which a batch is asked about that no run has drawn; or before the last."""

MOVES = 0.02
"""How far the repeated losses of a run with batch normalization spread, relative to their mean.
Honest ones spread by .065 and more over ten seeds; what only scatters around one number stays
within twice TOLERANCE."""

REACTS = 1e-3
"""Relative change of a trained net's loss when labels or pictures are others; honest ones change by
a tenth and more. A loss that is to come out again agrees as well as this: rounding is 1e-6."""

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8
MOST_PARAMETERS, MOST_NUMBERS = 64, 1_000_000
"""Arrays and numbers of a net that is repeated; the largest honest one has 30 and 130,000."""


def repeats(student: Student, run: Run, release: Path) -> bool:
    """Whether the student's net gives the run's first losses once more.

    Args:
        student: the submission, its net defined.
        run: a run with Adam over batches of 50 from the first 1,000 pictures.
        release: the released assignment's folder, for its pictures.
    """
    exact = run.losses[:EXACT]
    if len(exact) < EXACT and run.diverged_at is None:
        return False
    moves = _moves(exact[:ITERATIONS])
    if run.settings.use_batchnorm and not moves:
        return False
    wanted = exact[: ITERATIONS if moves else STILL]
    known = len(student.trace)
    try:
        with np.errstate(all="ignore"):  # a run may diverge
            losses = _train(student, run, len(wanted), release)
    except StudentFault:
        return False
    finally:
        del student.trace[known:]  # a million gradients, which tell no mistake apart
    return all(_same(loss, want) for loss, want in zip(losses, wanted, strict=True))


def _moves(losses: Sequence[float | None]) -> bool:
    """Whether these losses tell one net from another. Without batch normalization a deep net stays
    at ln 10 for a while, whatever it is; the run beside it has to speak for both."""
    finite = [loss for loss in losses if loss is not None]
    return bool(finite) and float(np.ptp(finite)) > MOVES * abs(float(np.mean(finite)))


def _same(loss: float, want: float | None, tolerance: float = TOLERANCE) -> bool:
    if want is None:
        return not np.isfinite(loss)
    return bool(np.isfinite(loss) and abs(loss - want) <= tolerance * abs(want))


def _train(student: Student, run: Run, iterations: int, release: Path) -> list[float]:
    """The losses of the first iterations, on the batches that the run's seed draws."""
    settings = run.settings
    x, y = training_pictures(release)
    net = student.FullyConnectedNet(
        list(settings.hidden_dims),
        input_dim=x[0].size,
        num_classes=CLASSES,
        weight_scale=settings.weight_scale,
        seed=settings.seed,
        use_batchnorm=settings.use_batchnorm,
    )
    remote = net.params
    names = remote.keys()[:MOST_PARAMETERS]
    params = _read(student, remote, names)
    _hold_the_net(params, (x[0].size, *settings.hidden_dims, CLASSES))
    first = params
    batches = np.random.RandomState(settings.seed)
    adam = _Adam(settings.learning_rate)
    losses = []
    for iteration in range(1, iterations + 1):
        if iteration == min(STRANGE_BATCH_BEFORE, iterations):
            net.loss(x[-BATCH:], y[-BATCH:])
        batch = x[drawn := batches.choice(PICTURES, BATCH)], y[drawn]
        loss, grads = net.loss(*batch)
        losses.append(loss)
        if iteration < iterations:
            params = adam.step(params, _read(student, grads, names))
            remote.update(params)
    if settings.use_batchnorm and np.isfinite(losses[-1]):
        _react(net, batch, x[-BATCH:], losses[-1])
        remote.update(first)
        drawn = np.random.RandomState(settings.seed).choice(PICTURES, BATCH)
        again, _ = net.loss(x[drawn], y[drawn])
        if not _same(again, losses[0], REACTS):
            raise StudentFault("The loss depends on more than parameters and batch.")
    return losses


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


def _react(net: RemoteObject, batch: tuple[Value, Value], others: Value, loss: float) -> None:
    """A trained net's loss is another with the labels, or the pictures, of other things.

    Raises:
        StudentFault: it is not.
    """
    x, y = batch
    for changed in ((x, (y + 1) % CLASSES), (others, y)):
        if _same(net.loss(*changed)[0], loss, REACTS):
            raise StudentFault("The loss takes no notice of its batch.")


def training_pictures(release: Path) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """The 1,000 pictures (N, 28, 28) of the experiments, as `support.data` prepares them.

    Pixels are divided by 255, and the mean of all training pictures is subtracted.
    """
    return _training_pictures(release, stamp(release / "datasets"))


@cache
def _training_pictures(
    release: Path, version: str
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    with np.load(release / "datasets" / "fashion_mnist.npz") as arrays:
        pixels, labels = arrays["x_train"], arrays["y_train"]
    mean = (pixels.mean(axis=0) / 255).astype(np.float32)
    x = np.divide(pixels[:PICTURES], 255, dtype=np.float32) - mean
    return x, labels[:PICTURES].astype(np.int64)


class _Adam:
    """Adam (Kingma & Ba 2015, Algorithm 1) over a dictionary of parameters."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._steps = 0
        self._first: dict[str, Any] = {}
        self._second: dict[str, Any] = {}

    def step(self, params: Mapping[str, Value], grads: Mapping[str, Value]) -> dict[str, Value]:
        """The parameters after one step, each in its own shape; one number becomes many, as it
        does with students' own Adam, if it has a gradient of many.

        Raises:
            StudentFault: a gradient does not fit its parameter.
        """
        self._steps += 1
        rate = self._rate / (1 - BETA1**self._steps)
        correction = 1 - BETA2**self._steps
        after = {}
        for name, value in params.items():
            gradient = grads[name]
            if 1 not in (gradient.size, value.size) and gradient.size != value.size:
                raise StudentFault(f"The gradient of {name} has shape {gradient.shape}.")
            if gradient.size == value.size:
                gradient = gradient.reshape(value.shape)
            first = BETA1 * self._first.get(name, 0.0) + (1 - BETA1) * gradient
            second = BETA2 * self._second.get(name, 0.0) + (1 - BETA2) * gradient * gradient
            self._first[name], self._second[name] = first, second
            step = rate * first / (np.sqrt(second / correction) + EPSILON)
            after[name] = (value - step).reshape(max(value, step, key=np.size).shape)
        return after


def _read(student: Student, remote: RemoteMapping, names: list[str]) -> dict[str, Value]:
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
