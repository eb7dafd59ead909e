"""What each submission of the demonstration was, and what it got."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from autograder.demo.cases import Case
from autograder.model import ClassResult, Grade
from autograder.outputs.progress import points
from autograder.outputs.summary import earned, worth


def table(result: ClassResult, cases: Sequence[Case]) -> Table:
    """What each submission was, what it got, and which mistakes were named."""
    shown = Table(title=f"{result.assignment}: what it was, and what it got", title_justify="left")
    shown.add_column("student")
    shown.add_column("what was handed in", ratio=5)
    shown.add_column("points", justify="right", no_wrap=True)
    shown.add_column("lost points in", ratio=3)
    shown.add_column("mistake named", ratio=3)
    for case in cases:
        if case.student in result.grades:
            grade = result.grades[case.student]
            questions = ["everything"] if grade.score == 0 else lost(grade)
            shown.add_row(
                case.student,
                case.what,
                points(grade),
                shortened(questions),
                shortened(named(grade)),
            )
    return shown


def lost(grade: Grade) -> list[str]:
    """Questions in which a grade has lost points for sure."""
    return [
        score.id
        for score in grade.questions
        if (got := earned(score)) is not None and got < worth(score)
    ]


def named(grade: Grade) -> list[str]:
    """The mistakes that were recognized, in words."""
    checks = [check for question in grade.questions for check in question.checks]
    return [
        name.replace("_", " ")
        for name in dict.fromkeys(check.misconception for check in checks)
        if name is not None
    ]


def shortened(names: list[str], most: int = 3) -> str:
    """A few names, one a line, and how many more there are."""
    more = [f"and {len(names) - most} more"] if len(names) > most else []
    return "\n".join(names[:most] + more)
