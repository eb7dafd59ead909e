"""An ordinary nbgrader assignment in small, and a class that has handed it in.

`numbers`: squares_test (4 points, hidden tests), mean_test (3, partial credit by value),
free_code (5, code that a person reads), explain (2, written), survey (4, a task).
`words`: count_test (2, reads a file), rate_test (2, its value is the student's own number).
Both hold a test named `tidy` (1).
"""

from __future__ import annotations

import copy as copying
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from mini_course import ROOT, write_notebook
from msgspec.structs import replace
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.course.course import Course
from autograder.grading.grade import Grader
from autograder.sandbox.policy import POLICY

NAME = "ps2"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
STUDENTS = (
    *("right", "blank", "hidden", "public", "noisy", "forged", "removed", "absent"),
    *("broken", "exits", "toomuch"),
)
ALONE = ("endless", "twice")
"""Students whose case takes long in our sandbox, or stops nbgrader's whole run."""

SQUARES = """\
def squares(n):
    ### BEGIN SOLUTION
    return [i**2 for i in range(1, n + 1)]
    ### END SOLUTION"""
SQUARES_TEST = """\
assert squares(2) == [1, 4], "two squares are 1 and 4"
### BEGIN HIDDEN TESTS
assert squares(0) == [], "hidden words about zero"
assert squares(7)[-1] == 49
### END HIDDEN TESTS"""
MEAN = "def mean(values):\n    return sum(values) / len(values) if values else 0"
MEAN_TEST = """\
points = 0
if mean([1, 3]) == 2:
    points += 1
### BEGIN HIDDEN TESTS
if mean([]) == 0:
    points += 2
### END HIDDEN TESTS
points"""
TASK = """\
Ask three people, and describe it below.

=== BEGIN MARK SCHEME ===
Two points for naming three people.
=== END MARK SCHEME ==="""
COUNT = """\
def count(word):
    ### BEGIN SOLUTION
    return open("words.txt").read().split().count(word)
    ### END SOLUTION"""
COUNT_TEST = 'assert count("tree") == 2\nassert open("data/more.txt").read() == "more"'
RATE = "def rate(n):\n    ### BEGIN SOLUTION\n    return 2\n    ### END SOLUTION"


def cell(id_: str, source: str, *, text: bool = False, **flags: Any) -> Any:
    """A cell with nbgrader's metadata."""
    own = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    metadata = {"nbgrader": own | {"grade_id": id_} | flags}
    make = new_markdown_cell if text else new_code_cell
    return make(source, id=id_, metadata=metadata)


def tests(id_: str, source: str, points: float) -> Any:
    """A locked cell of tests."""
    return cell(id_, source, grade=True, locked=True, points=points)


def notebooks() -> dict[str, Any]:
    """The instructor's two notebooks."""
    by_hand = {"grade": True, "solution": True}
    numbers = [
        new_markdown_cell("# Numbers", id="intro"),
        cell("setup", "import math", locked=True),
        cell("squares", SQUARES, solution=True),
        tests("squares_test", SQUARES_TEST, 4),
        cell("mean", MEAN, solution=True),
        tests("mean_test", MEAN_TEST, 3),
        cell("free_code", "answer_of_mine = sorted('solution')", points=5, **by_hand),
        cell("explain", "Because the model answer says so.", text=True, points=2, **by_hand),
        cell("survey", TASK, text=True, task=True, locked=True, points=4),
        tests("tidy", "assert math.pi > 3", 1),
    ]
    words = [
        cell("count", COUNT, solution=True),
        tests("count_test", COUNT_TEST, 2),
        cell("rate", RATE, solution=True),
        tests("rate_test", "rate(10)", 2),
        tests("tidy", "assert callable(count)", 1),
    ]
    made = {"numbers": numbers, "words": words}
    return {
        name: new_notebook(cells=cells, metadata={"kernelspec": KERNEL})
        for name, cells in made.items()
    }


def make_course(root: Path) -> Course:
    """Write the course, with this repository's own nbgrader_config.py."""
    source = root / "source" / NAME
    for name, notebook in notebooks().items():
        write_notebook(source / f"{name}.ipynb", notebook)
    (source / "words.txt").write_text("tree leaf tree")
    (source / "data").mkdir()
    (source / "data" / "more.txt").write_text("more")
    shutil.copy(ROOT / "nbgrader_config.py", root / "nbgrader_config.py")
    return Course.find(root)


def stock(course: Course, *words: str) -> int:
    """Run nbgrader where nothing of ours was imported; returns its status."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    command = [Path(sys.executable).with_name("nbgrader"), *words]
    env = os.environ | {"PATH": path}
    return subprocess.run(
        command, cwd=course.root, capture_output=True, check=False, env=env
    ).returncode


def copy(course: Course, root: Path) -> Course:
    """A course of one's own, like another."""
    shutil.copytree(course.root, root, dirs_exist_ok=True)
    return Course.find(root)


