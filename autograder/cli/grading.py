"""Commands that grade: check, grade."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.classroom.start import start_worker_server
from autograder.cli.app import (
    FAILS_UNDER,
    INTERRUPTED,
    Assignment,
    Sandboxed,
    app,
    backend,
    end_with,
)
from autograder.errors import UsageError
from autograder.outputs.console import Console, visible, visible_json

if TYPE_CHECKING:
    from autograder.course.course import Course
    from autograder.model import Grade


@app.command()
def check(
    path: Annotated[Path, typer.Argument(help="A submission's folder, or one notebook of it.")],
    assignment: Annotated[
        str | None,
        typer.Option(
            help="The assignment's name; by default the one whose graded cells are there."
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print exactly one JSON object.")] = False,
    fail_under: Annotated[
        float | None,
        typer.Option(
            metavar="POINTS",
            help="End with status 1 if fewer points are earned, bonus included; points that wait "
            "for a person are not earned yet.",
        ),
    ] = None,
    junit: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write each check as JUnit's XML as well.")
    ] = None,
    gradescope: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write Gradescope's results.json as well.")
    ] = None,
    sandbox: Sandboxed = "bubblewrap",
) -> None:
    """Grade one submission, without a gradebook.

    Given one notebook, only its questions are graded; its neighbours still lend their
    functions. Ends with status 3 if the grade is withheld, which is no failure of the submission.
    """
    from autograder.course.course import Course
    from autograder.course.questions import questions_of
    from autograder.grading.belongs import chosen_for
    from autograder.grading.grade import Grader
    from autograder.model import Status
    from autograder.outputs.results import to_gradescope, to_junit
    from autograder.outputs.terminal import print_grade
    from autograder.submission.folders import whose

    course = Course.find()
    _look_at(path)
    name = chosen_for(course, path, assignment)
    questions = questions_of(course, name)
    folder, only = _folder_and_notebook(path, {q.notebook for q in questions})
    with Grader(course, name, sandbox=backend(sandbox), only=only) as grader:
        graded = grader.grade(folder)
    if json:
        typer.echo(visible_json(graded.grade.to_json(indent=2)))
    else:
        print_grade(graded.grade, Console(), {q.id: q.upstream for q in questions})
        if only is None and (student := whose(course, name, folder)):
            _say_standing(course, name, student, graded.grade)
    for note in graded.staff_notes:
        print(visible(note), file=sys.stderr)
    if junit is not None:
        _write(junit, to_junit(name, {path.name or path.resolve().name: graded.grade}))
    if gradescope is not None and graded.grade.status is Status.GRADED:
        _write(gradescope, to_gradescope(graded.grade))
    end_with(graded.grade)
    earned = (graded.grade.score or 0.0) + graded.grade.extra_credit
    if fail_under is not None and earned < fail_under:
        print(f"autograder: {earned:g} points are less than {fail_under:g}.", file=sys.stderr)
        raise typer.Exit(FAILS_UNDER)


@app.command()
def grade(
    assignment: Assignment = None,
    student: Annotated[
        list[str] | None, typer.Option(help="Grade only this student; may be given again.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(help="Worker processes; as many as processors by default.")
    ] = None,
    dask: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Let the workers of a Dask cluster do it.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Grade again what has not changed since last time.")
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Write nothing; say how long it takes, then which grades would change, and why.",
        ),
    ] = False,
    sandbox: Sandboxed = "bubblewrap",
) -> None:
    """Grade the class: submitted/<student>/<assignment> into the gradebook.

    A run that was stopped is started again with the same command; what was graded is kept.
    """
    if dask is None:
        start_worker_server()  # before the imports, which take as long here as there
    from autograder.assignment import chosen
    from autograder.classroom.batch import grade_class
    from autograder.course.course import Course

    course = Course.find()
    result = grade_class(
        course,
        chosen(course, assignment),
        students=student or None,
        jobs=jobs,
        dask=dask,
        force=force,
        sandbox=backend(sandbox),
        dry=dry_run,
    )
    # Only now: it takes nbgrader, which is imported while workers start.
    from autograder.outputs.told import print_class

    print_class(result, Console())
    if result.interrupted:
        raise typer.Exit(INTERRUPTED)
    end_with(*result.grades.values())


def _say_standing(course: Course, assignment: str, student: str, grade: Grade) -> None:
    """Say what the gradebook makes of a grade; importing nbgrader takes a second."""
    from autograder.gradebook.settled import in_gradebook
    from autograder.outputs.told import print_standing

    if (known := in_gradebook(course, assignment, student)) is not None:
        print_standing(known, grade, Console())


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error


def _look_at(path: Path) -> None:
    if path.is_dir() and not any(path.rglob("*.ipynb")):
        raise UsageError(f"{path} holds no notebook; give the folder that a student handed in.")
    if not path.exists():
        raise UsageError(f"There is no {path}; give a submission's folder or one notebook.")
    if not path.is_dir() and path.suffix != ".ipynb":
        raise UsageError(f"{path} is not a notebook; give a folder or a file ending in .ipynb.")


def _folder_and_notebook(path: Path, known: set[str]) -> tuple[Path, str | None]:
    if path.is_dir():
        return path, None
    if path.stem not in known:
        names = " and ".join(f"{name}.ipynb" for name in sorted(known))
        raise UsageError(
            f"{path.name} is none of the assignment's notebooks ({names}); "
            "give the folder of a submission whose notebooks are renamed."
        )
    return path.parent, path.stem
