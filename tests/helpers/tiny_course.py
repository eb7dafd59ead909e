"""The tiny assignment as a course: one notebook of three questions, and a table beside it.

`standardize` (array, 4 points), `initials` (text, 3), `account` (a class, 5, built on `initials`).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from autograder.course.course import Course
from autograder.release.build import build_release

ROOT = Path(__file__).parents[2]
PRIVATE = Path(__file__).with_name("tiny")
NAME = "tiny"
SALES = "spring,summer,autumn\n3.5,1.0,2.0\n-1.0,4.0,2.5\n2.0,2.0,7.0\n9.0,-3.0,1.5\n"

STANDARDIZE = """\
def standardize(x):
    ### BEGIN SOLUTION
    centred = x - x.mean(axis=0)
    return centred / x.std(axis=0)
    ### END SOLUTION"""
INITIALS = """\
def initials(name):
    ### BEGIN SOLUTION
    letters = [part[0] for part in name.split()]
    return "".join(letters).upper()
    ### END SOLUTION"""
ACCOUNT = """\
class Account:
    ### BEGIN SOLUTION
    def __init__(self, owner, balance=0.0):
        self.owner, self.balance, self.history = owner, balance, ()

    def deposit(self, amount):
        self.balance = self.balance + amount
        self.history = (*self.history, amount)
        return self.balance

    def withdraw(self, amount):
        if self.balance < amount:
            raise Overdraft("there is not that much")
        return self.deposit(-amount)

    def statement(self):
        print(f"{self.label()}: {self.balance:.2f}")

    def label(self):
        return initials(self.owner)
    ### END SOLUTION"""
FREE = """\
class Overdraft(ValueError):
    def __init__(self, message):
        super().__init__(message)
        self.message = message"""
"""An unlocked cell that students get, with lines that any program may hold."""


def metadata(id_: str, **flags: Any) -> dict[str, Any]:
    """What nbgrader keeps with a cell."""
    own = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    return own | {"grade_id": id_} | flags


def question(id_: str, source: str, points: float, check: str, **declared: Any) -> list[Any]:
    """A question's two cells: the answer and the visible check."""
    answer = f"{id_}_answer"
    graded = metadata(id_, grade=True, locked=True, points=points)
    return [
        new_code_cell(source, id=answer, metadata={"nbgrader": metadata(answer, solution=True)}),
        new_code_cell(check, id=id_, metadata={"nbgrader": graded, "autograder": declared}),
    ]


def notebook(cells: Iterable[Any]) -> Any:
    """A notebook of Python."""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return new_notebook(cells=list(cells), metadata={"kernelspec": kernel})


def source() -> Any:
    """The instructor's notebook."""
    return notebook(
        [
            new_code_cell(
                "import numpy as np",
                id="setup",
                metadata={"nbgrader": metadata("setup", locked=True)},
            ),
            *question("standardize", STANDARDIZE, 4, "standardize(np.eye(3))",
                      defines="standardize"),
            *question("initials", INITIALS, 3, "initials('ada lovelace')", defines="initials"),
            new_code_cell(FREE, id="free"),
            *question("account", ACCOUNT, 5, "Account('ada lovelace').deposit(1.0)",
                      defines="Account", upstream=["initials"]),
        ]
    )  # fmt: skip


def write(path: Path, written: Any) -> None:
    """Write a notebook, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(written, path)


def lay_out(root: Path) -> Course:
    """Write the course, not yet released."""
    folder = root / "source" / NAME
    write(folder / "tiny.ipynb", source())
    (folder / "sales.csv").write_text(SALES)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PRIVATE, root / "autograder" / "assignments" / NAME, ignore=ignored)
    shutil.copy(ROOT / "nbgrader_config.py", root / "nbgrader_config.py")
    return Course.find(root)


def released(root: Path) -> Course:
    """Write the course and release it."""
    course = lay_out(root)
    build_release(course, NAME, execute="never", register=False)
    return course


def hand_in(
    folder: Path, answers: Mapping[str, str] | None = None, extra: Iterable[str] = ()
) -> Path:
    """Write a submission: the instructor's notebook with other answers and cells at its end.

    Args:
        folder: where to.
        answers: new sources of answer cells, by question.
        extra: cells of the student's own.
    """
    handed = source()
    by_id = {cell.id: cell for cell in handed.cells}
    for name, text in (answers or {}).items():
        by_id[f"{name}_answer"].source = text
    handed.cells += [new_code_cell(text, id=f"own-{n}") for n, text in enumerate(extra)]
    write(folder / "tiny.ipynb", handed)
    return folder
