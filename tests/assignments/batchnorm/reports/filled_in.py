"""Report forms, a record of real runs, and what the checks make of both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec
from check_runs import ASSIGNMENT
from student_folder import ROOT

from autograder.assignments.batchnorm import reference
from autograder.assignments.batchnorm.records import EXPERIMENTS, Record, Run, parse
from autograder.checking import collect
from autograder.checking.collect import Checks, Outcome
from autograder.checking.peers import LocalPeer
from autograder.checking.student import Student
from autograder.model import Verdict

DATA = ASSIGNMENT.folder / "proof" / "records"
SECRET = b"a course's secret"
DEEP, SCALES = "deep_net_report", "weight_scale_report"

RIGHT: dict[str, dict[str, Any]] = {
    DEEP: {
        "epoch_half_with": 1,
        "epoch_half_without": 6,
        "train_accuracy_with": 0.941,
        "val_accuracy_with": 0.763,
        "train_accuracy_without": 0.679,
        "val_accuracy_without": 0.642,
        "larger_gap": "with",
        "gap_reason": "B",
        "parameters_added": 1000,
        "sorted_accuracy": 0.132,
        "sorted_reason": "D",
    },
    SCALES: {
        "best_plain_scale": 0.1438,
        "scales_above_70_with": 8,
        "scales_above_70_without": 2,
        "plain_at_least_as_good": [0.1438, 0.2336],
        "worst_scale_with": 1.0,
        "worst_accuracy_with": 0.457,
        "layer_factor": 0.05,
        "critical_scale": 0.2,
        "rescue": "B",
    },
}
NEED_NO_RECORD = {
    "gap_reason", "parameters_added", "sorted_reason", "layer_factor", "critical_scale",
}  # fmt: skip

Records = dict[str, Record]
Change = dict[str, Any]


class Report(NamedTuple):
    """What the checks of one form made of it."""

    outcomes: dict[str, Outcome]

    @property
    def points(self) -> float:
        return sum(o.weight for o in self.outcomes.values() if o.verdict is Verdict.PASSED)

    @property
    def for_a_person(self) -> set[str]:
        return {name for name, outcome in self.outcomes.items() if outcome.could_not_tell}

    @property
    def named(self) -> set[str]:
        return {o.misconception for o in self.outcomes.values() if o.misconception}

    def verdicts(self) -> set[Verdict]:
        return {outcome.verdict for outcome in self.outcomes.values()}


def records() -> Records:
    """The record of one real run of the solved notebook."""
    found = {name: parse((DATA / f"{name}.json").read_bytes(), name) for name in EXPERIMENTS}
    return {name: record for name, record in found.items() if record is not None}


def with_runs(record: Record, change: Callable[[Run], Run]) -> Record:
    return msgspec.structs.replace(record, runs=tuple(map(change, record.runs)))


def changed(run: Run, **settings: Any) -> Run:
    return msgspec.structs.replace(run, settings=msgspec.structs.replace(run.settings, **settings))


def judge(
    checks: Checks,
    question: str,
    answers: Any,
    own_records: Records,
    *,
    net: type = reference.FullyConnectedNet,
    memory: dict[str, Any] | None = None,
) -> Report:
    """Hand in one form; without `memory` the record is really repeated with `net`."""
    name = {DEEP: "deep_net_answers", SCALES: "weight_scale_answers"}[question]
    namespace = {"FullyConnectedNet": net}
    if answers is not ...:
        namespace[name] = answers
    memory = memory if memory is not None else {}
    outcomes = {}
    for check in checks.of(question):
        peer = LocalPeer(namespace)
        student = Student(peer, ASSIGNMENT.answers, memory=memory, records=own_records)
        ran = collect.run(check, student, SECRET, ROOT)
        assert not ran.staff, ran.staff
        outcome = ran.outcome
        assert outcome.verdict is not Verdict.GRADER_ERROR
        assert outcome.message or outcome.verdict is Verdict.PASSED
        outcomes[check.name] = outcome
    return Report(outcomes)


GUESSED = {
    DEEP: {
        "epoch_half_with": 3, "epoch_half_without": "never", "train_accuracy_with": 0.9,
        "val_accuracy_with": 0.85, "train_accuracy_without": 0.8, "val_accuracy_without": 0.75,
        "larger_gap": "without", "gap_reason": "D", "parameters_added": 500,
        "sorted_accuracy": 0.78, "sorted_reason": "A",
    },
    SCALES: {
        "best_plain_scale": 0.01, "scales_above_70_with": 20, "scales_above_70_without": 10,
        "plain_at_least_as_good": [], "worst_scale_with": 0.0886, "worst_accuracy_with": 0.1,
        "layer_factor": 0.5, "critical_scale": 1.0, "rescue": "A",
    },
}  # fmt: skip
