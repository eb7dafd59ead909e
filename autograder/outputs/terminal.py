"""A grade in the terminal: the points of each question, then what to mend first."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from autograder.model import FROM_SUBMISSION, Grade, QuestionScore, Status, Verdict
from autograder.outputs.cards import Card, Part, Upstream, cards_of


def print_grade(grade: Grade, console: Console, upstream: Upstream) -> None:
    """Print every question with its score, and every mistake once with what it cost.

    Args:
        grade: the grade.
        console: where to.
        upstream: on what each question is built.
    """
    table = Table(title=f"{grade.assignment}: {_total(grade)}", title_justify="left")
    table.add_column("question")
    table.add_column("points", justify="right")
    table.add_column("checks", ratio=1)
    for question in grade.questions:
        table.add_row(question.id, _points(question), _says(question))
    console.print(table)
    for card in cards_of(grade.questions, upstream):
        console.print(_mend(card))
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
    """How many checks passed, and whether a person has to look."""
    if not question.checks:
        return "[dim]a person grades this[/dim]"
    passed = sum(check.verdict is Verdict.PASSED for check in question.checks)
    total = len(question.checks)
    if passed == total:
        return f"[green]all {total} checks passed[/green]"
    ours = any(check.verdict is Verdict.GRADER_ERROR for check in question.checks)
    open_ = [check.message for check in question.checks if check.verdict is Verdict.SKIPPED]
    lines = [f"{passed} of {total} checks passed"]
    lines += ["[magenta]a check could not be run; not the student's fault[/magenta]"] * ours
    lines += [f"[dim]{escape(message)}[/dim]" for message in dict.fromkeys(open_) if message]
    return "\n".join(lines)


def _mend(card: Card) -> str:
    """One mistake: what is wrong and what to look at, then what it cost where."""
    told = " ".join(filter(None, (*card.says, card.hint)))
    start = "[bold red]Mend this first:[/bold red]" if card.first else "[red]Mend:[/red]"
    return "\n".join([f"{start} {escape(told)}", *map(_part, card.parts)])


def _part(part: Part) -> str:
    cost = f" −{part.lost:g}" + " bonus" * part.bonus if part.lost else ""
    checks = f" [dim]{escape(', '.join(part.checks))}[/dim]" if part.checks else ""
    return f"  {escape(part.question)}{cost}{checks}"
