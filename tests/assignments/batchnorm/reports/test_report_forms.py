"""Made-up students hand in their reports, and each gets the points that they should."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from filled_in import (
    DEEP,
    GUESSED,
    RIGHT,
    SCALES,
    Change,
    judge,
    records,
)

from autograder.checking.collect import Checks
from autograder.model import Verdict

MADE_UP: list[tuple[str, str, Change, float, set[str]]] = [
    ("right", DEEP, {}, 6.0, set()),
    ("right", SCALES, {}, 6.0, set()),
    ("guessed", DEEP, GUESSED[DEEP], 0.0, {
        "batchnorm_taken_for_a_regularizer", "gamma_or_beta_only", "sorting_changes_nothing",
    }),
    ("guessed", SCALES, GUESSED[SCALES], 0.0, {
        "batchnorm_better_everywhere", "inputs_without_the_root", "larger_eps_rescues",
    }),
    ("two digits are enough", DEEP, {
        "train_accuracy_with": 0.94, "val_accuracy_with": 0.76, "train_accuracy_without": 0.68,
        "val_accuracy_without": 0.64, "sorted_accuracy": 0.13,
    }, 6.0, set()),
    ("two digits are enough", SCALES, {
        "best_plain_scale": 0.14, "plain_at_least_as_good": [0.14, 0.23],
        "worst_accuracy_with": 0.46, "critical_scale": 0.2000,
    }, 6.0, set()),
    ("percent", DEEP, {
        "train_accuracy_with": 94.1, "val_accuracy_with": 76.3, "train_accuracy_without": 67.9,
        "val_accuracy_without": 64.2, "sorted_accuracy": 13.2,
    }, 4.5, {"percent_for_fraction"}),
    ("percent", SCALES, {"worst_accuracy_with": 45.7}, 5.5, {"percent_for_fraction"}),
    ("epochs from 0", DEEP, {"epoch_half_with": 0, "epoch_half_without": 5}, 5.0,
     {"epochs_counted_from_zero"}),
    ("one epoch late", DEEP, {"epoch_half_without": 7}, 5.5, set()),
    ("never", DEEP, {"epoch_half_without": "never"}, 5.5, set()),
    ("best epoch", DEEP, {"val_accuracy_with": 0.775, "val_accuracy_without": 0.664}, 5.5,
     {"best_epoch_for_last"}),
    ("columns mixed up", DEEP, {"train_accuracy_with": 0.763, "val_accuracy_with": 0.642}, 5.5,
     {"training_for_validation", "with_for_without"}),
    ("batchnorm regularizes", DEEP, {"larger_gap": "without", "gap_reason": "D"}, 4.0,
     {"batchnorm_taken_for_a_regularizer"}),
    ("parameters memorize", DEEP, {"gap_reason": "A"}, 5.0, {"gamma_and_beta_memorize"}),
    ("averages lag", DEEP, {"gap_reason": "C"}, 5.0, {"stale_running_averages"}),
    ("gamma only", DEEP, {"parameters_added": 500}, 5.0, {"gamma_or_beta_only"}),
    ("last layer too", DEEP, {"parameters_added": 1020}, 5.0, {"last_layer_normalized_too"}),
    ("averages too", DEEP, {"parameters_added": 2000}, 5.0, {"running_averages_counted"}),
    ("sorting is nothing", DEEP, {"sorted_accuracy": 0.763, "sorted_reason": "A"}, 5.0,
     {"sorting_changes_nothing"}),
    ("shuffled for sorted", DEEP, {"sorted_accuracy": 0.782, "sorted_reason": "B"}, 5.0,
     {"sorting_changes_nothing", "averages_not_warmed_up"}),
    ("numbers as text", DEEP, {"val_accuracy_with": "0.763", "parameters_added": "1000"}, 4.75,
     set()),
    ("NumPy's numbers", DEEP, {
        "epoch_half_with": np.int64(1), "val_accuracy_with": np.float64(0.763),
        "train_accuracy_with": np.float32(0.941), "parameters_added": np.array(1000),
    }, 6.0, set()),
    ("small letters", DEEP, {"gap_reason": " b", "larger_gap": "With"}, 6.0, set()),
    ("whole floats", DEEP, {"epoch_half_with": 1.0, "parameters_added": 1000.0}, 6.0, set()),
    ("not finite", DEEP, {"val_accuracy_with": float("nan"), "epoch_half_with": float("inf")},
     5.25, set()),
    ("plain is never better", SCALES, {"plain_at_least_as_good": []}, 5.0,
     {"batchnorm_better_everywhere"}),
    ("one scale forgotten", SCALES, {"plain_at_least_as_good": [0.2336]}, 5.0, set()),
    ("one scale too many", SCALES, {"plain_at_least_as_good": [0.0886, 0.1438, 0.2336]}, 5.0,
     set()),
    ("a tuple and a tie", SCALES, {"plain_at_least_as_good": (0.1438,)}, 6.0, set()),
    ("an array", SCALES, {"plain_at_least_as_good": np.array([0.1438, 0.2336])}, 6.0, set()),
    ("theory", SCALES, {"best_plain_scale": 0.2}, 5.0, {"theory_for_measurement"}),
    ("best of the other", SCALES, {"best_plain_scale": 0.0546}, 5.0, {"with_for_without"}),
    ("no scale", SCALES, {"best_plain_scale": 0.12}, 5.0, set()),
    ("counts swapped", SCALES, {"scales_above_70_with": 2, "scales_above_70_without": 8}, 5.0,
     {"with_for_without"}),
    ("relu forgotten", SCALES, {"layer_factor": 0.0707, "critical_scale": 0.1414}, 5.0,
     {"relu_forgotten"}),
    ("no root", SCALES, {"layer_factor": 0.5, "critical_scale": 0.04}, 5.0,
     {"inputs_without_the_root"}),
    ("slower averages", SCALES, {"rescue": "C"}, 5.0, {"slower_averages_rescue"}),
    ("frozen", SCALES, {"rescue": "D"}, 5.0, {"frozen_gamma_beta_rescue"}),
    ("last layer", SCALES, {"rescue": "E"}, 5.0, {"small_last_layer_rescues"}),
    ("half filled in", DEEP, {"gap_reason": None, "epoch_half_with": None}, 4.5, set()),
]  # fmt: skip


@pytest.mark.parametrize(
    ("question", "change", "points", "named"),
    [row[1:] for row in MADE_UP],
    ids=[f"{row[1].split('_')[0]}-{row[0]}" for row in MADE_UP],
)
def test_every_answer_gets_its_points_and_every_known_mistake_its_name(
    checks: Checks,
    proven: dict[str, Any],
    question: str,
    change: Change,
    points: float,
    named: set[str],
) -> None:
    memory = dict(proven[question])
    report = judge(checks, question, RIGHT[question] | change, records(), memory=memory)
    assert report.points == points, {n: o.message for n, o in report.outcomes.items() if o.message}
    assert named <= report.named
    assert not report.for_a_person


def test_a_percentage_is_told_so(checks: Checks, proven: dict[str, Any]) -> None:
    answers = RIGHT[DEEP] | {"val_accuracy_with": 76.3}
    report = judge(checks, DEEP, answers, records(), memory=dict(proven[DEEP]))
    assert "percentage" in report.outcomes["val_accuracy_with"].message
    assert "0.763" in report.outcomes["val_accuracy_with"].message


JUNK: list[Any] = [
    {}, [], [1, 2], "text", b"bytes", object(), True, 1e308, -1, 10**30, float("nan"),
    {"a": 1}, [[1]], [None], ["a"], np.zeros((2, 2)), np.array(["x"]), lambda: 1, 1 + 2j,
]  # fmt: skip


@pytest.mark.parametrize("question", [DEEP, SCALES])
@pytest.mark.parametrize("junk", JUNK, ids=lambda value: type(value).__name__)
def test_junk_in_every_field_is_wrong_and_nothing_worse(
    checks: Checks, proven: dict[str, Any], question: str, junk: Any
) -> None:
    answers = dict.fromkeys(RIGHT[question], junk)
    report = judge(checks, question, answers, records(), memory=dict(proven[question]))
    assert report.points == 0
    assert report.verdicts() <= {Verdict.FAILED, Verdict.MISSING}


@pytest.mark.parametrize("question", [DEEP, SCALES])
@pytest.mark.parametrize("junk", [None, [], "text", 3, object()], ids=lambda v: type(v).__name__)
def test_something_else_than_a_dictionary_earns_nothing(
    checks: Checks, question: str, junk: Any
) -> None:
    report = judge(checks, question, junk, records(), memory={})
    assert report.points == 0
    assert report.verdicts() == {Verdict.FAILED}


@pytest.mark.parametrize("question", [DEEP, SCALES])
def test_a_blank_form_is_missing_and_needs_no_person(checks: Checks, question: str) -> None:
    for own_records in ({}, records()):
        report = judge(checks, question, dict.fromkeys(RIGHT[question]), own_records)
        assert report.verdicts() == {Verdict.MISSING}
        assert not report.for_a_person


def test_no_sentence_gives_the_right_value_away(checks: Checks, proven: dict[str, Any]) -> None:
    for question in (DEEP, SCALES):
        memory = dict(proven[question])
        report = judge(checks, question, GUESSED[question], records(), memory=memory)
        right = {str(value) for value in RIGHT[question].values() if isinstance(value, float)}
        for outcome in report.outcomes.values():
            assert not any(f" {value} " in f"{outcome.message} " for value in right - {"1.0"})
