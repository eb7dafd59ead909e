"""The fields of the report forms that a record decides, filled in from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autograder.assignments.batchnorm.records import Experiment, Record, Run

NETS = ("with", "without")
HALF, GOOD = 0.5, 0.70


def filled(records: Mapping[Experiment, Record]) -> dict[str, dict[str, Any]]:
    """By form, the fields of those experiments that left a record."""
    deep, mode = records.get("deep_net"), records.get("test_mode")
    sweep, rescue = records.get("weight_scale"), records.get("rescue")
    return {
        "deep_net_answers": (_deep_net(deep) if deep else {})
        | ({"sorted_accuracy": mode.measured["train_sorted"]} if mode else {}),
        "weight_scale_answers": (_weight_scale(sweep) if sweep else {})
        | ({"rescue": _best_remedy(rescue)} if rescue else {}),
    }


def _deep_net(record: Record) -> dict[str, Any]:
    runs = {name: run for name in NETS if (run := record.run(name))}
    accuracies = {
        f"{part}_accuracy_{name}": values[-1]
        for name, run in runs.items()
        for part, values in (("train", run.train_accuracy), ("val", run.val_accuracy))
    }
    gap = {name: run.train_accuracy[-1] - run.val_accuracy[-1] for name, run in runs.items()}
    return {
        **{f"epoch_half_{name}": _first_half(run) for name, run in runs.items()},
        **accuracies,
        "larger_gap": max(gap, key=lambda name: gap[name]),
    }


def _first_half(run: Run) -> int | str:
    """The first epoch with a validation accuracy of at least one half."""
    reached = (epoch for epoch, value in enumerate(run.val_accuracy, 1) if value >= HALF)
    return next(reached, "never")


def _weight_scale(record: Record) -> dict[str, Any]:
    best = {
        normalized: {
            float(f"{run.settings.weight_scale:.4g}"): run.best_val
            for run in record.runs
            if run.settings.use_batchnorm is normalized
        }
        for normalized in (True, False)
    }
    with_, plain = best[True], best[False]
    worst = min(with_, key=lambda scale: with_[scale])
    return {
        "best_plain_scale": max(plain, key=lambda scale: plain[scale]),
        "scales_above_70_with": sum(value >= GOOD for value in with_.values()),
        "scales_above_70_without": sum(value >= GOOD for value in plain.values()),
        "plain_at_least_as_good": [scale for scale in plain if plain[scale] >= with_[scale]],
        "worst_scale_with": worst,
        "worst_accuracy_with": with_[worst],
    }


def _best_remedy(record: Record) -> str:
    """The run, of those that change something, with the best validation accuracy."""
    remedies = [run for run in record.runs if len(run.name) == 1]
    return max(remedies, key=lambda run: run.best_val).name
