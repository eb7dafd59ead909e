"""How the class did: a page to look at, and the same in the terminal.

Both are pure functions of the grades.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import jinja2
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from autograder.model import FROM_SUBMISSION, ClassResult, Grade, QuestionScore, Verdict
from autograder.outputs.changed import changed_lines
from autograder.outputs.look import NOTHING, LookAt, look_at
from autograder.outputs.pictures import mistakes_picture, questions_picture, totals_picture
from autograder.outputs.progress import points
from autograder.outputs.summary import ClassSummary, QuestionSummary, earned, summarize, worth

TEMPLATE = "report.html.j2"
BAR = 24
"""Width of a bar in the terminal, in characters."""


def write_report(
    assignment: str,
    grades: Mapping[str, Grade],
    path: Path,
    folders: Mapping[str, str] = NOTHING,
    ungraded: Mapping[str, str] = NOTHING,
    answers: str = "",
) -> Path:
    """Write the class report as one self-contained page; returns `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    page = render_report(assignment, grades, folders, ungraded, answers)
    path.write_text(page, encoding="utf-8")
    return path


def render_report(
    assignment: str,
    grades: Mapping[str, Grade],
    folders: Mapping[str, str] = NOTHING,
    ungraded: Mapping[str, str] = NOTHING,
    answers: str = "",
) -> str:
    """The class report as HTML; the same grades always give the same page.

    Args:
        assignment: its name.
        grades: by student.
        folders: by name, what is odd about a folder of submitted/ as such.
        ungraded: by name, why something in submitted/ is not graded.
        answers: the name of the page that lists what a person reads; empty if there is none.
    """
    summary = summarize(grades)
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("autograder.outputs", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.globals |= {"points": points, "earned": earned, "shade": shade, "says": says}
    return environment.get_template(TEMPLATE).render(
        assignment=assignment,
        summary=summary,
        grades=grades,
        look_at=look_at(grades, ungraded, folders),
        from_submission=FROM_SUBMISSION,
        answers=answers,
        totals=totals_picture(summary),
        questions=questions_picture(summary.questions),
        mistakes=mistakes_picture(summary),
    )


def shade(score: QuestionScore) -> str:
    """The class of a score's cell: full, part, none or waiting."""
    got = earned(score)
    if got is None:
        return "waiting"
    if got >= worth(score):
        return "full"
    return "part" if got > 0 else "none"


def says(score: QuestionScore) -> str:
    """What a cell says when pointed at: the first sentence of each check that did not pass."""
    lines = [check.message for check in score.checks if check.verdict is not Verdict.PASSED]
    if score.by_hand:
        look = "; to be looked at again" if score.needs_review else ""
        lines.insert(0, f"a person gave this{look}")
    if score.score is None and not lines:
        return "waits for a person"
    return "\n".join(dict.fromkeys(filter(None, lines)))


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
    middle = (
        "" if summary.median is None else f", median {summary.median:g} of {summary.max_score:g}"
    )
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