@contextmanager
def quick_grader(course: Course) -> Iterator[Grader]:
    """A grader whose cells have little time."""
    with Grader(course, NAME, policy=replace(POLICY, cell_cpu=1)) as grader:
        yield grader


Change = Callable[[Any], None]


def change(path: Path, *changes: Change) -> None:
    """Change a notebook on disk."""
    notebook = nbformat.read(path, as_version=4)
    for one in changes:
        one(notebook)
    nbformat.write(notebook, path)


def write(id_: str, source: str, **metadata: Any) -> Change:
    """Write something else into a cell."""

    def written(notebook: Any) -> None:
        found = next(cell for cell in notebook.cells if cell.id == id_)
        found.source = source
        found.metadata.update(metadata)

    return written


def remove(id_: str) -> Change:
    """Delete a cell."""

    def removed(notebook: Any) -> None:
        notebook.cells = [cell for cell in notebook.cells if cell.id != id_]

    return removed


def repeat(id_: str) -> Change:
    """Paste a copy of a cell below it."""

    def repeated(notebook: Any) -> None:
        index = next(i for i, cell in enumerate(notebook.cells) if cell.id == id_)
        twin = copying.deepcopy(notebook.cells[index])
        twin.id = f"{id_}-again"
        notebook.cells.insert(index + 1, twin)

    return repeated


def hand_in(course: Course, students: Sequence[str] = STUDENTS) -> None:
    """Hand in for these students; each of their folders has its oddities."""
    for student in students:
        folder = _start(course, student)
        for notebook, changes in ODDITIES.get(student, {}).items():
            change(folder / f"{notebook}.ipynb", *changes)
        if student == "absent":
            (folder / "words.ipynb").unlink()
        if student == "broken":
            (folder / "words.ipynb").write_text('{"cells": [')


def _start(course: Course, student: str) -> Path:
    """The solved notebooks, or what was handed out."""
    folder = course.root / "submitted" / student / NAME
    step = "release" if student == "blank" else "solutions"
    shutil.copytree(course.root / step / NAME, folder)
    return folder


STUB = "# YOUR CODE HERE\nraise NotImplementedError()"
WARNS = """\
import warnings

def squares(n):
    warnings.warn("slow")
    return [i**2 for i in range(1, n + 1)]"""
SHOUTS = """\
import sys

def count(word):
    sys.stderr.write("counting")
    return 2"""
SHOWS = """\
display(0.5)
print(1.5)

def count(word):
    print(0)
    return 2
0.25"""
EQUAL_TO_ALL = """\
class Always(list):
    def __eq__(self, other):
        return True

def squares(n):
    return Always([Always()])"""
POINTS_OF_MINE = {
    "nbgrader": {"grade_id": "count_test", "grade": True, "solution": False, "locked": True}
    | {"points": 400, "schema_version": 3, "cell_type": "code", "task": False}
}
ODDITIES: dict[str, dict[str, tuple[Change, ...]]] = {
    "hidden": {
        "numbers": (
            write("squares", "def squares(n):\n    return [1] + [i * i for i in range(2, n + 1)]"),
            write("mean", "def mean(values):\n    return sum(values) / 2 if values else None"),
            write("free_code", STUB),
            write("explain", "YOUR ANSWER HERE"),
        ),
        "words": (
            write("count", "def count(word):\n    return {}[word]"),
            write("rate", "def rate(n):\n    return n / 8"),
        ),
    },
    "public": {
        "numbers": (
            write("squares", "def squares(n):\n    return list(range(n))"),
            write("mean", "def mean(values:\n    return 2"),
        ),
        "words": (write("count", SHOWS), write("rate", "def rate(n):\n    return 'many'")),
    },
    "noisy": {
        "numbers": (write("squares", WARNS),),
        "words": (write("count", SHOUTS), write("rate", "def rate(n):\n    return -1")),
    },
    "forged": {
        "numbers": (
            write("squares", EQUAL_TO_ALL),
            write("squares_test", "assert True"),
            write("mean", "def mean(values):\n    return 1"),
            write("mean_test", "3", tags=["skip-execution"]),
            write("tidy", "1 / 0"),
        ),
        "words": (
            write("count_test", "400", **POINTS_OF_MINE),
            write("rate", "def rate(n):\n    return float('nan')"),
        ),
    },
    "removed": {
        "numbers": (remove("squares_test"), remove("explain")),
        "words": (remove("count"),),
    },
    "exits": {"numbers": (write("mean", "import os\nos._exit(0)"),)},
    "toomuch": {"words": (write("rate", "def rate(n):\n    return n"),)},
    "endless": {"words": (write("count", "def count(word):\n    while True:\n        pass"),)},
    "twice": {"numbers": (repeat("mean_test"),)},
}
