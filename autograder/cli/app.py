"""The program itself, and what several of its commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from autograder.errors import UsageError
from autograder.model import Grade, Status
from autograder.sandbox.launch import Backend

FAILS_UNDER = 1
WITHHELD = 3
USAGE = 2
FAILED = 4
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
    "[bold]init[/bold] makes such a folder and [bold]new[/bold] an assignment in it. "
    "A term goes like this: [bold]release[/bold] makes what students get, [bold]collect[/bold] "
    "takes what they hand in, [bold]grade[/bold] grades the class into the gradebook, "
    "[bold]report[/bold] shows how it went, [bold]feedback[/bold] makes the students' pages, "
    "and [bold]export[/bold] writes the grades. [bold]check[/bold] grades one folder.",
)


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_say_version, help="Say which version."),
    ] = False,
) -> None:
    """What every command shares."""


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


def backend(name: str) -> Backend:
    """The sandbox back end of that name."""
    match name:
        case "bubblewrap" | "none":
            return name
    raise UsageError(f"There is no sandbox '{name}'; take 'bubblewrap' or 'none'.")


def end_with(*grades: Grade) -> None:
    """End with the status that says whether some grade is withheld."""
    if any(grade.status is Status.WITHHELD for grade in grades):
        raise typer.Exit(WITHHELD)
