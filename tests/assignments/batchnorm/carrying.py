"""Run checks once more on trusted code, as the grader does after an earlier mistake."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from check_runs import ASSIGNMENT, RELEASE, SECRET, collected_checks, student_of

from autograder.checking import collect
from autograder.checking.peers import LocalPeer
from autograder.grading.carry import Carried, Carrier, worth_another_run
from autograder.model import CheckResult, QuestionScore, Verdict

QUESTIONS = {question.id: question for question in ASSIGNMENT.questions}
CARRIER = Carrier(ASSIGNMENT)
CHECKS = collected_checks()


def score(namespace: Mapping[str, Any], id_: str) -> QuestionScore:
    """What a question earns by itself."""
    results = []
    for check in CHECKS.of(id_):
        outcome = collect.run(check, student_of(namespace), SECRET, RELEASE).outcome
        points = check.weight if outcome.verdict is Verdict.PASSED else 0.0
        results.append(CheckResult(check.name, points, check.weight, outcome.verdict))
    return QuestionScore(id_, "", sum(c.points for c in results), 0.0, checks=tuple(results))


def scores(namespace: Mapping[str, Any], id_: str) -> dict[str, QuestionScore]:
    """What a question's upstream earns."""
    return {up: score(namespace, up) for up in QUESTIONS[id_].upstream}


def opened(
    namespace: dict[str, Any], id_: str, upstream: Mapping[str, QuestionScore] | None = None
) -> Iterator[Carried]:
    """The forks in which checks of a question run once more; none if nothing is wrong upstream."""
    upstream = scores(namespace, id_) if upstream is None else upstream
    for name, value in {"np": np, **ASSIGNMENT.namespace()}.items():
        namespace.setdefault(name, value)
    options: dict[str, Any] = {"records": {}, "timeouts": Counter(), "memory": {}}
    for plan in CARRIER.plans(QUESTIONS[id_], upstream):
        yield CARRIER.open(plan, LocalPeer(namespace), **options)


def carried(
    namespace: dict[str, Any], id_: str, upstream: Mapping[str, QuestionScore] | None = None
) -> dict[str, str]:
    """What becomes of checks that an earlier mistake may have failed: `carried` or a verdict."""
    failed = {
        check: outcome
        for check in CHECKS.of(id_)
        if worth_another_run(
            check, outcome := collect.run(check, student_of(namespace), SECRET, RELEASE).outcome
        )
    }
    again = dict(failed)
    for fork in opened(namespace, id_, upstream):
        for check in failed:
            if not again[check].carried:
                again[check] = fork.run(check, SECRET, RELEASE).outcome
    return {check.name: "carried" if o.carried else str(o.verdict) for check, o in again.items()}
