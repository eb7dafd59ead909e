"""The command line: release, check, grade, verify, report, export, data, doctor.

Exit status: 0 done, whatever the score; 2 unusable input or usage, with one sentence on
stderr; 3 some grade was withheld.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from autograder.errors import UsageError
from autograder.model import Grade, Status

WITHHELD = 3
USAGE = 2

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    help="Grade the batch normalization assignment, or one you write yourself.\n\n"
    "Run every command in the course's folder, the one that holds nbgrader_config.py. "
    "A term goes like this: [bold]release[/bold] makes what students get, [bold]check[/bold] "
    "grades one folder, [bold]grade[/bold] grades the class into the gradebook, "
    "[bold]report[/bold] and [bold]export[/bold] show how it went.",
)
data_app = typer.Typer(no_args_is_help=True, help="Fetch and verify data sets.")
app.add_typer(data_app, name="data")

Assignment = Annotated[str, typer.Argument(help="The assignment's name: a folder of source/.")]
Backend = Annotated[
    str,
    typer.Option(
        "--sandbox",
        help="'bubblewrap', or 'none' for a plain process that protects no files; "
        "only for submissions you trust.",
    ),
]


@app.command()
def release(
    assignment: Assignment = "batchnorm",
    verify: Annotated[
        bool, typer.Option("--verify", help="Change nothing; fail if release/ is stale.")
    ] = False,
) -> None:
    """Make release/ and the executed solutions/ from source/.

    Runs nbgrader's generate_assignment and generate_solution, and refuses to finish if a
    line of a solution or of a hidden check would reach the students.
    """
    from autograder.course import Course  # noqa: PLC0415 - keeps --help quick
    from autograder.release import build_release, verify_release  # noqa: PLC0415

    course = Course.find()
    course.source(assignment)
    if verify:
        verify_release(course, assignment)
        typer.echo(f"release/{assignment} and solutions/{assignment} are up to date.")
    else:
        build_release(course, assignment)
        typer.echo(f"Wrote release/{assignment} and solutions/{assignment}.")


@app.command()
def check(
    path: Annotated[Path, typer.Argument(help="A submission's folder, or one notebook of it.")],
    assignment: Annotated[str, typer.Option(help="The assignment's name.")] = "batchnorm",
    json: Annotated[bool, typer.Option("--json", help="Print exactly one JSON object.")] = False,
    sandbox: Backend = "bubblewrap",
) -> None:
    """Grade one submission, without a gradebook.

    Given one notebook, only its questions are graded; its neighbours still lend their
    functions.
    """
    from autograder.course import Course  # noqa: PLC0415
    from autograder.grading import Grader  # noqa: PLC0415
    from autograder.outputs.terminal import print_grade  # noqa: PLC0415

    folder, only = _folder_and_notebook(path)
    with Grader(Course.find(), assignment, sandbox=sandbox, only=only) as grader:
        graded = grader.grade(folder)
    if json:
        typer.echo(graded.grade.to_json(indent=2))
    else:
        print_grade(graded.grade, Console())
    for note in graded.staff_notes:
        print(note, file=sys.stderr)
    _exit(graded.grade)


def _folder_and_notebook(path: Path) -> tuple[Path, str | None]:
    if path.is_dir():
        return path, None
    if not path.exists():
        raise UsageError(f"There is no {path}; give a submission's folder or one notebook.")
    if path.suffix != ".ipynb":
        raise UsageError(f"{path} is not a notebook; give a folder or a file ending in .ipynb.")
    return path.parent, path.stem


def _exit(*grades: Grade) -> None:
    if any(grade.status is Status.WITHHELD for grade in grades):
        raise typer.Exit(WITHHELD)


def main() -> NoReturn:
    """Run the command line; whatever the caller can mend is one sentence and status 2."""
    from autograder.sandbox.errors import SandboxUnavailable  # noqa: PLC0415

    try:
        app()
    except (UsageError, SandboxUnavailable) as error:
        print(f"autograder: {error}", file=sys.stderr)
        raise SystemExit(USAGE) from None
    raise SystemExit(0)


if __name__ == "__main__":
    main()
