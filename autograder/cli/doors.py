"""Commands through which a class's work comes in and goes out: collect, return."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from autograder.cli.app import Assignment, app
from autograder.errors import UsageError

Roster = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="CSV",
        help="Who is who, beside the gradebook's students: columns id, first_name, last_name, "
        "email, lms_user_id as nbgrader imports them; Moodle's grading worksheet, whose dates "
        "count; GitHub Classroom's lists. May be given again.",
    ),
]


@app.command()
def collect(
    source: Annotated[
        Path, typer.Argument(metavar="ZIP|DIR", help="What the platform gave, or a folder.")
    ],
    assignment: Assignment = None,
    roster: Roster = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
    update: Annotated[
        bool,
        typer.Option(
            "--update", help="Replace submissions that differ; the earlier ones are kept."
        ),
    ] = False,
    new: Annotated[
        bool, typer.Option("--new", help="Take people who are in no roster as new students.")
    ] = False,
) -> None:
    """Collect submissions from Moodle, Canvas, GitHub Classroom or a folder.

    Understands the zip of Moodle's "Download all submissions", of Canvas's "Download
    Submissions", a folder of GitHub Classroom's clones, nbgrader's inbound folder, a folder for
    each student, and files called STUDENT_NOTEBOOK.ipynb, zipped or not. Shows first whose each
    file is and where it will lie, and what is nobody's; writes after a question, or with --yes.
    Nothing that is there is replaced without --update. Without any roster everybody is new.
    """
    from autograder.assignment import chosen
    from autograder.course.course import Course
    from autograder.course.nbgrader_view import course_config
    from autograder.course.people import Roster as People
    from autograder.course.people import read_people
    from autograder.gradebook.students import students_of
    from autograder.outputs.collected import print_collecting
    from autograder.submission.arrivals import open_source
    from autograder.submission.collecting import carry_out, plan, will_write

    course = Course.find()
    name = chosen(course, assignment)
    arrived = open_source(source)
    rows = [row for path in roster or () for row in read_people(path)]
    people = People([*students_of(course, name), *rows])
    zone = str(course_config(course.root).Exchange.get("timezone", "UTC"))
    made = plan(course, name, arrived, people, new=new or not people.people, timezone=zone)
    console = Console()
    print_collecting(made, console, update=update)
    todo = [own for own in made.submissions if will_write(own, update=update)]
    differ = sum(own.state == "another" for own in made.submissions)
    if not made.submissions:
        raise UsageError(f"Nothing in {source} is known to be anybody's; nothing was written.")
    if differ and not update:
        typer.echo(f"{differ} differ from what is there; --update replaces them.")
    if not todo:
        typer.echo("Nothing to write.")
        return
    if not yes and not _agreed(f"Write {len(todo)} submissions?"):
        typer.echo("Nothing was written.")
        return
    said = len(made.left_out)
    written = carry_out(course, made, update=update)
    for line in made.left_out[said:]:
        print(line, file=sys.stderr)
    typer.echo(f"Wrote {len(written)} submissions; now run 'autograder grade {name}'.")


def _agreed(question: str) -> bool:
    try:
        return typer.confirm(question, default=False)
    except typer.Abort:
        raise UsageError("Nobody answered, and nothing was written; give --yes.") from None
