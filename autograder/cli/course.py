"""Commands about the course's folder: init, new, release, doctor, forget, data."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.app import USAGE, Assignment, app
from autograder.errors import UsageError
from autograder.outputs.console import Console, visible

NOT_REACHED = (
    "What was exported, handed back, backed up elsewhere, or lies in nbgrader's exchange is not "
    "touched."
)

data_app = typer.Typer(no_args_is_help=True, help="Fetch and verify data sets.")
app.add_typer(data_app, name="data")


@app.command()
def init(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The course's folder; made if it is not there.")
    ],
) -> None:
    """Make a course in a folder, anywhere.

    Writes nbgrader_config.py (three lines that set nbgrader up, and the course's name), a
    .gitignore, a README with the commands of a term, and an empty source/. Then change into the
    folder and run 'autograder new NAME'.
    """
    import shlex

    from autograder.course.new import make_course

    written = make_course(folder)
    _say_written(written, folder, f"cd {shlex.quote(str(folder))}", "autograder new NAME")


@app.command()
def new(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Letters, digits and underscores, like week1.")
    ],
) -> None:
    """Write a working assignment to change into yours.

    source/NAME gets a notebook with one question of each kind: a function, a class, a text,
    a form and a written answer. autograder/assignments/NAME, which no student sees, gets the
    reference, the hidden checks and named mistakes. It can be released and graded as it is:
    try it once, then put your own questions in place of these, one at a time.
    """
    from autograder.course.course import Course
    from autograder.course.new import make_assignment

    course = Course.find()
    _say_written(
        make_assignment(course, name),
        course.root,
        f"autograder release {name}",
        f"autograder verify {name}",
        f"autograder check solutions/{name}",
    )


@app.command()
def release(
    assignment: Assignment = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Change nothing; fail if release/ is stale.")
    ] = False,
    execute: Annotated[
        bool, typer.Option("--execute", help="Run the solutions even if nothing has changed.")
    ] = False,
    yes: Annotated[
        bool,
        typer.Option("--yes", help="Change questions although students have handed in already."),
    ] = False,
) -> None:
    """Make release/ and the executed solutions/ from source/.

    Runs nbgrader's generate_assignment and generate_solution, and refuses to finish if a
    line of a solution or of a hidden check would reach the students.

    Where questions were added, removed, renamed or re-weighted after submissions, it shows
    first what changes for whom; with --yes it goes through with it.
    """
    from autograder.assignment import chosen
    from autograder.course.course import Course
    from autograder.outputs.told import print_plan
    from autograder.release.build import build_release, verify_release

    course = Course.find()
    name = chosen(course, assignment)
    course.source(name)
    if verify:
        try:
            verify_release(course, name)
        except UsageError as error:
            print(f"autograder: {error}", file=sys.stderr)
            raise typer.Exit(1) from None
        typer.echo(f"release/{name} and solutions/{name} are up to date.")
    else:
        done = build_release(
            course,
            name,
            execute="always" if execute else "changed",
            show=lambda plan: print_plan(plan, Console()),
            agreed=yes,
            say=lambda what: print(f"  {what}", file=sys.stderr, flush=True),
        )
        typer.echo(f"Wrote release/{name} and solutions/{name}.")
        if done.backup:
            typer.echo(
                f"The gradebook as it was: {done.backup}. Now run 'autograder grade {name}'."
            )


@app.command()
def doctor() -> None:
    """Say what this machine has and lacks for grading, and what to do about it."""
    from autograder.classroom.doctor import examine

    if not examine(Console()):
        raise typer.Exit(USAGE)


@app.command()
def forget(
    student: Annotated[str, typer.Argument(help="Whose work and grades are removed.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove all that the course's folder holds of a student, of every assignment.

    That is: the folders in submitted/, autograded/ and feedback/, the rows in ledgers, gradebook
    and its copies, lines of logs, and reports that name the student. It shows first what there
    is. Nothing brings it back.
    """
    from autograder.classroom.forget import forgetting
    from autograder.course.course import Course

    course = Course.find()
    with forgetting(course, student) as look:
        found = look()
        if not found:
            raise UsageError(f"There is nothing of {student} in {course.root}.")
        for trace in found:
            typer.echo(visible(f"  {trace.where}: {trace.what}"))
        if not yes and not sys.stdin.isatty():
            raise UsageError("Nothing was removed; to remove this without being asked, say --yes.")
        if not yes and not typer.confirm(f"Remove all this of {student}?"):
            typer.echo("Nothing was removed.")
            return
        for trace in found:
            trace.remove()
        if left := look():
            places = ", ".join(trace.where for trace in left)
            raise UsageError(f"Something of {student} is still there: {places}; look at it.")
    typer.echo(f"Nothing of {student} is left here. {NOT_REACHED}")


@data_app.command("fetch")
def data_fetch(
    name: Annotated[
        str | None,
        typer.Argument(help="A name in datasets/manifest.json; may be left out if it is alone."),
    ] = None,
    to: Annotated[Path, typer.Option(help="The folder to put it in.")] = Path("datasets"),
) -> None:
    """Download a data set, resuming where it stopped, and verify its checksum."""
    from autograder.course.course import Course
    from autograder.course.data import fetch
    from autograder.course.manifest import Manifest

    archive = Manifest.read(Course.find().root / "datasets").pick(name)
    typer.echo(f"{fetch(archive, to)} is complete and verified.")


@data_app.command("verify")
def data_verify(
    folder: Annotated[Path, typer.Argument(help="A folder with a manifest.json.")] = Path(
        "datasets"
    ),
) -> None:
    """Hold the data sets of a folder against its manifest."""
    from autograder.course.data import verify as verify_data

    for line in verify_data(folder):
        typer.echo(line)


def _say_written(files: list[Path], root: Path, *commands: str) -> None:
    typer.echo("Wrote")
    for path in files:
        typer.echo(f"  {path.relative_to(root.resolve())}")
    typer.echo("Now run")
    for command in commands:
        typer.echo(f"  {command}")
