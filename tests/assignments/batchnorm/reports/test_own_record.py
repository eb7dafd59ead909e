"""No experiment, no points: a record that could be written without training is for a person."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest
from check_runs import RELEASE, student_of
from filled_in import DEEP, NEED_NO_RECORD, RIGHT, SCALES, changed, judge, records
from student_answers import STYLES

from autograder.assignments.batchnorm import reference
from autograder.assignments.batchnorm.checks import own_steps
from autograder.assignments.batchnorm.checks.repetition import ITERATIONS
from autograder.assignments.batchnorm.records import Record, Run
from autograder.checking.collect import Checks

LN10 = float(np.log(10))
BY_THOUGHT = {DEEP: 2.5, SCALES: 1.0}
"""What the fields earn that need no experiment."""


def all_runs(change: Callable[[Run], Run]) -> dict[str, Record]:
    return {
        name: msgspec.structs.replace(record, runs=tuple(map(change, record.runs)))
        for name, record in records().items()
    }


def for_a_person(
    checks: Checks, own: dict[str, Record], net: type = reference.FullyConnectedNet
) -> bool:
    """Whether nothing that was measured is decided, for or against, in both reports."""
    reports = {name: judge(checks, name, RIGHT[name], own, net=net) for name in (DEEP, SCALES)}
    return all(
        report.for_a_person == set(RIGHT[name]) - NEED_NO_RECORD
        and report.points == BY_THOUGHT[name]
        for name, report in reports.items()
    )


class Nothing:
    """A net that computes nothing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.params = {"W1": np.zeros((2, 2))}

    def loss(self, X: Any, y: Any = None) -> Any:
        return np.log(10), {"W1": np.zeros((2, 2))}


class Clock(reference.FullyConnectedNet):
    """A net with all its weights whose loss counts its own calls."""

    calls = 0

    def loss(self, X: Any, y: Any = None) -> Any:
        self.calls += 1
        return self.falling(), {name: np.ones_like(value) for name, value in self.params.items()}

    def falling(self) -> float:
        return LN10 - 0.05 * (self.calls - (self.calls > 4))


class FallsWithItsWeights(Clock):
    """A net whose loss takes no notice of the batch."""

    def falling(self) -> float:
        return LN10 + 50 * float(self.params["b1"].mean())


class FallsWithItsWeightsAndShivers(FallsWithItsWeights):
    """The same, with some noise of its pictures."""

    def loss(self, X: Any, y: Any = None) -> Any:
        loss, grads = super().loss(X, y)
        return loss + 1e-3 * float(np.mean(X)), grads


class Scatters(reference.FullyConnectedNet):
    """A net that learns nothing and whose loss is one number but for what its batch does to it."""

    salt = 0

    def loss(self, X: Any, y: Any = None) -> Any:
        batch = np.append(np.sum(X), self.salt).tobytes() + np.asarray(y).tobytes()
        sign = 1 - 2 * (hashlib.md5(batch, usedforsecurity=False).digest()[0] % 2)
        zeros = {name: np.zeros_like(value) for name, value in self.params.items()}
        return LN10 * (1 + 0.0019 * sign), zeros


@pytest.mark.parametrize("losses", [1, 10, 199, 201])
def test_a_run_of_another_length_than_the_training_is_for_a_person(
    checks: Checks, losses: int
) -> None:
    def cut(run: Run) -> Run:
        filled = (*run.losses, 1.0)[:losses]
        return msgspec.structs.replace(run, losses=filled)

    assert for_a_person(checks, all_runs(cut))


@pytest.mark.parametrize("net", [Nothing, reference.FullyConnectedNet])
def test_losses_that_never_change_are_for_a_person(checks: Checks, net: type) -> None:
    flat = all_runs(lambda run: msgspec.structs.replace(run, losses=(LN10,) * 200))
    assert for_a_person(checks, flat, net)


