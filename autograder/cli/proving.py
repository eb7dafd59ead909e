"""The command that proves hidden checks: verify."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from autograder.cli.app import Assignment, app
from autograder.errors import UsageError
from autograder.outputs.console import Console

DOES_NOT_HOLD = 1


@app.command()
def verify(
    assignment: Assignment = None,
    quick: Annotated[
        bool,
        typer.Option(
            "--quick", help="This course's inputs only; nothing carried forward, no mutants."
        ),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the proof as a page as well.")
    ] = None,
    accept: Annotated[
        bool,
        typer.Option(
            "--accept", help="Write down which checks catch which mistake, to be held from now on."
        ),
    ] = False,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Processes; as many as processors by default.")
    ] = None,
) -> None:
    """Prove the hidden checks on answers that are known to be right or wrong.

    The reference and unusual right answers get all points, a blank one none; every known mistake is
    caught and called by its name, every trap of a form costs its point; a right answer on top of
    an earlier mistake loses nothing more; the hidden inputs of five courses agree; and a mutant of
    the reference that no check notices needs a reason. Ends with status 1 if something does not
    hold. It takes a minute or two; --quick takes seconds.
    """
    from autograder.assignment import chosen, find
    from autograder.classroom.workers import default_jobs
    from autograder.course.course import Course
    from autograder.outputs.proof import print_proof, proof_json, write_proof
    from autograder.proof.given import Given
    from autograder.proof.prove import prove

    course = Course.find()
    found = find(course, chosen(course, assignment))
    stderr = Console(stderr=True)
    columns = (
        TextColumn("proving"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[of]}"),
    )
    with Progress(*columns, console=stderr, transient=True, disable=not stderr.is_terminal) as bar:
        task = bar.add_task("", total=None, of="")

        def told(done: int, total: int, subject: str) -> None:
            bar.update(task, completed=done, total=total, of=subject)

        processes = jobs or default_jobs()
        proof = prove(found, course.secret(), quick=quick, jobs=processes, told=told)
    if html is not None:
        try:
            write_proof(proof, html)
        except OSError as error:
            raise UsageError(f"{html} cannot be written: {error.strerror}.") from error
    if accept:
        path = Given(found).accept(proof.caught())
        stderr.print(f"Wrote {path}.", highlight=False, soft_wrap=True)
    if json:
        typer.echo(proof_json(proof))
    else:
        print_proof(proof, Console())
    if not proof.holds:
        raise typer.Exit(DOES_NOT_HOLD)
