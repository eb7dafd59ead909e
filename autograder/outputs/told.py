"""In the terminal: how a class did, what the gradebook makes of a grade, what a change means."""

from __future__ import annotations

from statistics import median

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from autograder.gradebook.settled import Standing, settled
from autograder.model import FROM_SUBMISSION, ClassResult, Grade
from autograder.outputs.changed import changed_lines
from autograder.outputs.look import LookAt, look_at
from autograder.outputs.progress import points
from autograder.outputs.summary import ClassSummary, QuestionSummary, summarize
from autograder.release.changes import Plan

BAR = 24
"""Width of a bar in the terminal, in characters."""


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


def print_class(result: ClassResult, console: Console) -> None:
    """Print how a class did: questions, mistakes, and the submissions a person should look at."""
    if result.grades:
        print_summary(result.assignment, summarize(result.grades), console)
    print_look_at(look_at(result.grades, result.ungraded, result.folders), console)
    if result.regraded:
        console.print("\n[bold]Grades that changed[/bold]")
    for line in changed_lines(result.regraded):
        console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)
    _print_staff_notes(result, console)
    unchanged = len(result.grades) - len(result.fresh)
    console.print(
        f"{len(result.fresh)} submissions graded in {result.seconds:.1f} s"
        + (f", {unchanged} had not changed." if unchanged else ".")
    )
    if result.times:
        slowest = max(result.times, key=lambda student: result.times[student])
        console.print(
            f"Half of them took {median(result.times.values()):.1f} s or less; the longest was "
            f"{slowest} with {result.times[slowest]:.1f} s.",
            markup=False,
            highlight=False,
        )
    if result.log is not None:
        console.print(f"What happened when: {result.log}", highlight=False, soft_wrap=True)
    if result.dry:
        console.print("Nothing was written; without --dry-run it would be.")
    if result.interrupted:
        console.print(
            f"{len(result.waiting)} are not graded yet. "
            "Run the same command again to go on where this stopped."
        )


def _print_staff_notes(result: ClassResult, console: Console) -> None:
    """What went wrong on our side, each kind once, and where the whole of it stands."""
    kinds: dict[str, list[str]] = {}
    for student, notes in result.staff_notes.items():
        for kind in dict.fromkeys(note.rstrip().rpartition("\n")[2] for note in notes):
            kinds.setdefault(kind, []).append(student)
    for kind, students in kinds.items():
        who = ", ".join(students[:3]) + (f" and {len(students) - 3} more" * (len(students) > 3))
        console.print(f"[magenta]For the staff[/magenta]: {escape(kind)} ({escape(who)})")
    if kinds:
        console.print(f"Everything about it: {result.staff_file}", highlight=False)


def print_look_at(look: LookAt, console: Console) -> None:
    """Print what a person should look at, the most urgent first, and what is only a note."""
    for heading, lines in (("Look at these submissions", look.first), ("Notes", look.notes)):
        if lines:
            console.print(f"\n[bold]{heading}[/bold]")
        for name, sentence in lines:
            console.print(f"  {name}: {sentence}", markup=False, highlight=False)


def print_summary(assignment: str, summary: ClassSummary, console: Console) -> None:
    """Print a class's questions as bars, and its named mistakes."""
    so_far = " of what is decided" if summary.waiting_points else ""
    middle = "" if summary.median is None else f", median {100 * summary.median:.0f} %{so_far}"
    table = Table(
        title=f"{assignment}: {summary.students} submissions{middle}", title_justify="left"
    )
    table.add_column("question", no_wrap=True)
    table.add_column("points", justify="right")
    table.add_column("mean", justify="right")
    table.add_column("█ all  ▓ some  ░ none  · waits", no_wrap=True)
    for question in summary.questions:
        mean = "–" if question.mean is None else f"{100 * question.mean:.0f} %"
        bonus = "+" if question.bonus else ""
        table.add_row(question.id, f"{bonus}{question.worth:g}", mean, bar(question))
    console.print(table)
    if summary.classic:
        console.print(FROM_SUBMISSION)
    for mistake in summary.mistakes[:5]:
        console.print(f"{len(mistake.students):3} × [bold]{mistake.name}[/bold]", end=" ")
        console.print(mistake.sentence, markup=False, highlight=False)


def bar(question: QuestionSummary) -> Text:
    """All, some, none and waiting as a bar of fixed width."""
    parts = (
        (question.full, "█", "green"),
        (question.part, "▓", "yellow"),
        (question.none, "░", "red"),
        (question.waiting, "·", "dim"),
    )
    total = sum(count for count, _, _ in parts) or 1
    drawn, so_far, bar_ = 0, 0, Text()
    for count, character, style in parts:
        so_far += count
        end = round(BAR * so_far / total)
        bar_.append(character * (end - drawn), style)
        drawn = end
    return bar_
