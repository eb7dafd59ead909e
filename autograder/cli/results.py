"""Commands that show how it went: report, feedback, history."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.app import USAGE, Assignment, app
from autograder.errors import UsageError
from autograder.outputs.console import visible


@app.command()
def report(
    assignment: Assignment = None,
    to: Annotated[
        Path | None, typer.Option(help="The page to write; reports/<assignment>.html by default.")
    ] = None,
    formgrader: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="Where links lead to; http://localhost:8888/formgrader by default."
        ),
    ] = None,
) -> None:
    """Show the class on one page: what is left to do, hard questions, mistakes, whom to look at.

    Beside it, <page>-answers.html lists what a person reads, alike answers side by side, and
    <page>-similar.html the submissions that are alike, as evidence for a person.
    """
    from autograder.assignment import chosen
    from autograder.classroom.pages import make_class_pages
    from autograder.course.course import Course

    course = Course.find()
    path = make_class_pages(course, chosen(course, assignment), to, formgrader)
    typer.echo(f"Wrote {path}, {path.stem}-answers.html and {path.stem}-similar.html.")


@app.command()
def feedback(
    assignment: Assignment = None,
    student: Annotated[
        list[str] | None, typer.Option(help="Only this student; may be given again.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(help="Processes; as many as processors by default.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Make pages again that are up to date.")
    ] = False,
) -> None:
    """Make the students' feedback pages, feedback/<student>/<assignment>, where they are stale.

    A page is stale if the submission was graded again since, or a person entered something.
    """
    from autograder.assignment import chosen
    from autograder.classroom.workers import default_jobs
    from autograder.course.course import Course
    from autograder.outputs.pages import make_pages

    course = Course.find()
    name = chosen(course, assignment)
    course.source(name)
    made = make_pages(course, name, student or None, jobs=jobs or default_jobs(), force=force)
    for who, why in made.failed.items():
        print(visible(f"{who}: {why}"), file=sys.stderr)
    current = f"{len(made.current)} had nothing new"
    typer.echo(f"Made the pages of {len(made.made)} students; {current}.")
    if made.failed:
        raise typer.Exit(USAGE)


@app.command()
def history(
    student: Annotated[str, typer.Argument(help="Whose grades.")],
    assignment: Annotated[
        str | None, typer.Option(help="The assignment's name; the only one need not be named.")
    ] = None,
) -> None:
    """Show how a student's grade came about: every version of it, when, and what had changed."""
    from autograder.assignment import chosen
    from autograder.classroom.ledger import history as versions
    from autograder.course.course import Course
    from autograder.outputs.changed import history_lines

    course = Course.find()
    name = chosen(course, assignment)
    found = versions(course, name, student)
    if not found:
        raise UsageError(f"Nothing of {name} by {student} is graded yet.")
    for line in history_lines([(one.at, one.grade, one.parts) for one in found]):
        typer.echo(visible(line))
