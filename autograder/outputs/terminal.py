"""A grade as a table in the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from autograder.model import FROM_SUBMISSION, CheckResult, Grade, QuestionScore, Status, Verdict

STYLE = {Verdict.PASSED: "green", Verdict.GRADER_ERROR: "magenta", Verdict.SKIPPED: "dim"}


def print_grade(grade: Grade, console: Console) -> None:
    """Print every question with its score, and a sentence for each check that did not pass."""
    table = Table(title=f"{grade.assignment}: {_total(grade)}", title_justify="left")
    table.add_column("question")
    table.add_column("points", justify="right")
    table.add_column("what the checks say", ratio=1)
    for question in grade.questions:
        table.add_row(question.id, _points(question), _says(question))
    console.print(table)
    if grade.classic:
        console.print(FROM_SUBMISSION)
    for problem in grade.problems:
        console.print(f"• {escape(problem)}")


def _total(grade: Grade) -> str:
    if grade.status is Status.WITHHELD:
        return "withheld"
    bonus = f" + {grade.extra_credit:g} bonus" if grade.extra_credit else ""
    waiting = sum(question.max_score for question in grade.questions if question.score is None)
    rest = f" ({waiting:g} points wait for a person)" if waiting else ""
    return f"{grade.score:g} of {grade.max_score:g}{bonus}{rest}"


def _points(question: QuestionScore) -> str:
    if question.score is None:
        return f"– / {question.max_score:g}"
    bonus = f" +{question.extra_credit:g}" if question.extra_credit else ""
    return f"{question.score:g} / {question.max_score:g}{bonus}"


def _says(question: QuestionScore) -> str:
    """One line if everything passed, otherwise a line for each check that did not."""
    if not question.checks:
        return "[dim]a person grades this[/dim]"
    passed = sum(check.verdict is Verdict.PASSED for check in question.checks)
    total = len(question.checks)
    if passed == total:
        return f"[green]all {total} checks passed[/green]"
    lines = [_line(check) for check in question.checks if check.verdict is not Verdict.PASSED]
    return "\n".join([f"{passed} of {total} checks passed", *lines])


def _line(check: CheckResult) -> str:
    style = STYLE.get(check.verdict, "red")
    message = f" – {escape(check.message)}" if check.message else ""
    return f"[{style}]{check.verdict}[/{style}] {escape(check.name)}{message}"
