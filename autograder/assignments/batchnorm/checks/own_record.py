"""A student's own record of an experiment, once it is known to be complete and theirs.

Nothing here is held against a student: whatever keeps a record from being used ends in
`CouldNotTell`, and a person decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NoReturn

import msgspec
import numpy as np

from autograder.assignments.batchnorm.checks import plausible
from autograder.assignments.batchnorm.checks.first_epoch import BATCH, PICTURES
from autograder.assignments.batchnorm.checks.repetition import TOUCHY_SCALE, repeats
from autograder.assignments.batchnorm.records import Experiment, Record, Run
from autograder.checking.faults import CouldNotTell
from autograder.checking.student import Student

DEEP_DIMS, DEEP_SCALE = (100,) * 5, 2e-2
SCALE_DIMS = (50,) * 7
SCALES = tuple(float(scale) for scale in np.logspace(-4, 0, 20))
TOUCHY = sum(scale < TOUCHY_SCALE for scale in SCALES)
"""How many of them, the smallest, make batch normalization touchy (see `repetition`)."""

RATE, EPOCHS = 1e-3, 10
ITERATIONS_PER_EPOCH = PICTURES // BATCH
MEASURED_ON = 1000
"""Pictures behind every accuracy, which is a whole number of them."""

REMEDIES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "A": {"bn_param": {"eps": 1.0}},
        "B": {"rate": 1e-2},
        "C": {"bn_param": {"momentum": 0.99}},
        "D": {"frozen": True},
    }
)
"""What is different from the usual training in each run at weight scale 1."""

SMALL_LAST_LAYER = "E"
"""One more remedy. Its weights are drawn otherwise, so its settings are the usual ones."""

REPEATED_REMEDIES = ("B", "C", "D")
"""Those of which one is repeated: from outside, a net's eps cannot be set."""

SAME_NET = 0.005
"""The test-mode accuracy is that of the trained net: the two differ by rounding at most."""


class Sweep(msgspec.Struct, frozen=True):
    """The runs over all weight scales, in ascending order."""

    with_: tuple[Run, ...]
    without: tuple[Run, ...]


def deep_net(student: Student, release: Path) -> tuple[Run, Run]:
    """The runs with and without batch normalization.

    Raises:
        CouldNotTell: they are not there, not those asked for, or do not repeat.
    """
    known = "deep net"
    if known not in student.memory:
        student.memory[known] = _pair(student, release)
    return student.memory[known]  # type: ignore[no-any-return]


def _pair(student: Student, release: Path) -> tuple[Run, Run]:
    record = _there(student, "deep_net")
    runs = tuple(record.run(name) for name in ("with", "without"))
    for name, run, normalized in zip(("with", "without"), runs, (True, False), strict=True):
        if run is None or not _as_asked(run, DEEP_DIMS, DEEP_SCALE, normalized):
            _not_asked("deep_net")
        _hold_plausible("deep_net", name, run)
        _theirs(student, release, run, "deep_net")
    return runs[0], runs[1]  # type: ignore[return-value]


def test_mode(student: Student, release: Path) -> dict[str, float]:
    """The accuracies of the trained net in test mode and, wrongly, in training mode.

    Raises:
        CouldNotTell: they are not there, or of another net than the one in `deep_net`.
    """
    record = _there(student, "test_mode")
    names = ("test", "train_shuffled", "train_sorted", "train_single")
    if not all(name in record.measured and _whole(record.measured[name]) for name in names):
        _not_asked("test_mode")
    trained, _ = deep_net(student, release)
    final = trained.val_accuracy[-1:] or (np.inf,)
    if abs(record.measured["test"] - final[0]) > SAME_NET:
        raise CouldNotTell(
            "The record of the test mode belongs to another net than the record of the training; "
            "a person will look at this answer."
        )
    for name in names:
        if plausible.doubtful_number(name, record.measured[name]):
            _not_plausible("test_mode", "accuracy", name)
    return record.measured


def weight_scale(student: Student, release: Path, rng: np.random.RandomState) -> Sweep:
    """The 20 runs with and the 20 without batch normalization; three drawn by `rng` are repeated.

    Raises:
        CouldNotTell: they are not there, not those asked for, not plausible, or do not repeat.
    """
    known = "sweep"
    if known not in student.memory:
        try:
            student.memory[known] = _sweep(student, release, rng)
        except CouldNotTell as fault:
            student.memory[known] = fault
    if isinstance(student.memory[known], CouldNotTell):
        raise student.memory[known]
    return student.memory[known]  # type: ignore[no-any-return]


def _sweep(student: Student, release: Path, rng: np.random.RandomState) -> Sweep:
    record = _there(student, "weight_scale")
    rows = []
    for net, normalized in (("with", True), ("without", False)):
        runs = [run for run in record.runs if run.settings.use_batchnorm is normalized]
        runs.sort(key=lambda run: run.settings.weight_scale)
        if len(runs) != len(SCALES) or not all(
            _as_asked(run, SCALE_DIMS, scale, normalized)
            for run, scale in zip(runs, SCALES, strict=True)
        ):
            _not_asked("weight_scale")
        for run, scale in zip(runs, SCALES, strict=True):
            _hold_plausible("weight_scale", f"{net} {scale:.2g}", run)
        rows.append(tuple(runs))
    sweep = Sweep(*rows)
    # One of each kind: where rounding is harmless, where it is not, and a plain net.
    steady = sweep.with_[rng.randint(TOUCHY, len(SCALES))]
    _theirs(student, release, steady, "weight_scale", epoch=True)
    for run in (sweep.with_[rng.randint(TOUCHY)], sweep.without[rng.randint(len(SCALES))]):
        _theirs(student, release, run, "weight_scale")
    return sweep


