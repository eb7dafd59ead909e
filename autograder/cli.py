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


def _say_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"autograder {version('autograder')}")
        raise typer.Exit


app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Grade notebook assignments that student code can neither read nor forge.\n\n"
    "Run every command in the course's folder, the one that holds nbgrader_config.py. "
    "A term goes like this: [bold]release[/bold] makes what students get, [bold]check[/bold] "
    "grades one folder, [bold]grade[/bold] grades the class into the gradebook, "
    "[bold]report[/bold] and [bold]export[/bold] show how it went.",
)


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_say_version, help="Say which version."),
    ] = False,
) -> None:
    """What every command shares."""


data_app = typer.Typer(no_args_is_help=True, help="Fetch and verify data sets.")
app.add_typer(data_app, name="data")

Assignment = Annotated[
    str | None,
    typer.Argument(
        help="The assignment's name: a folder of source/. The only one need not be named."
    ),
]
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
    assignment: Assignment = None,
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
    from autograder.assignment import chosen
    from autograder.course.course import Course
    from autograder.release.build import build_release, verify_release

    course = Course.find()
    name = chosen(course, assignment)
    course.source(name)
    if verify:
        verify_release(course, name)
        typer.echo(f"release/{name} and solutions/{name} are up to date.")
    else:
        build_release(course, name, execute="always" if execute else "changed")
        typer.echo(f"Wrote release/{name} and solutions/{name}.")


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
    sandbox: Sandboxed = "bubblewrap",
) -> None:
    """Grade one submission, without a gradebook.

    Given one notebook, only its questions are graded; its neighbours still lend their
    functions.
    """
    from autograder.course.course import Course
    from autograder.course.questions import questions_of
    from autograder.grading.belongs import chosen_for
    from autograder.grading.grade import Grader
    from autograder.outputs.terminal import print_grade

    course = Course.find()
    _look_at(path)
    name = chosen_for(course, path, assignment)
    folder, only = _folder_and_notebook(path, {q.notebook for q in questions_of(course, name)})
    with Grader(course, name, sandbox=backend(sandbox), only=only) as grader:
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
    from autograder.outputs.report import print_class

    course = Course.find()
    result = grade_class(
        course,
        chosen(course, assignment),
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
    assignment: Assignment = None,
    to: Annotated[
        Path | None, typer.Option(help="The page to write; reports/<assignment>.html by default.")
    ] = None,
) -> None:
    """Show the class on one page: scores, hard questions, common mistakes, whom to look at."""
    from autograder.assignment import chosen
    from autograder.classroom.batch import recorded_grades
    from autograder.course.course import Course
    from autograder.outputs.report import write_report

    course = Course.find()
    name = chosen(course, assignment)
    grades = recorded_grades(course, name)
    path = write_report(name, grades, to or course.root / "reports" / f"{name}.html")
    typer.echo(f"Wrote {path}.")


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
        typer.echo(table, nl=False)
    else:
        try:
            to.write_text(table, encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{to} cannot be written: {error.strerror}.") from error
        typer.echo(f"Wrote {to}.")


@app.command()
def verify(assignment: Assignment = None) -> None:
    """Prove the hidden checks: the reference passes, and every known mistake is caught."""
    from autograder.assignment import chosen, find
    from autograder.course.course import Course
    from autograder.diagnosis.prove import Prover, prove_checks

    course = Course.find()
    found = find(course, chosen(course, assignment))
    if found.classic:
        raise UsageError(
            f"{found.name} is an ordinary nbgrader assignment: it has no checks to prove beside "
            "the tests in its notebooks."
        )
    prover = Prover(found, course.secret())
    if not prove_checks(Console(), prover, prover.questions):
        raise typer.Exit(1)


@app.command()
def doctor() -> None:
    """Say what this machine has and lacks for grading, and what to do about it."""
    from autograder.course.doctor import examine

    if not examine(Console()):
        raise typer.Exit(USAGE)


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


def backend(name: str) -> Backend:
    """The sandbox back end of that name."""
    match name:
        case "bubblewrap" | "none":
            return name
    raise UsageError(f"There is no sandbox '{name}'; take 'bubblewrap' or 'none'.")


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
