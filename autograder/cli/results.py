"""Commands that show how it went: report, history, export."""

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
) -> None:
    """Show the class on one page: scores, hard questions, common mistakes, whom to look at."""
    from autograder.assignment import chosen
    from autograder.classroom.recorded import GONE, odd_folders, recorded_grades
    from autograder.course.course import Course
    from autograder.outputs.report import write_report

    course = Course.find()
    name = chosen(course, assignment)
    grades = recorded_grades(course, name)
    folders, ungraded = odd_folders(course, name, grades)
    own = {student: grade for student, grade in grades.items() if folders.get(student) != GONE}
    target = to or course.root / "reports" / f"{name}.html"
    path = write_report(name, own or grades, target, folders, ungraded)
    typer.echo(f"Wrote {path}.")


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


@app.command()
def export(
    assignment: Assignment = None,
    to: Annotated[
        Path | None, typer.Option(help="The file to write; standard output by default.")
    ] = None,
) -> None:
    """Write the gradebook as CSV; a grade that is withheld says so and is never a zero."""
    from autograder.assignment import chosen
    from autograder.course.course import Course
    from autograder.gradebook.rows import open_gradebook
    from autograder.outputs.export import grade_rows, to_csv

    course = Course.find()
    name = chosen(course, assignment)
    with open_gradebook(course, name) as gradebook:
        table = to_csv(grade_rows(course, gradebook, [name]))
    if to is None:
        typer.echo(visible(table) if sys.stdout.isatty() else table, nl=False)
    else:
        try:
            to.write_text(table, encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{to} cannot be written: {error.strerror}.") from error
        typer.echo(f"Wrote {to}.")
