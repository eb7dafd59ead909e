"""In the terminal: what the gradebook makes of a grade, and what a change of questions means."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from autograder.gradebook.settled import Standing, settled
from autograder.model import Grade
from autograder.outputs.progress import points
from autograder.release.changes import Plan


def print_standing(standing: Standing, grade: Grade, console: Console) -> None:
    """Print what the gradebook makes of a grade: hand grades, late penalties."""
    known = settled(grade, standing)
    by_hand = [f"{score.id} {score.score:g}" for score in known.questions if score.by_hand]
    given = f"; by hand: {', '.join(by_hand)}" if by_hand else ""
    console.print(f"In the gradebook: {points(known)}{given}.", markup=False, highlight=False)


def print_plan(plan: Plan, console: Console) -> None:
    """Print what becomes of each question, then of each student's points."""
    for sentence in plan.sentences:
        console.print(sentence, markup=False, highlight=False, soft_wrap=True)
    table = Table("student", title_justify="left")
    for heading in (f"now, of {plan.max_before:g}", f"then, of {plan.max_after:g}", "open"):
        table.add_column(heading, justify="right")
    for effect in plan.effects:
        now, then, open_ = (f"{n:g}" for n in (effect.before, effect.after, effect.open))
        table.add_row(escape(effect.student), now, then, open_)
    console.print(table)
