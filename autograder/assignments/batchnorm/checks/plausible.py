"""Could a training have given this record? Field by field within what right nets gave.

`plausible.json` holds the smallest and the largest value that each field had in the reference's own
runs on the released pictures, over 24 seeds (`benchmarks/measure_plausible.py` writes it). What
lies further outside than `MARGINS` allow proves nothing, but a person has to look.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from autograder.assignments.batchnorm.checks.first_epoch import ITERATIONS
from autograder.assignments.batchnorm.records import Run

Values = npt.NDArray[np.float64]

RANGES = Path(__file__).with_name("plausible.json")

WIDENED = 0.75
"""Of its width, how much a range is widened at either end: from two standard deviations, which 24
runs span, to five."""

MARGINS: Mapping[str, float] = MappingProxyType(
    {
        "training accuracy": 0.03,
        "validation accuracy": 0.03,
        "gap between training and validation accuracy": 0.03,
        "loss": 0.1,
        "scatter of the losses": 0.7,
        "loss for what is classified wrongly": 0.2,
        "accuracy": 0.03,
    }
)
"""By how much it is widened besides, for fields that hardly differ between seeds: an accuracy of
1,000 pictures is good to 0.015, and the others are logarithms."""

STILLEST, FEWEST = 1e-7, 0.01
"""Added before a logarithm: losses are written down to six digits, accuracies to a thousandth."""


class Range(msgspec.Struct, frozen=True):
    """The smallest and the largest value of a field, epoch by epoch."""

    low: tuple[float, ...]
    high: tuple[float, ...]


Ranges = Mapping[str, Mapping[str, Range]]


@cache
def ranges() -> Ranges:
    """By kind of run, and field."""
    return msgspec.json.decode(RANGES.read_bytes(), type=dict[str, dict[str, Range]])


def fields(run: Run) -> dict[str, Values]:
    """What a run is measured by: one number for each epoch that came to its end.

    Of the losses the size, how much they change from one batch to the next, and how they go
    with what is classified wrongly; the last from the second epoch on, between two measurements.
    """
    train, val = np.array(run.train_accuracy), np.array(run.val_accuracy)
    losses = np.array(run.losses[: len(val) * ITERATIONS], np.float64).reshape(-1, ITERATIONS)
    size = np.log(np.maximum(losses.mean(axis=1), STILLEST))
    changes = np.abs(np.diff(losses, axis=1)).mean(axis=1)
    wrong = 1 - (train[1:] + train[:-1]) / 2
    return {
        "training accuracy": train,
        "validation accuracy": val,
        "gap between training and validation accuracy": train - val,
        "loss": size,
        "scatter of the losses": np.log(changes + STILLEST),
        "loss for what is classified wrongly": size[1:] - np.log(wrong + FEWEST),
    }


def doubtful(kind: str, run: Run) -> str:
    """The first field that lies outside of what is plausible for this kind of run; "" if none does.

    Args:
        kind: which run of which experiment it is, as in `plausible.json`.
        run: complete as far as it goes. One that diverged where right nets do not is doubtful.
    """
    if run.diverged_at is not None:
        return "end"
    return _outside(ranges()[kind], fields(run))


def doubtful_number(name: str, value: float) -> bool:
    """Whether a number that was measured beside the runs lies outside of what is plausible."""
    return bool(
        _outside({"accuracy": ranges()["test_mode"][name]}, {"accuracy": np.array([value])})
    )


def _outside(known: Mapping[str, Range], found: Mapping[str, Values]) -> str:
    for name, values in found.items():
        low, high = np.array(known[name].low), np.array(known[name].high)
        room = WIDENED * (high - low) + MARGINS[name]
        if not ((low - room <= values) & (values <= high + room)).all():
            return name
    return ""


def measured(runs: Mapping[str, list[Any]]) -> dict[str, dict[str, Range]]:
    """The ranges of many runs of each kind; of `test_mode`, of its numbers by name."""
    found: dict[str, dict[str, Range]] = {}
    for kind, seeds in runs.items():
        all_fields = [
            {name: np.array([value]) for name, value in one.items()}
            if isinstance(one, Mapping)
            else fields(one)
            for one in seeds
        ]
        found[kind] = {
            name: Range(
                *(
                    tuple(np.round(extreme([f[name] for f in all_fields], axis=0), 4).tolist())
                    for extreme in (np.min, np.max)
                )
            )
            for name in all_fields[0]
        }
    return found
