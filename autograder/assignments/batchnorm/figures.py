"""A student's records in numbers, for the person who reads what they made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from statistics import fmean

from autograder.assignments.batchnorm.records import Experiment, Record, Run
from autograder.checking.evidence import Figures

LAST = 100
"""Losses at the end of a run whose mean is its final loss, as the notebook plots it."""
SWEEP = ("with, validation", "plain, validation", "with, loss", "plain, loss")


def figures(records: Mapping[Experiment, Record]) -> dict[str, Sequence[Figures]]:
    """By question, the records that it asks about."""
    deep = [*_runs("Six layers", records.get("deep_net")), *_test_mode(records.get("test_mode"))]
    scales = [*_sweep(records.get("weight_scale")), *_runs("Rescue", records.get("rescue"))]
    return {
        "deep_net_report": deep,
        "weight_scale_report": scales,
        "explain_batchnorm": deep,
        "explain_weight_scale": scales,
    }


def _runs(title: str, record: Record | None) -> list[Figures]:
    if record is None:
        return []
    rows = {
        run.name: (
            run.best_val,
            run.best_train,
            _last(run.val_accuracy),
            _last(run.train_accuracy),
            run.losses[0] if run.losses else None,
            _final_loss(run),
        )
        for run in record.runs
    }
    columns = (
        "best validation", "best training", "last validation", "last training",
        "first loss", "final loss",
    )  # fmt: skip
    return [Figures(f"{title}: the student's own record", columns, rows)]


def _test_mode(record: Record | None) -> list[Figures]:
    if record is None:
        return []
    rows: dict[str, tuple[float | None, ...]] = {
        name: (value,) for name, value in record.measured.items()
    }
    return [Figures("Modes: the student's own record", ("validation accuracy",), rows)]


def _sweep(record: Record | None) -> list[Figures]:
    """A row a weight scale, since the two nets are compared at each."""
    if record is None:
        return []
    by_net: dict[bool, dict[str, Run]] = {True: {}, False: {}}
    for run in record.runs:
        by_net[run.settings.use_batchnorm][f"{run.settings.weight_scale:.4g}"] = run
    scales = sorted(by_net[True].keys() | by_net[False].keys(), key=float)
    rows: dict[str, tuple[float | None, ...]] = {}
    for scale in scales:
        pair = by_net[True].get(scale), by_net[False].get(scale)
        rows[scale] = (
            *(run.best_val if run else None for run in pair),
            *(_final_loss(run) if run else None for run in pair),
        )
    return [Figures("Weight scales: the student's own record", SWEEP, rows)]


def _last(values: Sequence[float]) -> float | None:
    return values[-1] if values else None


def _final_loss(run: Run) -> float | None:
    """The mean of the last losses; None if one of them was not finite."""
    last = run.losses[-LAST:]
    finite = [loss for loss in last if loss is not None and isfinite(loss)]
    return fmean(finite) if finite and len(finite) == len(last) else None
