"""What tests ask of a grade."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from submissions import hand_in

from autograder.grading.grade import Grader
from autograder.model import Grade, Verdict

BY_HAND = {"explain_batchnorm", "explain_weight_scale"}
FORMS = {"deep_net_report", "weight_scale_report"}
CODE_POINTS = 78.0

GradeIt = Callable[..., Grade]


def hand_in_and_grade(grader: Grader, folder: Path, *args: Any, **changes: Any) -> Grade:
    """The grade of a submission; `args` and `changes` are those of `hand_in`."""
    return grader.grade(hand_in(folder, *args, **changes)).grade


def code_points(grade: Grade) -> float:
    """Points of the questions that code answers."""
    return sum(q.score or 0.0 for q in grade.questions if q.id not in BY_HAND | FORMS)


def short(grade: Grade) -> set[str]:
    """The code questions that are not fully right."""
    return {
        q.id
        for q in grade.questions
        if q.id not in BY_HAND | FORMS and any(c.verdict is not Verdict.PASSED for c in q.checks)
    }


def verdicts(grade: Grade, question: str) -> set[Verdict]:
    return {check.verdict for q in grade.questions if q.id == question for check in q.checks}
