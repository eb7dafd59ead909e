"""What your record in `results/` says about the fields of a form that are read off.

Room is left where reading is a matter of a digit: the same that grading leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from . import record
from .record import Run

ROUNDED = 0.005  # an accuracy read to two digits
AS_GOOD = 0.01  # accuracies this close are as good as each other: ten pictures of 1,000
SAME_SCALE = 0.05  # relative; neighbouring scales differ by a factor of 1.6
HALF, GOOD = 0.5, 0.70
NEARLY = 0.002  # a run this near to 0.70 may be counted or not
TINY = 1e-9


class Says(NamedTuple):
    """What the record says in words, and whether a value agrees with it."""

    text: str
    fits: Callable[[Any], bool]


def deep_net() -> dict[str, Says]:
    """Return what the record says about the six-layer nets; nothing where there is none."""
    runs = {run.name: run for run in _runs("deep_net")}
    if not all(name in runs and runs[name].val_accuracy for name in ("with", "without")):
        return {}
    says: dict[str, Says] = {}
    for name in ("with", "without"):
        run = runs[name]
        reached = (e for e, value in enumerate(run.val_accuracy, start=1) if value >= HALF)
        says[f"epoch_half_{name}"] = _exactly(next(reached, "never"))
        says[f"train_accuracy_{name}"] = _accuracy(run.train_accuracy[-1])
        says[f"val_accuracy_{name}"] = _accuracy(run.val_accuracy[-1])
    gaps = {name: run.train_accuracy[-1] - run.val_accuracy[-1] for name, run in runs.items()}
    larger = max(gaps, key=lambda name: gaps[name])
    if abs(gaps["with"] - gaps["without"]) <= AS_GOOD:
        says["larger_gap"] = Says("equal gaps", lambda value: True)
    else:
        says["larger_gap"] = _exactly(larger)
    measured = record.measured("test_mode")
    if "train_sorted" in measured:
        says["sorted_accuracy"] = _accuracy(measured["train_sorted"])
    return says


def weight_scale() -> dict[str, Says]:
    """Return what the record says about the twenty scales; nothing where there is none."""
    runs = _runs("weight_scale")
    rows = {
        flag: sorted(
            (run for run in runs if run.settings["use_batchnorm"] is flag),
            key=lambda run: float(run.settings["weight_scale"]),
        )
        for flag in (True, False)
    }
    scales = [float(run.settings["weight_scale"]) for run in rows[True]]
    if not scales or len(rows[False]) != len(scales):
        return _rescue()
    with_, plain = ([run.best_val for run in rows[flag]] for flag in (True, False))
    best = [s for s, value in zip(scales, plain, strict=True) if value >= max(plain) - AS_GOOD]
    worst = [i for i, value in enumerate(with_) if value <= min(with_) + AS_GOOD]
    lead = [a - b for a, b in zip(plain, with_, strict=True)]
    return {
        "best_plain_scale": Says(
            f"{scales[int(np.argmax(plain))]:.4g}", lambda value: _near(value, best)
        ),
        "scales_above_70_with": _count(with_),
        "scales_above_70_without": _count(plain),
        "plain_at_least_as_good": _ties(scales, lead),
        "worst_scale_with": Says(
            f"{scales[int(np.argmin(with_))]:.4g}",
            lambda value: _near(value, [scales[i] for i in worst]),
        ),
        "worst_accuracy_with": Says(
            f"{min(with_):.3f}",
            lambda value: any(abs(value - with_[i]) <= ROUNDED + TINY for i in worst),
        ),
        **_rescue(),
    }


def _rescue() -> dict[str, Says]:
    reached = {run.name: run.best_val for run in _runs("rescue") if len(run.name) == 1}
    return {"rescue": _exactly(max(reached, key=lambda name: reached[name]))} if reached else {}


def _runs(experiment: str) -> Sequence[Run]:
    try:
        return record.load(experiment)
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _exactly(truth: Any) -> Says:
    return Says(str(truth), lambda value: bool(value == truth))


def _accuracy(truth: float) -> Says:
    return Says(f"{truth:.3f}", lambda value: bool(abs(value - truth) <= ROUNDED + TINY))


def _near(value: float, scales: Sequence[float]) -> bool:
    return any(abs(value / scale - 1) <= SAME_SCALE for scale in scales)


def _count(accuracy: Sequence[float]) -> Says:
    surely = sum(value >= GOOD + NEARLY for value in accuracy)
    perhaps = sum(value > GOOD - NEARLY for value in accuracy)
    reached = sum(value >= GOOD for value in accuracy)
    return Says(str(reached), lambda value: surely <= value <= perhaps)


def _ties(scales: Sequence[float], lead: Sequence[float]) -> Says:
    """Return where the plain net is at least as good; ten pictures more or less do not count."""
    exact = [scale for scale, ahead in zip(scales, lead, strict=True) if ahead >= 0]
    surely = [scale for scale, ahead in zip(scales, lead, strict=True) if ahead > AS_GOOD]
    perhaps = [scale for scale, ahead in zip(scales, lead, strict=True) if ahead >= -AS_GOOD]

    def fits(values: Any) -> bool:
        given = [float(value) for value in values]
        none_missed = all(_near(scale, given) for scale in surely) if given else not exact
        return none_missed and all(_near(value, perhaps) for value in given)

    return Says(f"[{', '.join(f'{scale:.4g}' for scale in exact)}]", fits)
