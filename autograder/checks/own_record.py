"""A student's own record of an experiment, once it is known to be complete and theirs.

Nothing here is held against a student: whatever keeps a record from being used ends in
`CouldNotTell`, and a person decides.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, NoReturn

import numpy as np

from autograder.checks.outcome import CouldNotTell
from autograder.checks.repetition import BATCH, PICTURES, repeats
from autograder.checks.student import Student
from autograder.records import Experiment, Record, Run

DEEP_DIMS, DEEP_SCALE = (100,) * 5, 2e-2
SCALE_DIMS = (50,) * 7
SCALES = tuple(float(scale) for scale in np.logspace(-4, 0, 20))
REPEATED_SCALE = SCALES[14]  # 0.089; where all losses are ln 10 a repetition proves nothing
RATE, EPOCHS = 1e-3, 10
REMEDIES = ("A", "B", "C", "D")

SAME_NET = 0.005
"""The test-mode accuracy is that of the trained net: the two differ by rounding at most."""


class Sweep(NamedTuple):
    """The runs over all weight scales, in ascending order."""

    with_: tuple[Run, ...]
    without: tuple[Run, ...]


def deep_net(student: Student, release: Path) -> tuple[Run, Run]:
    """The runs with and without batch normalization.

    Raises:
        CouldNotTell: they are not there, not those asked for, or do not repeat.
    """
    record = _there(student, "deep_net")
    runs = tuple(record.run(name) for name in ("with", "without"))
    for run, normalized in zip(runs, (True, False), strict=True):
        if run is None or not _as_asked(run, DEEP_DIMS, DEEP_SCALE, normalized):
            _not_asked("deep_net")
        _theirs(student, release, run, "deep_net")
    return runs[0], runs[1]  # type: ignore[return-value]


def test_mode(student: Student, release: Path) -> dict[str, float]:
    """The accuracies of the trained net in test mode and, wrongly, in training mode.

    Raises:
        CouldNotTell: they are not there, or of another net than the one in `deep_net`.
    """
    record = _there(student, "test_mode")
    names = ("test", "train_shuffled", "train_sorted", "train_single")
    if any(name not in record.measured for name in names):
        _not_asked("test_mode")
    trained, _ = deep_net(student, release)
    final = trained.val_accuracy[-1:] or (np.inf,)
    if abs(record.measured["test"] - final[0]) > SAME_NET:
        raise CouldNotTell(
            "The record of the test mode belongs to another net than the record of the training; "
            "a person will look at this answer."
        )
    return record.measured


def weight_scale(student: Student, release: Path) -> Sweep:
    """The 20 runs with and the 20 without batch normalization.

    Raises:
        CouldNotTell: they are not there, not those asked for, or do not repeat.
    """
    record = _there(student, "weight_scale")
    rows = []
    for normalized in (True, False):
        runs = [run for run in record.runs if run.settings.use_batchnorm is normalized]
        runs.sort(key=lambda run: run.settings.weight_scale)
        if len(runs) != len(SCALES) or not all(
            _as_asked(run, SCALE_DIMS, scale, normalized)
            for run, scale in zip(runs, SCALES, strict=True)
        ):
            _not_asked("weight_scale")
        rows.append(tuple(runs))
    sweep = Sweep(*rows)
    _theirs(student, release, sweep.with_[SCALES.index(REPEATED_SCALE)], "weight_scale")
    return sweep


def rescue(student: Student, release: Path) -> dict[str, float]:
    """The best validation accuracy of each remedy at scale 1.

    Raises:
        CouldNotTell: the runs are not there, or the experiment at 20 scales is not theirs.
    """
    record = _there(student, "rescue")
    runs = {name: record.run(name) for name in REMEDIES}
    if any(run is None or not _complete(run) for run in runs.values()):
        _not_asked("rescue")
    weight_scale(student, release)
    return {name: run.best_val for name, run in runs.items() if run is not None}


def _there(student: Student, experiment: Experiment) -> Record:
    record = student.records.get(experiment)
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


def _as_asked(run: Run, dims: tuple[int, ...], scale: float, normalized: bool) -> bool:
    """Whether it is this experiment; the seed may be any."""
    settings = run.settings
    return (
        settings.hidden_dims == dims
        and settings.use_batchnorm is normalized
        and abs(settings.weight_scale / scale - 1) < 1e-6
        and (settings.update_rule, settings.learning_rate) == ("adam", RATE)
        and (settings.batch_size, settings.num_train) == (BATCH, PICTURES)
        and (settings.epochs, settings.lr_decay) == (EPOCHS, 1.0)
        and not settings.frozen
        and not settings.bn_param
        and _complete(run)
    )


def _complete(run: Run) -> bool:
    """Whether all epochs are there, or those before the run diverged."""
    epochs = len(run.val_accuracy)
    return epochs == len(run.train_accuracy) and (
        epochs == EPOCHS or (run.diverged_at is not None and epochs < EPOCHS)
    )


def _theirs(student: Student, release: Path, run: Run, experiment: Experiment) -> None:
    remembered = f"repeats {experiment} {run.name}"
    if remembered not in student.memory:
        student.memory[remembered] = repeats(student, run, release)
    if not student.memory[remembered]:
        raise CouldNotTell(
            f"The first iterations of results/{experiment}.json do not come out again with the "
            "net in your notebook, so a person will look at this answer.",
            "That happens when a net is changed after its run: run the experiment again and hand "
            "in the new record.",
        )
