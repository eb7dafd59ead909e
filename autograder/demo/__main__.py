"""`make demo`: a class of 24 submissions, graded from beginning to end in ./demo.

    course copy -> release -> submitted/ -> gradebook -> feedback -> class summary -> table

Everything happens in a fresh copy of the course, so nothing of a real class is touched.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.startup import skip_uri_grammar

if TYPE_CHECKING:
    from rich.console import Console

    from autograder.course.course import Course
    from autograder.model import ClassResult

LOG_WIDTH = 150
"""Characters in a line where there is no terminal to ask."""


def main() -> int:
    """Run the demonstration in the working directory's course."""
    skip_uri_grammar()
    from rich.console import Console  # noqa: PLC0415 - every worker process imports this module

    from autograder.course.course import Course  # noqa: PLC0415
    from autograder.errors import UsageError  # noqa: PLC0415

    console = Console()
    console = console if console.is_terminal else Console(width=LOG_WIDTH)
    try:
        run(Course.find(), console, *sys.argv[1:2])
    except UsageError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 2
    return 0


def run(course: Course, console: Console, assignment: str | None = None) -> ClassResult:
    """Make the class, grade it, and show everything that comes of it."""
    from autograder.assignment import chosen, find  # noqa: PLC0415
    from autograder.classroom.batch import grade_class  # noqa: PLC0415
    from autograder.classroom.pages import make_class_pages  # noqa: PLC0415
    from autograder.demo.cases import class_of  # noqa: PLC0415
    from autograder.demo.course import copy_course, write_class  # noqa: PLC0415
    from autograder.demo.table import table  # noqa: PLC0415
    from autograder.outputs.told import print_class  # noqa: PLC0415
    from autograder.release.build import build_release  # noqa: PLC0415

    began = time.monotonic()
    name = chosen(course, assignment)
    invented = class_of(find(course, name))
    demo = copy_course(course, name, course.root / "demo")
    console.print(f"Releasing {name} from its source, in {_short(demo.root)}/.")
    build_release(demo, name, execute="never")
    write_class(demo, name, course.root / "solutions" / name, invented)
    console.print(f"A class of {len(invented.cases)} has handed in {name}. Grading it:")
    result = grade_class(demo, name)
    report = make_class_pages(demo, name)
    with console.status("Writing the students' feedback pages (nbgrader generate_feedback)"):
        feedback(demo, name)
    console.print(table(result, invented.cases))
    print_class(result, console)
    shown = next((case for case in invented.cases if case.loses), invented.cases[0]).student
    console.print(
        f"Done in {time.monotonic() - began:.0f} s. Look at\n"
        f"  {_short(report)}   the class at one glance\n"
        f"  {_short(demo.root / 'feedback' / shown / name)}   what a student gets back\n"
        f"  {_short(demo.root / 'gradebook.db')}   the gradebook; open it with: "
        "cd demo && jupyter lab (menu Nbgrader, Formgrader)"
    )
    return result


def feedback(course: Course, assignment: str) -> None:
    """Make the students' pages with nbgrader's own command."""
    from autograder.errors import UsageError  # noqa: PLC0415

    command = [sys.executable, "-m", "nbgrader", "generate_feedback", assignment, "--force"]
    done = subprocess.run(  # noqa: S603 - our own interpreter and arguments
        command, cwd=course.root, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise UsageError(f"nbgrader generate_feedback failed: {done.stderr[-500:]}")


def _short(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


if __name__ == "__main__":
    raise SystemExit(main())
