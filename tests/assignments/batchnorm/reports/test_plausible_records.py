"""A record that nobody trained is for a person, and an honest one of whatever machine passes."""

from __future__ import annotations

import json
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from check_runs import ASSIGNMENT
from filled_in import DEEP, NEED_NO_RECORD, RIGHT, SCALES, Records, judge, records, with_runs
from student_folder import ROOT

from autograder.assignments.batchnorm import reference
from autograder.assignments.batchnorm.checks import own_record, plausible
from autograder.assignments.batchnorm.checks.repetition import TOUCHY_SCALE
from autograder.assignments.batchnorm.forms import filled
from autograder.assignments.batchnorm.records import Run, parse
from autograder.checking.collect import Checks
from autograder.checking.peers import LocalPeer
from autograder.checking.student import Student

replace = msgspec.structs.replace
HERE = Path(__file__).parents[1] / "data"
HONEST = json.loads(lzma.decompress((HERE / "honest.json.xz").read_bytes()))
"""Records of other seeds, kernels of OpenBLAS and styles, out of benchmarks/honest_records.py."""


def submission(own: Records, net: type = reference.FullyConnectedNet) -> Student:
    namespace = {"FullyConnectedNet": net}
    return Student(LocalPeer(namespace), ASSIGNMENT.answers, memory={}, records=own)


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_record_of_another_machine_or_style_passes(checks: Checks, name: str) -> None:
    """And forms that are filled in from it, as a release does, earn all their points."""
    own = {e: parse(json.dumps(text).encode(), e) for e, text in HONEST[name].items()}
    forms = filled({e: record for e, record in own.items() if record})
    for question, form in ((DEEP, "deep_net_answers"), (SCALES, "weight_scale_answers")):
        assert judge(checks, question, RIGHT[question] | forms[form], own).points == 6.0


def for_a_person(checks: Checks, question: str, own: Records) -> bool:
    report = judge(checks, question, RIGHT[question], own)
    return report.for_a_person == set(RIGHT[question]) - NEED_NO_RECORD


def in_all(change: Callable[[Run], Run]) -> Records:
    return {name: with_runs(record, change) for name, record in records().items()}


def ten_honest_losses(run: Run) -> Run:
    """All else is made up, and says the opposite: without batch normalization a net does better."""
    level = 0.5 if run.settings.use_batchnorm else 0.8
    invented = tuple(round(level + 0.01 * epoch, 3) for epoch in range(10))
    falling = tuple(round(2.0 * 0.99**i, 5) for i in range(190))
    return replace(
        run, losses=run.losses[:10] + falling, train_accuracy=invented, val_accuracy=invented
    )


def other_accuracies(run: Run) -> Run:
    better = tuple(round(min(value + 0.15, 1.0), 3) for value in run.val_accuracy)
    return replace(run, val_accuracy=better)


def both_better(run: Run) -> Run:
    """Accuracies that go with one another, but not with the losses."""
    more = [tuple(round(v + 0.5 * (0.97 - v), 3) for v in p) for p in accuracies(run)]
    return replace(run, train_accuracy=more[0], val_accuracy=more[1])


def accuracies(run: Run) -> tuple[tuple[float, ...], ...]:
    return run.train_accuracy, run.val_accuracy


def smooth(run: Run) -> Run:
    """Of the right size, but a curve and no losses."""
    means = np.mean(np.array(run.losses, float).reshape(10, 20), axis=1)
    curve = tuple(float(v) for v in np.interp(np.arange(200), 20 * np.arange(10) + 10, means))
    return replace(run, losses=run.losses[:10] + curve[10:])


@pytest.mark.parametrize("forge", [ten_honest_losses, other_accuracies, both_better, smooth])
def test_what_no_training_gives_is_for_a_person(checks: Checks, forge: Any) -> None:
    own = in_all(forge)
    assert for_a_person(checks, DEEP, own)
    assert for_a_person(checks, SCALES, own)