def rescue(student: Student, release: Path, rng: np.random.RandomState) -> dict[str, float]:
    """The best validation accuracy of each remedy at scale 1; a run drawn by `rng` is repeated.

    Raises:
        CouldNotTell: the runs are not there, not those asked for, not plausible, or do not
            repeat; or the experiment at 20 scales is not theirs.
    """
    record = _there(student, "rescue")
    runs = {name: record.run(name) for name in REMEDIES}
    for name, run in runs.items():
        if run is None or not _as_asked(run, SCALE_DIMS, 1.0, True, **REMEDIES[name]):
            _not_asked("rescue")
        _hold_plausible("rescue", name, run)
    weight_scale(student, release, rng)
    drawn = runs[REPEATED_REMEDIES[rng.randint(len(REPEATED_REMEDIES))]]
    assert drawn is not None
    _theirs(student, release, drawn, "rescue")
    last = record.run(SMALL_LAST_LAYER)
    if last is not None and _as_asked(last, SCALE_DIMS, 1.0, True):
        runs[SMALL_LAST_LAYER] = last
    return {name: run.best_val for name, run in runs.items() if run is not None}


def _there(student: Student, experiment: Experiment) -> Record:
    record: Record | None = student.records.get(experiment)
    if record is None:
        raise CouldNotTell(
            f"No record of the experiment (results/{experiment}.json) was handed in, so a person "
            "will look at this answer.",
            "Run the experiment and hand in the folder results, or the notebook with its outputs.",
        )
    return record


def _not_asked(experiment: Experiment) -> NoReturn:
    raise CouldNotTell(
        f"The record results/{experiment}.json is not complete, or not of the experiment as the "
        "notebook runs it; a person will look at this answer."
    )


def _as_asked(
    run: Run,
    dims: tuple[int, ...],
    scale: float,
    normalized: bool,
    *,
    rate: float = RATE,
    bn_param: Mapping[str, float] = MappingProxyType({}),
    frozen: bool = False,
) -> bool:
    """Whether it is this experiment; the seed may be any."""
    settings = run.settings
    return (
        settings.hidden_dims == dims
        and settings.use_batchnorm is normalized
        and abs(settings.weight_scale / scale - 1) < 1e-6
        and (settings.update_rule, settings.learning_rate) == ("adam", rate)
        and (settings.batch_size, settings.num_train) == (BATCH, PICTURES)
        and (settings.epochs, settings.lr_decay) == (EPOCHS, 1.0)
        and settings.frozen is frozen
        and settings.bn_param == bn_param
        and _complete(run)
    )


def _complete(run: Run) -> bool:
    """Whether all iterations are there, or those until the run diverged, and their epochs."""
    iterations = EPOCHS * ITERATIONS_PER_EPOCH
    if run.diverged_at is not None:
        iterations = run.diverged_at
    finite = iterations - (run.diverged_at is not None)
    return (
        len(run.losses) == iterations <= EPOCHS * ITERATIONS_PER_EPOCH
        and None not in run.losses[:finite]
        and run.losses[finite:].count(None) == len(run.losses) - finite
        and len(run.val_accuracy) == len(run.train_accuracy) == finite // ITERATIONS_PER_EPOCH
        and all(map(_whole, run.val_accuracy + run.train_accuracy))
    )


def _whole(accuracy: float) -> bool:
    """Whether it is a number of pictures among those it is measured on."""
    pictures = accuracy * MEASURED_ON
    return abs(pictures - round(pictures)) < 1e-6


def _hold_plausible(experiment: Experiment, kind: str, run: Run) -> None:
    if field := plausible.doubtful(f"{experiment} {kind}", run):
        _not_plausible(experiment, field, run.name)


def _not_plausible(experiment: Experiment, field: str, name: str) -> NoReturn:
    raise CouldNotTell(
        f"In results/{experiment}.json the {field} of {name!r} is not what such a training usually "
        "gives; a person will look at this answer."
    )


def _theirs(
    student: Student, release: Path, run: Run, experiment: Experiment, *, epoch: bool = False
) -> None:
    settings = run.settings
    remembered = f"repeats {experiment} {run.name} {settings.use_batchnorm} {settings.weight_scale}"
    if remembered not in student.memory:
        student.memory[remembered] = repeats(student, run, release, epoch=epoch)
    if not student.memory[remembered]:
        raise CouldNotTell(
            f"The first iterations of results/{experiment}.json do not come out again with the "
            "net in your notebook, so a person will look at this answer.",
            "That happens when a net is changed after its run: run the experiment again and hand "
            "in the new record.",
        )
