"""How hard each question and check was, how well it tells students apart, and what loss is whose.

Pure counting. What a person still decides is left out, never counted as zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from autograder.model import CheckResult, Grade, QuestionScore, Verdict
from autograder.outputs.summary import earned, worth

FEWEST = 10
"""Students below which a correlation says nothing."""


class CheckItem(msgspec.Struct, frozen=True):
    """One check over the class."""

    name: str
    passed: int
    of: int
    """Submissions of which the check could tell."""
    discrimination: float | None
    """Correlation of passing with the share of points in the other questions; -1 to 1."""


class QuestionItem(msgspec.Struct, frozen=True):
    """One question over the class."""

    id: str
    discrimination: float | None
    """Correlation of its points with the share of points in the other questions; -1 to 1."""
    lost: float
    """Points that the class lost in it."""
    earlier: float
    """Of these, lost by a named mistake that stands in an earlier question."""
    kept: float
    """Points that would have been lost by an earlier mistake, had it not been carried forward."""
    checks: tuple[CheckItem, ...]


def items(grades: Mapping[str, Grade]) -> tuple[QuestionItem, ...]:
    """Every question of a class's grades, in their order."""
    scores: dict[tuple[str, str], list[tuple[QuestionScore, float | None]]] = {}
    for grade in grades.values():
        got = sum(earned(score) or 0.0 for score in grade.questions)
        most = sum(worth(score) for score in grade.questions if earned(score) is not None)
        for score in grade.questions:
            own = earned(score)
            left = most - worth(score) if own is not None else most
            rest = (got - (own or 0.0)) / left if left > 0 else None
            scores.setdefault((score.notebook, score.id), []).append((score, rest))
    return tuple(_question(some) for some in scores.values())


def _question(scores: Sequence[tuple[QuestionScore, float | None]]) -> QuestionItem:
    known = [(points, rest) for score, rest in scores if (points := earned(score)) is not None]
    by_machine = [score for score, _ in scores if not score.by_hand]
    checks = [check for score in by_machine for check in score.checks]
    return QuestionItem(
        id=scores[0][0].id,
        discrimination=_correlation(known),
        lost=sum(
            max(0.0, worth(score) - points)
            for score, _ in scores
            if (points := earned(score)) is not None
        ),
        earlier=sum(check.max_points - check.points for check in checks if check.made_in),
        kept=sum(check.points for check in checks if check.carried),
        checks=_checks(scores),
    )


def _checks(scores: Sequence[tuple[QuestionScore, float | None]]) -> tuple[CheckItem, ...]:
    told: dict[str, list[tuple[float, float | None]]] = {}
    for score, rest in scores:
        for check in score.checks:
            if _could_tell(check):
                passed = float(check.verdict is Verdict.PASSED)
                told.setdefault(check.name, []).append((passed, rest))
    return tuple(
        CheckItem(name, int(sum(passed for passed, _ in some)), len(some), _correlation(some))
        for name, some in told.items()
    )


def _could_tell(check: CheckResult) -> bool:
    return check.verdict not in (Verdict.SKIPPED, Verdict.GRADER_ERROR)


def _correlation(pairs: Sequence[tuple[float, float | None]]) -> float | None:
    numbers = np.array([(one, other) for one, other in pairs if other is not None])
    if len(numbers) < FEWEST or not all(np.ptp(numbers, axis=0) > 0):
        return None
    return float(np.corrcoef(numbers.T)[0, 1])
