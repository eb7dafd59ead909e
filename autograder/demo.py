"""`make demo`: a class of 24 submissions, graded from beginning to end in ./demo.

    course copy -> submitted/ -> gradebook -> feedback -> class summary -> table

Everything happens in a fresh copy of the course, so nothing of a real class is touched.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from copy import deepcopy
from pathlib import Path
from typing import Any

import nbformat
from rich.console import Console
from rich.table import Table

from autograder.batch import ClassResult, grade_class
from autograder.course import Course, notebook_paths
from autograder.demo_class import CLASS, Case, Edit
from autograder.errors import UsageError
from autograder.model import Grade
from autograder.outputs.progress import points
from autograder.outputs.report import print_class, write_report
from autograder.outputs.summary import earned, worth
from autograder.records import MIME
from autograder.release import build_release

ASSIGNMENT = "batchnorm"
COPIED = ("source", "datasets", "nbgrader_config.py")
LOG_WIDTH = 150
"""Characters in a line where there is no terminal to ask."""
SUBMITTED_AT = "2026-01-15 12:00:00 UTC"


def main() -> int:
    """Run the demonstration in the working directory's course."""
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
    began = time.monotonic()
    demo = copy_course(course, course.root / "demo")
    console.print(f"Releasing {ASSIGNMENT} from its source, in {_short(demo.root)}/.")
    build_release(demo, ASSIGNMENT, execute="never")
    write_class(demo, course.root / "solutions" / ASSIGNMENT)
    console.print(f"A class of {len(CLASS)} has handed in {ASSIGNMENT}. Grading it:")
    result = grade_class(demo, ASSIGNMENT)
    report = write_report(ASSIGNMENT, result.grades, demo.root / "reports" / f"{ASSIGNMENT}.html")
    with console.status("Writing the students' feedback pages (nbgrader generate_feedback)"):
        feedback(demo)
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


def copy_course(course: Course, target: Path) -> Course:
    """A fresh copy of the course without submissions; an old one is thrown away."""
    course.source(ASSIGNMENT)
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for name in COPIED:
        original = course.root / name
        if not original.exists():
            raise UsageError(f"There is no {original}; run 'autograder release {ASSIGNMENT}'.")
        if original.is_dir():
            shutil.copytree(original, target / name, ignore=shutil.ignore_patterns("results", ".*"))
        else:
            shutil.copy(original, target / name)
    return Course(target)


def write_class(course: Course, solutions: Path, cases: tuple[Case, ...] = CLASS) -> None:
    """Hand in every case's submission, made from the executed `solutions`."""
    solved = read_notebooks(solutions)
    for notebook in solved.values():
        for cell in notebook.cells:
            cell.source = without_markers(cell.source)
    release = read_notebooks(course.release(ASSIGNMENT))
    for case in cases:
        folder = course.root / "submitted" / case.student / ASSIGNMENT
        folder.mkdir(parents=True)
        (folder / "timestamp.txt").write_text(SUBMITTED_AT)
        for name, content in submission(case, solved, release).items():
            raw = content if isinstance(content, bytes) else nbformat.writes(content).encode()
            (folder / name).write_bytes(raw)


def submission(case: Case, solved: dict[str, Any], release: dict[str, Any]) -> dict[str, Any]:
    """A case's notebooks by file name; raw bytes where they are no notebook any more."""
    notebooks = deepcopy(solved)
    for edit in case.edits:
        apply(edit, notebooks)
    if case.rearrange is not None:
        case.rearrange(notebooks, release)
    return notebooks


def apply(edit: Edit, notebooks: dict[str, Any]) -> None:
    """Make one change in the answer cell it names.

    Raises:
        LookupError: if there is no such cell, or the solution reads differently by now.
    """
    cells = [cell for notebook in notebooks.values() for cell in notebook.cells]
    cell = next(cell for cell in cells if cell.id == edit.answer)
    if not edit.before:
        cell.source = edit.after
    elif cell.source.count(edit.before) == 1:
        cell.source = cell.source.replace(edit.before, edit.after)
    else:
        raise LookupError(f"{edit.answer} does not hold {edit.before!r} exactly once")


def read_notebooks(folder: Path) -> dict[str, Any]:
    """The notebooks of a folder by file name; of the outputs only the experiments' records."""
    notebooks = {path.name: nbformat.read(path, as_version=4) for path in notebook_paths(folder)}
    for notebook in notebooks.values():
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs = [output for output in cell.outputs if MIME in output.get("data", ())]
    return notebooks


def without_markers(source: str) -> str:
    """A solved cell's text as a student would have it, without the solution markers."""
    lines = source.splitlines()
    return "\n".join(
        line for line in lines if "BEGIN SOLUTION" not in line and "END SOLUTION" not in line
    )


def feedback(course: Course) -> None:
    """Make the students' pages with nbgrader's own command."""
    command = [sys.executable, "-m", "nbgrader", "generate_feedback", ASSIGNMENT, "--force"]
    done = subprocess.run(  # noqa: S603 - our own interpreter and arguments
        command, cwd=course.root, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise UsageError(f"nbgrader generate_feedback failed: {done.stderr[-500:]}")


def table(result: ClassResult) -> Table:
    """What each submission was, what it got, and which mistakes were named."""
    shown = Table(title=f"{result.assignment}: what it was, and what it got", title_justify="left")
    shown.add_column("student")
    shown.add_column("what was handed in", ratio=5)
    shown.add_column("points", justify="right", no_wrap=True)
    shown.add_column("lost points in", ratio=3)
    shown.add_column("mistake named", ratio=3)
    for case in CLASS:
        if case.student in result.grades:
            grade = result.grades[case.student]
            questions = ["everything"] if grade.score == 0 else lost(grade)
            shown.add_row(
                case.student,
                case.what,
                points(grade),
                shortened(questions),
                shortened(named(grade)),
            )
    return shown


def lost(grade: Grade) -> list[str]:
    """Questions in which a grade has lost points for sure."""
    return [
        score.id
        for score in grade.questions
        if (got := earned(score)) is not None and got < worth(score)
    ]


def named(grade: Grade) -> list[str]:
    """The mistakes that were recognized, in words."""
    checks = [check for question in grade.questions for check in question.checks]
    return [
        name.replace("_", " ")
        for name in dict.fromkeys(check.misconception for check in checks)
        if name is not None
    ]


def shortened(names: list[str], most: int = 3) -> str:
    """A few names, one a line, and how many more there are."""
    more = [f"and {len(names) - most} more"] if len(names) > most else []
    return "\n".join(names[:most] + more)


def _short(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


if __name__ == "__main__":
    raise SystemExit(main())