def test_the_first_epoch_is_repeated_with_its_accuracy(checks: Checks) -> None:
    """Every run is plausible, and begins with its honest losses; no training gave this."""

    def a_little_better(run: Run) -> Run:
        train, val = (tuple(round(v + 0.03, 3) for v in part) for part in accuracies(run))
        return replace(run, train_accuracy=train, val_accuracy=val)

    def where_rounding_is_harmless(run: Run) -> Run:
        return a_little_better(run) if run.settings.weight_scale > TOUCHY_SCALE else run

    sweep = with_runs(records()["weight_scale"], where_rounding_is_harmless)
    for run in sweep.runs:
        net = "with" if run.settings.use_batchnorm else "without"
        kind = f"weight_scale {net} {run.settings.weight_scale:.2g}"
        assert not plausible.doubtful(kind, run)
    assert for_a_person(checks, SCALES, records() | {"weight_scale": sweep})


def test_remedies_cannot_be_exchanged(checks: Checks) -> None:
    own = records()
    a, b = (own["rescue"].run(name) for name in "AB")
    assert a
    assert b

    def exchanged(run: Run) -> Run:
        other = {"A": b, "B": a}.get(run.name, run)
        train, val = accuracies(other)
        losses = run.losses[:10] + other.losses[10:]
        return replace(run, losses=losses, train_accuracy=train, val_accuracy=val)

    own["rescue"] = with_runs(own["rescue"], exchanged)
    report = judge(checks, SCALES, RIGHT[SCALES] | {"rescue": "A"}, own)
    assert report.for_a_person == {"rescue"}


@pytest.mark.parametrize("name", ["train_shuffled", "train_sorted", "train_single"])
def test_an_invented_accuracy_of_the_test_mode_is_for_a_person(checks: Checks, name: str) -> None:
    own = records()
    measured = own["test_mode"].measured | {name: 0.5}
    own["test_mode"] = replace(own["test_mode"], measured=measured)
    report = judge(checks, DEEP, RIGHT[DEEP] | {"sorted_accuracy": 0.5}, own)
    assert report.for_a_person == {"sorted_accuracy"}


def test_a_filled_in_form_is_the_one_that_a_person_filled_in() -> None:
    """All that a record decides, and nothing else."""
    forms = filled(records())
    assert set(forms["deep_net_answers"]) == set(RIGHT[DEEP]) - NEED_NO_RECORD
    assert set(forms["weight_scale_answers"]) == set(RIGHT[SCALES]) - NEED_NO_RECORD
    assert forms["deep_net_answers"].items() <= RIGHT[DEEP].items()
    assert all(
        RIGHT[SCALES][name] == value for name, value in forms["weight_scale_answers"].items()
    )


def test_three_runs_and_a_remedy_are_repeated_and_the_secret_draws_them() -> None:
    drawn = set()
    for seed in range(5):
        student = submission(records())
        own_record.rescue(student, ROOT, np.random.RandomState(seed))
        repeated = frozenset(key for key in student.memory if key.startswith("repeats"))
        assert len(repeated) == 4
        assert sum(key.startswith("repeats rescue") for key in repeated) == 1
        drawn.add(repeated)
    assert len(drawn) > 1


def test_ranges_are_known_for_every_run_that_a_form_asks_about() -> None:
    known = plausible.ranges()
    for experiment in ("deep_net", "weight_scale", "rescue"):
        assert sum(kind.startswith(experiment) for kind in known) == {
            "deep_net": 2, "weight_scale": 40, "rescue": 4,
        }[experiment]  # fmt: skip
    assert all(r.low <= r.high for kind in known.values() for r in kind.values())


def test_ranges_are_the_smallest_and_the_largest_of_each_field(tmp_path: Path) -> None:
    runs = [run for run in records()["weight_scale"].runs if run.settings.weight_scale == 1.0]
    found = plausible.measured({"kind": runs})["kind"]["validation accuracy"]
    assert found.low == tuple(
        min(both) for both in zip(*(r.val_accuracy for r in runs), strict=True)
    )
    assert found.high == tuple(
        max(both) for both in zip(*(r.val_accuracy for r in runs), strict=True)
    )
