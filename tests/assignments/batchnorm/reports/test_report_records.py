"""A report counts by the record of one's own runs; without it a person decides."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest
from filled_in import (
    DEEP,
    NEED_NO_RECORD,
    RIGHT,
    SCALES,
    Change,
    changed,
    judge,
    records,
    with_runs,
)
from student_folder import ROOT
from support import record as student_record
from support.data import load

from autograder.assignments.batchnorm import reference
from autograder.assignments.batchnorm.records import Run
from autograder.checking.collect import Checks
from autograder.model import Verdict


@pytest.mark.parametrize("question", [DEEP, SCALES])
def test_without_a_record_a_person_looks_at_what_was_measured(
    checks: Checks, question: str
) -> None:
    report = judge(checks, question, RIGHT[question], {})
    assert report.for_a_person == set(RIGHT[question]) - NEED_NO_RECORD
    assert all(
        report.outcomes[n].verdict is Verdict.PASSED for n in NEED_NO_RECORD & set(RIGHT[question])
    )


def test_a_form_that_reads_variables_of_a_run_is_for_a_person(checks: Checks) -> None:
    assert judge(checks, DEEP, ..., {}).verdicts() == {Verdict.MISSING}
    assert judge(checks, DEEP, ..., records()).for_a_person == set(RIGHT[DEEP])


class OtherDraws(reference.FullyConnectedNet):
    """A net whose weights are drawn in another order than a neighbour's."""

    def initial_weights(self, layer: int, fan_in: int, fan_out: int) -> Any:
        return self.weight_scale * np.random.randn(fan_out, fan_in).T


class NoReturn(reference.FullyConnectedNet):
    """A net that is not answered."""

    def loss(self, X: Any, y: Any = None) -> Any:
        raise NotImplementedError


class PlaysBack(reference.FullyConnectedNet):
    """A net that reads its losses off a neighbour's record."""

    calls = 0

    def loss(self, X: Any, y: Any = None) -> Any:
        _, grads = super().loss(X, y)
        run = records()["deep_net"].run("with" if self.use_batchnorm else "without")
        self.calls += 1
        return run.losses[min(self.calls, 10) - 1] if run else 0.0, grads


class Odd(reference.FullyConnectedNet):
    """A net with a gradient that is no array."""

    def loss(self, X: Any, y: Any = None) -> Any:
        loss, grads = super().loss(X, y)
        return loss, grads | {"W1": "no array"}


@pytest.mark.parametrize("net", [OtherDraws, NoReturn, PlaysBack, Odd], ids=lambda n: n.__name__)
def test_a_record_that_the_own_net_does_not_repeat_is_for_a_person(
    checks: Checks, net: type
) -> None:
    report = judge(checks, DEEP, RIGHT[DEEP], records(), net=net)
    assert report.for_a_person == set(RIGHT[DEEP]) - NEED_NO_RECORD
    assert report.points == 2.5


def test_scales_copied_from_a_neighbour_are_for_a_person(checks: Checks) -> None:
    report = judge(checks, SCALES, RIGHT[SCALES], records(), net=OtherDraws)
    assert report.for_a_person == set(RIGHT[SCALES]) - NEED_NO_RECORD


class Timid(reference.FullyConnectedNet):
    """A wrong net that does about as well: its scores are smaller than they should be."""

    def affine(self, layer: int, a: Any) -> Any:
        out, cache = super().affine(layer, a)
        return (0.9 * out if layer == self.num_layers else out), cache


class TimesTen(reference.FullyConnectedNet):
    """A wrong net that does much worse."""

    def affine(self, layer: int, a: Any) -> Any:
        out, cache = super().affine(layer, a)
        return (10 * out if layer == self.num_layers else out), cache


