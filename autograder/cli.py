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

from autograder.classroom.start import collect_seldom, skip_uri_grammar, start_worker_server
from autograder.errors import UsageError
from autograder.model import Grade, Status
from autograder.sandbox.launch import Backend

WITHHELD = 3
USAGE = 2
INTERRUPTED = 130

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
Sandboxed = Annotated[
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
    execute: Annotated[
        bool, typer.Option("--execute", help="Run the solutions even if nothing has changed.")
    ] = False,
) -> None:
    """Make release/ and the executed solutions/ from source/.

    Runs nbgrader's generate_assignment and generate_solution, and refuses to finish if a
    line of a solution or of a hidden check would reach the students.
    """
    from autograder.course.course import Course
    from autograder.release.build import build_release, verify_release

    course = Course.find()
    course.source(assignment)
    if verify:
        verify_release(course, assignment)
        typer.echo(f"release/{assignment} and solutions/{assignment} are up to date.")
    else:
        build_release(course, assignment, execute="always" if execute else "changed")
        typer.echo(f"Wrote release/{assignment} and solutions/{assignment}.")


@app.command()
def check(
    path: Annotated[Path, typer.Argument(help="A submission's folder, or one notebook of it.")],
    assignment: Annotated[str, typer.Option(help="The assignment's name.")] = "batchnorm",
    json: Annotated[bool, typer.Option("--json", help="Print exactly one JSON object.")] = False,
    sandbox: Sandboxed = "bubblewrap",
) -> None:
    """Grade one submission, without a gradebook.

    Given one notebook, only its questions are graded; its neighbours still lend their
    functions.
    """
    from autograder.course.course import Course
    from autograder.grading.grade import Grader
    from autograder.outputs.terminal import print_grade

    course = Course.find()
    folder, only = _folder_and_notebook(path, {q.notebook for q in course.questions(assignment)})
    with Grader(course, assignment, sandbox=backend(sandbox), only=only) as grader:
        graded = grader.grade(folder)
    if json:
        typer.echo(graded.grade.to_json(indent=2))
    else:
        print_grade(graded.grade, Console())
    for note in graded.staff_notes:
        print(note, file=sys.stderr)
    _exit(graded.grade)


@app.command()
def grade(
    assignment: Assignment = "batchnorm",
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
    sandbox: Sandboxed = "bubblewrap",
) -> None:
    """Grade the class: submitted/<student>/<assignment> into the gradebook.

    A run that was stopped is started again with the same command; what was graded is kept.
    """
    if dask is None:
        start_worker_server()  # before the imports, which take as long here as there
    from autograder.classroom.batch import grade_class
    from autograder.course.course import Course
    from autograder.outputs.report import print_class

    result = grade_class(
        Course.find(),
        assignment,
        students=student or None,
        jobs=jobs,
        dask=dask,
        force=force,
        sandbox=backend(sandbox),
    )
    print_class(result, Console())
    if result.interrupted:
        raise typer.Exit(INTERRUPTED)
    _exit(*result.grades.values())


@app.command()
def report(
    assignment: Assignment = "batchnorm",
    to: Annotated[
        Path | None, typer.Option(help="The page to write; reports/<assignment>.html by default.")
    ] = None,
) -> None:
    """Show the class on one page: scores, hard questions, common mistakes, whom to look at."""
    from autograder.classroom.batch import recorded_grades
    from autograder.course.course import Course
    from autograder.outputs.report import write_report

    course = Course.find()
    grades = recorded_grades(course, assignment)
    path = write_report(assignment, grades, to or course.root / "reports" / f"{assignment}.html")
    typer.echo(f"Wrote {path}.")


@app.command()
def export(
    assignment: Assignment = "batchnorm",
    to: Annotated[
        Path | None, typer.Option(help="The file to write; standard output by default.")
    ] = None,
) -> None:
    """Write the gradebook as CSV; a grade that is withheld says so and is never a zero."""
    from autograder.course.course import Course
    from autograder.gradebook.rows import open_gradebook
    from autograder.outputs.export import grade_rows, to_csv

    course = Course.find()
    if not (course.root / "gradebook.db").is_file():
        raise UsageError(
            f"There is no gradebook in {course.root}; run 'autograder grade {assignment}' first."
        )
    with open_gradebook(course, assignment) as gradebook:
        table = to_csv(grade_rows(gradebook, [assignment]))
    if to is None:
        typer.echo(table, nl=False)
    else:
        try:
            to.write_text(table, encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{to} cannot be written: {error.strerror}.") from error
        typer.echo(f"Wrote {to}.")


@app.command()
def verify(assignment: Assignment = "batchnorm") -> None:
    """Prove the hidden checks: the reference passes, and every known mistake is caught."""
    from autograder.assignment import is_classic
    from autograder.course.course import Course
    from autograder.diagnosis.prove import prove_checks

    course = Course.find()
    if is_classic(course, assignment):
        course.source(assignment)
        raise UsageError(
            f"{assignment} is an ordinary nbgrader assignment: it has no checks to prove beside "
            "the tests in its notebooks."
        )
    coded = [question.id for question in course.questions(assignment) if question.kind == "code"]
    if not prove_checks(Console(), course.release(assignment), coded, course.secret()):
        raise typer.Exit(1)


@app.command()
def doctor() -> None:
    """Say what this machine has and lacks for grading, and what to do about it."""
    from autograder.course.doctor import examine

    if not examine(Console()):
        raise typer.Exit(USAGE)


@data_app.command("fetch")
def data_fetch(
    name: Annotated[str, typer.Argument(help="The data set: cifar10.")] = "cifar10",
    to: Annotated[Path, typer.Option(help="The folder to put it in.")] = Path("datasets"),
) -> None:
    """Download a data set, resuming where it stopped, and verify its checksum."""
    from autograder.course.data import fetch

    typer.echo(f"{fetch(name, to)} is complete and verified.")


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


def backend(name: str) -> Backend:
    """The sandbox back end of that name."""
    match name:
        case "bubblewrap" | "none":
            return name
    raise UsageError(f"There is no sandbox '{name}'; take 'bubblewrap' or 'none'.")


def _folder_and_notebook(path: Path, known: set[str]) -> tuple[Path, str | None]:
    names = " and ".join(f"{name}.ipynb" for name in sorted(known))
    if path.is_dir():
        if not any(path.rglob("*.ipynb")):
            raise UsageError(f"{path} holds no notebook; the assignment consists of {names}.")
        return path, None
    if not path.exists():
        raise UsageError(f"There is no {path}; give a submission's folder or one notebook.")
    if path.suffix != ".ipynb":
        raise UsageError(f"{path} is not a notebook; give a folder or a file ending in .ipynb.")
    if path.stem not in known:
        raise UsageError(
            f"{path.name} is none of the assignment's notebooks ({names}); "
            "give the folder of a submission whose notebooks are renamed."
        )
    return path.parent, path.stem


def _exit(*grades: Grade) -> None:
    if any(grade.status is Status.WITHHELD for grade in grades):
        raise typer.Exit(WITHHELD)


def main() -> NoReturn:
    """Run the command line; whatever the caller can mend is one sentence and status 2."""
    skip_uri_grammar()
    collect_seldom()
    from autograder.sandbox.errors import SandboxUnavailable

    try:
        app()
    except (UsageError, SandboxUnavailable) as error:
        print(f"autograder: {error}", file=sys.stderr)
        raise SystemExit(USAGE) from None
    raise SystemExit(0)


if __name__ == "__main__":
    main()
