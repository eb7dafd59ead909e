"""What a class's grades add up to: pure counting, for the report page and the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import fmean, median

import msgspec

from autograder.model import Grade, QuestionScore, Status, Verdict


class QuestionSummary(msgspec.Struct, frozen=True):
    """How a class did in one question. The four counts add up to the class."""

    id: str
    notebook: str
    worth: float
    """Points, or bonus points of a bonus question."""
    bonus: bool
    full: int
    part: int
    none: int
    waiting: int
    """Submissions whose score a person still has to give."""
    mean: float | None
    """Mean share of the points, 0 to 1, of the scores that are known."""


class Mistake(msgspec.Struct, frozen=True):
    """A named mistake and who made it."""

    name: str
    question: str
    sentence: str
    students: tuple[str, ...]


class ClassSummary(msgspec.Struct, frozen=True):
    """How a class did."""

    students: int
    max_score: float
    totals: tuple[float, ...]
    """Scores of the grades that may be handed out, without bonus, in the students' order."""
    shares: tuple[float, ...]
    """Of each of these, the share of the points that are decided: what a person still gives is in
    neither part."""
    median: float | None
    """Of the shares."""
    mean: float | None
    withheld: tuple[str, ...]
    waiting_points: float
    """Points of a submission that wait for a person, at most."""
    questions: tuple[QuestionSummary, ...]
    mistakes: tuple[Mistake, ...]
    """The most common first."""
    problems: dict[str, tuple[str, ...]]
    """Sentences about whole submissions, by student."""
    classic: bool
    """Whether it is an ordinary nbgrader assignment, its verdicts from the submissions."""


def summarize(grades: Mapping[str, Grade]) -> ClassSummary:
    """Count a class's grades; `grades` is by student and not empty."""
    totals = tuple(grade.score for grade in grades.values() if grade.score is not None)
    shares = tuple(one for grade in grades.values() if (one := _share(grade)) is not None)
    by_question: dict[tuple[str, str], list[QuestionScore]] = {}
    for grade in grades.values():
        for score in grade.questions:
            by_question.setdefault((score.notebook, score.id), []).append(score)
    return ClassSummary(
        students=len(grades),
        max_score=max(grade.max_score for grade in grades.values()),
        totals=totals,
        shares=shares,
        median=median(shares) if shares else None,
        mean=fmean(shares) if shares else None,
        withheld=tuple(n for n, grade in grades.items() if grade.status is Status.WITHHELD),
        waiting_points=max(_waiting(grade) for grade in grades.values()),
        questions=tuple(_question(scores) for scores in by_question.values()),
        mistakes=_mistakes(grades),
        problems={name: grade.problems for name, grade in grades.items() if grade.problems},
        classic=any(grade.classic for grade in grades.values()),
    )


def worth(score: QuestionScore) -> float:
    """Points of a question, or bonus points if it is a bonus question.

    A bonus question's own points are not in the score; its checks' shares are, rounded.
    """
    return score.max_score or round(sum(check.max_points for check in score.checks), 1)


def earned(score: QuestionScore) -> float | None:
    """Points earned in a question, or bonus points; None while a person has to look."""
    if score.score is None:
        return None
    return score.score if score.max_score else score.extra_credit


def _share(grade: Grade) -> float | None:
    decided = grade.max_score - _waiting(grade)
    return None if grade.score is None or decided <= 0 else grade.score / decided


def _waiting(grade: Grade) -> float:
    return sum(score.max_score for score in grade.questions if score.score is None)


def _question(scores: list[QuestionScore]) -> QuestionSummary:
    most = max(map(worth, scores))
    known = [points for score in scores if (points := earned(score)) is not None]
    full = sum(points >= most for points in known)
    none = sum(points <= 0 < most for points in known)
    return QuestionSummary(
        id=scores[0].id,
        notebook=scores[0].notebook,
        worth=most,
        bonus=not scores[0].max_score,
        full=full,
        part=len(known) - full - none,
        none=none,
        waiting=len(scores) - len(known),
        mean=fmean(known) / most if known and most else None,
    )


def _mistakes(grades: Mapping[str, Grade]) -> tuple[Mistake, ...]:
    students: dict[str, list[str]] = {}
    about: dict[str, tuple[str, str]] = {}
    for student, grade in grades.items():
        for score in grade.questions:
            for check in score.checks:
                name = check.misconception
                if name is None or check.verdict is Verdict.PASSED:
                    continue
                about.setdefault(name, (check.made_in or score.id, check.message))
                who = students.setdefault(name, [])
                if who[-1:] != [student]:
                    who.append(student)
    found = [Mistake(name, *about[name], tuple(who)) for name, who in students.items()]
    return tuple(sorted(found, key=lambda mistake: (-len(mistake.students), mistake.name)))
