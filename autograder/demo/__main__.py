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

from autograder.classroom.start import skip_uri_grammar

if TYPE_CHECKING:
    from rich.console import Console

    from autograder.classroom.batch import ClassResult
    from autograder.course.course import Course

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
        run(Course.find(), console)
    except UsageError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 2
    return 0


def run(course: Course, console: Console) -> ClassResult:
    """Make the class, grade it, and show everything that comes of it."""
    from autograder.assignments.batchnorm.demo.cases import CLASS  # noqa: PLC0415
    from autograder.classroom.batch import grade_class  # noqa: PLC0415
    from autograder.demo.course import ASSIGNMENT, copy_course, write_class  # noqa: PLC0415
    from autograder.demo.table import table  # noqa: PLC0415
    from autograder.outputs.report import print_class, write_report  # noqa: PLC0415
    from autograder.release.build import build_release  # noqa: PLC0415

    began = time.monotonic()
    demo = copy_course(course, course.root / "demo")
    console.print(f"Releasing {ASSIGNMENT} from its source, in {_short(demo.root)}/.")
    build_release(demo, ASSIGNMENT, execute="never")
    write_class(demo, course.root / "solutions" / ASSIGNMENT)
    console.print(f"A class of {len(CLASS)} has handed in {ASSIGNMENT}. Grading it:")
    result = grade_class(demo, ASSIGNMENT)
    report = write_report(ASSIGNMENT, result.grades, demo.root / "reports" / f"{ASSIGNMENT}.html")
    with console.status("Writing the students' feedback pages (nbgrader generate_feedback)"):
        feedback(demo, ASSIGNMENT)
    console.print(table(result))
    print_class(result, console)
    console.print(
        f"Done in {time.monotonic() - began:.0f} s. Look at\n"
        f"  {_short(report)}   the class at one glance\n"
        f"  {_short(demo.root / 'feedback' / 'mateo' / ASSIGNMENT)}   what a student gets back\n"
        f"  {_short(demo.root / 'gradebook.db')}   the gradebook; open it with: "
        "cd demo && nbgrader formgrader"
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
