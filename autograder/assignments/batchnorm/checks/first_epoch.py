"""The first epoch of a run, trained here with a right net.

A student whose net computes what a right one does has the record of a right one, but for the last
digits. So a right net is trained once for all who have the same settings, and of the student's own
net no more has to be seen than that it is one (see `repetition`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from autograder.assignments.batchnorm import reference
from autograder.assignments.batchnorm.records import Settings
from autograder.checking.faults import StudentFault
from autograder.checking.released import stamp

Value = npt.NDArray[Any]
Parameters = Mapping[str, Value]

BATCH, PICTURES, CLASSES = 50, 1000, 10
ITERATIONS = PICTURES // BATCH
"""Of one epoch."""

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8
REMEMBERED = 128
"""First epochs that a worker keeps, with two sets of parameters of half a megabyte each."""


class Pictures(NamedTuple):
    """The pictures of the experiments, as `support.data` prepares them, and their labels.

    Pixels are divided by 255, and the mean of all training pictures is subtracted.
    """

    x: npt.NDArray[np.float32]  # (1000, 28, 28), trained on
    y: npt.NDArray[np.int64]
    x_val: npt.NDArray[np.float32]  # (1000, 28, 28)
    y_val: npt.NDArray[np.int64]

    def batches(self, seed: int) -> Any:
        """The batches (x, y) that a training with this seed draws, without end."""
        drawn = np.random.RandomState(seed)
        while True:
            rows = drawn.choice(PICTURES, BATCH)
            yield self.x[rows], self.y[rows]


class Epoch(msgspec.Struct, frozen=True):
    """What one epoch of a right net comes to."""

    losses: tuple[float, ...]
    train_accuracy: float
    val_accuracy: float
    start: Parameters
    late: Parameters
    """The parameters before the last batch."""


def pictures(release: Path) -> Pictures:
    """The pictures of the released assignment."""
    return _pictures(release, stamp(release / "datasets"))


@cache
def _pictures(release: Path, version: str) -> Pictures:
    with np.load(release / "datasets" / "fashion_mnist.npz") as arrays:
        raw = dict(arrays)
    mean = (raw["x_train"].mean(axis=0) / 255).astype(np.float32)
    x, x_val = (
        np.divide(pixels, 255, dtype=np.float32) - mean
        for pixels in (raw["x_train"][:PICTURES], raw["x_val"])
    )
    return Pictures(
        x, raw["y_train"][:PICTURES].astype(np.int64), x_val, raw["y_val"].astype(np.int64)
    )


def first_epoch(settings: Settings, release: Path) -> Epoch:
    """Train a right net for one epoch with the settings of a run.

    The same settings always give the same epoch, so a class that shares a seed is trained once.
    """
    version = stamp(release / "datasets")
    return _first_epoch(msgspec.json.encode(settings), release, version)


@lru_cache(maxsize=REMEMBERED)
def _first_epoch(encoded: bytes, release: Path, version: str) -> Epoch:
    settings = msgspec.json.decode(encoded, type=Settings)
    data, net = pictures(release), right_net(settings)
    start, adam = net.params, Adam(settings.learning_rate)
    losses: list[float] = []
    batches = data.batches(settings.seed)
    with np.errstate(all="ignore"):  # a run may diverge
        while True:
            loss, grads = net.loss(*next(batches))
            losses.append(float(loss))
            late = net.params
            net.params = adam.step(late, moving(grads, settings))
            if len(losses) == ITERATIONS:
                break
        accuracies = [
            float(np.mean(net.loss(x).argmax(axis=1) == y))
            for x, y in ((data.x, data.y), (data.x_val, data.y_val))
        ]
    return Epoch(tuple(losses), accuracies[0], accuracies[1], start, late)


class Looked(NamedTuple):
    """What a right net computes of one batch."""

    params: Parameters
    batch: tuple[Value, Value]
    loss: float
    gradients: Parameters


def late_and_start(settings: Settings, release: Path) -> tuple[Looked, Looked]:
    """What a right net computes before the last batch of its first epoch, and at the start."""
    version = stamp(release / "datasets")
    return _late_and_start(msgspec.json.encode(settings), release, version)


@lru_cache(maxsize=16)
def _late_and_start(encoded: bytes, release: Path, version: str) -> tuple[Looked, Looked]:
    settings, epoch = (
        msgspec.json.decode(encoded, type=Settings),
        _first_epoch(encoded, release, version),
    )
    batches = pictures(release).batches(settings.seed)
    first, *_, last = (next(batches) for _ in epoch.losses)
    late, start = (
        Looked(params, batch, *right_net(settings, params).loss(*batch))
        for params, batch in ((epoch.late, last), (epoch.start, first))
    )
    return late, start


def right_net(settings: Settings, params: Parameters | None = None) -> reference.FullyConnectedNet:
    """The reference's net as these settings draw it, or with these parameters."""
    state = np.random.get_state()
    try:
        net = reference.FullyConnectedNet(
            settings.hidden_dims,
            num_classes=CLASSES,
            weight_scale=settings.weight_scale,
            seed=settings.seed,
            use_batchnorm=settings.use_batchnorm,
        )
    finally:
        np.random.set_state(state)
    for bn_param in net.bn_params:
        bn_param.update(settings.bn_param)
    if params is not None:
        net.params = dict(params)
    return net


def moving(grads: Parameters, settings: Settings) -> dict[str, Value]:
    """The gradients that a training follows: where gamma and beta are frozen, zeros for theirs."""
    return {
        name: value * 0 if settings.frozen and name.startswith(("gamma", "beta")) else value
        for name, value in grads.items()
    }


class Adam:
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
                raise StudentFault(f"The gradient of {name} has another shape than {name}.")
            if gradient.size == value.size:
                gradient = gradient.reshape(value.shape)
            first = BETA1 * self._first.get(name, 0.0) + (1 - BETA1) * gradient
            second = BETA2 * self._second.get(name, 0.0) + (1 - BETA2) * gradient * gradient
            self._first[name], self._second[name] = first, second
            step = rate * first / (np.sqrt(second / correction) + EPSILON)
            after[name] = (value - step).reshape(max(value, step, key=np.size).shape)
        return after