@pytest.mark.parametrize("net", [Clock, FallsWithItsWeights, FallsWithItsWeightsAndShivers])
def test_a_net_that_does_not_look_at_its_batch_proves_no_record(checks: Checks, net: type) -> None:
    """Its losses come out again to the last digit, but nobody had to train for them."""
    falls = tuple(LN10 - 0.05 * step for step in range(1 - (net is not Clock), 201))[:200]
    assert for_a_person(checks, all_runs(lambda r: msgspec.structs.replace(r, losses=falls)), net)


@pytest.mark.parametrize("salt", range(20))
def test_losses_that_fall_after_those_that_are_repeated_prove_nothing(
    checks: Checks, salt: int
) -> None:
    falls = (LN10,) * ITERATIONS + tuple(LN10 - 0.2 * step for step in range(1, 5))
    net = type("Net", (Scatters,), {"salt": salt})
    forged = all_runs(lambda run: msgspec.structs.replace(run, losses=falls + run.losses[10:]))
    assert for_a_person(checks, forged, net)


def test_a_divergence_cannot_stand_before_losses_or_epochs(checks: Checks) -> None:
    def diverged(run: Run) -> Run:
        return msgspec.structs.replace(run, losses=(*run.losses[:4], None), diverged_at=5)

    assert for_a_person(checks, all_runs(diverged))


def test_accuracies_are_whole_numbers_of_pictures(checks: Checks) -> None:
    def invented(run: Run) -> Run:
        return msgspec.structs.replace(run, val_accuracy=(*run.val_accuracy[:-1], 0.76312))

    assert for_a_person(checks, all_runs(invented))
    own = records()
    measured = own["test_mode"].measured | {"train_sorted": 0.13251}
    own["test_mode"] = msgspec.structs.replace(own["test_mode"], measured=measured)
    assert judge(checks, DEEP, RIGHT[DEEP], own).for_a_person == {"sorted_accuracy"}


@pytest.mark.parametrize(
    "settings", [{"weight_scale": 0.1}, {"learning_rate": 1.0}, {"bn_param": {}}, {"epochs": 1}]
)
def test_remedies_that_were_not_tried_as_asked_are_for_a_person(
    checks: Checks, settings: dict[str, Any]
) -> None:
    own = records()
    runs = tuple(changed(run, **settings) for run in own["rescue"].runs)
    own["rescue"] = msgspec.structs.replace(own["rescue"], runs=runs)
    report = judge(checks, SCALES, RIGHT[SCALES], own)
    assert report.for_a_person == {"rescue"}
    assert report.points == 5.0


class SameDraws:
    """Weights drawn as in the record that stands for the student's own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        drawn = reference.FullyConnectedNet(*args, **kwargs).params.values()
        weights = [value for value in drawn if value.ndim == 2]
        for name, value in zip([n for n in self.params if n[0] == "W"], weights, strict=True):  # type: ignore[has-type]
            self.params[name] = value.astype(np.float32)  # type: ignore[has-type]


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.__name__)
def test_a_right_net_in_any_style_repeats_its_record(checks: Checks, style: Any) -> None:
    net = type("Net", (SameDraws, style()["FullyConnectedNet"]), {})
    for question in (DEEP, SCALES):
        assert judge(checks, question, RIGHT[question], records(), net=net).points == 6.0


class Anew(SameDraws, reference.FullyConnectedNet):  # type: ignore[misc]
    """Keeps its parameters in another dictionary each time."""

    def loss(self, X: Any, y: Any = None) -> Any:
        self.params = dict(self.params)
        return super().loss(X, y)


def test_a_net_that_makes_its_parameters_anew_is_trained_as_any_other(checks: Checks) -> None:
    settings = records()["deep_net"].runs[0].settings
    as_ever = type("Net", (SameDraws, reference.FullyConnectedNet), {})
    steps = [
        own_steps.train(student_of({"FullyConnectedNet": net}), settings, 4, RELEASE)
        for net in (as_ever, Anew)
    ]
    assert steps[0].losses == steps[1].losses
    assert len(set(steps[0].losses)) == 4
    for question in (DEEP, SCALES):
        assert judge(checks, question, RIGHT[question], records(), net=Anew).points == 6.0