def own_run(net: type, name: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Train for one epoch as the notebook does; the fixture stands for the other nine."""
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    run, _ = student_record.train(
        net, load(folder=ROOT / "datasets").first(1000), name=name, hidden_dims=[100] * 5,
        use_batchnorm=name == "with", weight_scale=2e-2, epochs=1, seed=seed,
    )  # fmt: skip
    kept = records()["deep_net"].run(name)
    assert kept
    losses = (*run.losses, *kept.losses[len(run.losses) :])
    return changed(msgspec.structs.replace(kept, losses=losses), seed=seed)


@pytest.mark.parametrize(
    ("net", "seed"), [(reference.FullyConnectedNet, 7), (Timid, 231)], ids=["seed", "net"]
)
def test_another_seed_or_a_wrong_net_with_its_own_record_loses_nothing(
    checks: Checks, monkeypatch: pytest.MonkeyPatch, net: type, seed: int
) -> None:
    runs = tuple(own_run(net, name, seed, monkeypatch) for name in ("with", "without"))
    own = records() | {"deep_net": msgspec.structs.replace(records()["deep_net"], runs=runs)}
    assert judge(checks, DEEP, RIGHT[DEEP], own, net=net).points == 6.0
    other = Timid if net is not Timid else reference.FullyConnectedNet
    assert judge(checks, DEEP, RIGHT[DEEP], own, net=other).for_a_person


def test_a_wrong_net_that_does_much_worse_is_for_a_person_who_sees_why(
    checks: Checks, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = tuple(own_run(TimesTen, name, 231, monkeypatch) for name in ("with", "without"))
    own = records() | {"deep_net": msgspec.structs.replace(records()["deep_net"], runs=runs)}
    report = judge(checks, DEEP, RIGHT[DEEP], own, net=TimesTen)
    assert report.for_a_person == set(RIGHT[DEEP]) - NEED_NO_RECORD
    assert "the loss of 'with' is not what" in report.outcomes["larger_gap"].message


def test_the_last_digits_of_another_machine_change_nothing(checks: Checks) -> None:
    rng = np.random.RandomState(0)

    def shaken(run: Run) -> Run:
        losses = tuple(loss * (1 + 9e-5 * rng.uniform(-1, 1)) for loss in run.losses if loss)
        return msgspec.structs.replace(run, losses=losses)

    own = {name: with_runs(record, shaken) for name, record in records().items()}
    assert judge(checks, DEEP, RIGHT[DEEP], own).points == 6.0
    assert judge(checks, SCALES, RIGHT[SCALES], own).points == 6.0


def test_a_run_that_diverged_where_no_right_net_does_is_for_a_person(checks: Checks) -> None:
    def stopped(run: Run) -> Run:
        if run.settings.use_batchnorm or run.settings.weight_scale < 0.3:
            return run
        return msgspec.structs.replace(
            run, losses=(None,), train_accuracy=(), val_accuracy=(), diverged_at=1
        )

    own = records()
    own["weight_scale"] = with_runs(own["weight_scale"], stopped)
    report = judge(checks, SCALES, RIGHT[SCALES], own)
    assert report.for_a_person == set(RIGHT[SCALES]) - NEED_NO_RECORD


@pytest.mark.parametrize(
    "settings",
    [{"epochs": 2}, {"weight_scale": 0.1}, {"hidden_dims": (5, 5)}, {"learning_rate": 1e-2},
     {"num_train": 5000}, {"frozen": True}, {"bn_param": {"eps": 1.0}}, {"update_rule": "sgd"}],
    ids=lambda settings: next(iter(settings)),
)  # fmt: skip
def test_a_record_of_another_experiment_is_for_a_person(checks: Checks, settings: Change) -> None:
    own = records()
    own["deep_net"] = with_runs(own["deep_net"], lambda run: changed(run, **settings))
    report = judge(checks, DEEP, RIGHT[DEEP], own, memory={})
    assert report.for_a_person == set(RIGHT[DEEP]) - NEED_NO_RECORD


def test_a_record_that_stops_half_way_is_for_a_person(checks: Checks) -> None:
    own = records()
    own["weight_scale"] = msgspec.structs.replace(
        own["weight_scale"], runs=own["weight_scale"].runs[:30]
    )
    assert judge(checks, SCALES, RIGHT[SCALES], own).for_a_person


def test_a_test_mode_record_of_another_net_is_for_a_person_and_costs_one_field(
    checks: Checks, proven: dict[str, Any]
) -> None:
    own = records()
    measured = own["test_mode"].measured | {"test": 0.801}
    own["test_mode"] = msgspec.structs.replace(own["test_mode"], measured=measured)
    report = judge(checks, DEEP, RIGHT[DEEP], own, memory=dict(proven[DEEP]))
    assert report.for_a_person == {"sorted_accuracy"}
    assert report.points == 5.5
