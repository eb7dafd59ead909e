"""Commands through which a class's work comes in and goes out: collect, export, return."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.cli.app import Assignment, Sandboxed, app, backend
from autograder.errors import UsageError
from autograder.outputs.console import Console, visible

if TYPE_CHECKING:
    from autograder.course.course import Course
    from autograder.model import Grade
    from autograder.outputs.export import Row

FORMATS = ("csv", "canvas", "moodle", "gradescope", "json", "junit")
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
        carry_out(course, made, update=update)  # notes what the platform calls whom
        typer.echo("Nothing to write.")
        return
    if not yes and not _agreed(f"Write {len(todo)} submissions?"):
        typer.echo("Nothing was written.")
        return
    said = len(made.left_out)
    written = carry_out(course, made, update=update)
    for line in made.left_out[said:]:
        print(visible(line), file=sys.stderr)
    typer.echo(f"Wrote {len(written)} submissions; now run 'autograder grade {name}'.")


@app.command()
def export(
    assignment: Assignment = None,
    to: Annotated[
        str, typer.Option(metavar="FORMAT", help="csv, canvas, moodle, gradescope, json or junit.")
    ] = "csv",
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="The file to write; a folder for gradescope. Else it is printed."
        ),
    ] = None,
    column: Annotated[
        str | None,
        typer.Option(help="What the assignment is called in Canvas's gradebook: 'Lab 1 (4711)'."),
    ] = None,
    roster: Roster = None,
) -> None:
    """Write the grades as the gradebook has them, sorted by student.

    csv has everything: roster columns, points of each question and check; json the same with all
    that was said; junit a case for each check; gradescope a results.json for each student; canvas
    and moodle what these gradebooks import. A grade that waits for a person, is withheld or
    missing says so and is never a number; for canvas, moodle and gradescope it is left out, and
    said here. A roster fills in names and ids that the gradebook does not know.
    """
    from autograder.assignment import chosen
    from autograder.course.course import Course
    from autograder.course.people import Roster as People
    from autograder.course.people import read_people
    from autograder.gradebook.rows import open_gradebook
    from autograder.outputs.export import ENCODING, grade_rows
    from autograder.outputs.platforms import with_roster

    if to not in FORMATS:
        what = f"There is no format '{to}'; there are {', '.join(FORMATS)}."
        advice = " The file is given by --output." if "." in to else ""
        raise UsageError(what + advice)
    course = Course.find()
    name = chosen(course, assignment)
    with open_gradebook(course, name) as gradebook:
        grades = _graded(course, name, needed=to in ("gradescope", "json", "junit"))
        rows = grade_rows(course, gradebook, [name], grades=grades)
    if roster:
        rows = with_roster(rows, People([row for path in roster for row in read_people(path)]))
    texts = _written(course, name, to, rows, grades, column or name)
    if to in ("canvas", "moodle", "gradescope"):
        for row in rows:
            if row.status != "graded":
                print(visible(f"{row.student_id} is {row.status}, and left out."), file=sys.stderr)
    if output is None:
        table = "".join(texts.values())
        typer.echo(visible(table) if sys.stdout.isatty() else table, nl=False)
        return
    encoding = ENCODING if to in ("csv", "moodle") else "utf-8"
    try:
        if to == "gradescope":
            output.mkdir(parents=True, exist_ok=True)
        for file, text in texts.items():
            (output / file if file else output).write_text(text, encoding=encoding)
    except OSError as error:
        raise UsageError(f"{output} cannot be written: {error.strerror}.") from error
    typer.echo(f"Wrote {output}.")


@app.command("return")
def return_(
    assignment: Assignment = None,
    to: Annotated[str, typer.Option(metavar="PLATFORM", help="moodle.")] = "moodle",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The zip to write; feedback-ASSIGNMENT.zip otherwise."),
    ] = None,
) -> None:
    """Pack the feedback pages for the platform that the submissions came from.

    Makes the pages that are stale, then writes the zip that Moodle takes under "Upload multiple
    feedback files in a zip". Whose page is whose was noted by 'autograder collect'.
    """
    from autograder.assignment import chosen
    from autograder.classroom.workers import default_jobs
    from autograder.course.course import Course
    from autograder.outputs.pages import make_pages
    from autograder.outputs.returned import pack_for_moodle
    from autograder.submission.senders import remembered

    if to != "moodle":
        raise UsageError(f"There is no way back to '{to}'; there is moodle.")
    course = Course.find()
    name = chosen(course, assignment)
    senders = remembered(course, name)
    if not any(sender.platform == "moodle" for sender in senders.values()):
        raise UsageError(
            f"No submission of {name} is known to come from Moodle; 'autograder collect' notes it."
        )
    left_out = dict(make_pages(course, name, jobs=default_jobs()).failed)
    target = output or course.root / f"feedback-{name}.zip"
    try:
        packed, others = pack_for_moodle(course, name, senders, target)
    except OSError as error:
        raise UsageError(f"{target} cannot be written: {error.strerror}.") from error
    for student, why in sorted({**others, **left_out}.items()):
        print(visible(f"{student} is left out: {why}"), file=sys.stderr)
    typer.echo(f"Wrote {target}, with the pages of {len(packed)} students.")


@app.command()
def pack(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="gradescope, github or container.")],
    assignment: Assignment = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The zip to write; ASSIGNMENT-KIND.zip otherwise."),
    ] = None,
    sandbox: Sandboxed = "bubblewrap",
) -> None:
    """Pack the assignment so that it is graded elsewhere, with the same hidden inputs.

    gradescope: a zip that is an autograder there. github: a workflow that grades each push on a
    machine of yours, with --fail-under and JUnit. container: a Containerfile and all it copies.

    Each zip holds the hidden checks, the solutions and the course's secret: it is for staff, and
    its README says which part of it goes where and who can see it there.
    """
    from autograder.assignment import chosen
    from autograder.classroom.bundles import LAYOUTS
    from autograder.classroom.bundles import pack as write_pack
    from autograder.course.course import Course

    if kind not in LAYOUTS:
        raise UsageError(f"There is no pack '{kind}'; there are {', '.join(LAYOUTS)}.")
    course = Course.find()
    name = chosen(course, assignment)
    target = output or course.root / f"{name}-{kind}.zip"
    try:
        write_pack(course, name, kind, target, backend(sandbox))
    except OSError as error:
        raise UsageError(f"{target} cannot be written: {error.strerror}.") from error
    typer.echo(
        f"Wrote {target}. It holds hidden checks, solutions and the secret: for staff only; "
        "its README.md says what goes where."
    )


def _graded(course: Course, assignment: str, *, needed: bool) -> dict[str, Grade]:
    """What grading said of the class; nothing if that is not known and a table will do."""
    from autograder.classroom.recorded import recorded_grades

    try:
        return recorded_grades(course, assignment)
    except UsageError:
        if needed:
            raise
        return {}


def _written(
    course: Course,
    assignment: str,
    to: str,
    rows: list[Row],
    grades: dict[str, Grade],
    column: str,
) -> dict[str, str]:
    """The texts to write, by file; one without a name is the file that was asked for."""
    from autograder.outputs.export import to_csv
    from autograder.outputs.platforms import to_canvas, to_moodle
    from autograder.outputs.results import to_gradescope, to_json, to_junit
    from autograder.submission.senders import remembered

    known = {row.student_id: row.status for row in rows}
    match to:
        case "canvas":
            return {"": to_canvas(rows, column)}
        case "moodle":
            return {"": to_moodle(rows, remembered(course, assignment))}
        case "json":
            return {"": to_json(assignment, rows, grades)}
        case "junit":
            own = {name: grade for name, grade in grades.items() if name in known}
            missing = [name for name, status in known.items() if status == "missing"]
            return {"": to_junit(assignment, own, missing)}
        case "gradescope":
            return {
                f"{name}.json": to_gradescope(grades[name])
                for name, status in known.items()
                if status == "graded" and name in grades
            }
    return {"": to_csv(rows)}


def _agreed(question: str) -> bool:
    try:
        return typer.confirm(question, default=False)
    except typer.Abort:
        raise UsageError("Nobody answered, and nothing was written; give --yes.") from None
