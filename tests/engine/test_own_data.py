"""Data of each student's own: drawn from the id that the notebook says, by both sides alike."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import tiny_course
from nbformat.v4 import new_code_cell
from tiny_course import metadata, notebook, question, write

from autograder.course.course import Course
from autograder.grading.grade import Grader
from autograder.model import Verdict

DRAWN = """\
import hashlib

import numpy as np


def drawn(student):
    seed = int.from_bytes(hashlib.sha256(student.encode()).digest()[:4], "little")
    return np.random.default_rng(seed).normal(size=(6, 3))
"""
REFERENCE = f"""\
from autograder.checking.answers import answer, variable

{DRAWN}

me = variable("nobody", "text")


@answer("means")
def own_means():
    return drawn(me.value).mean(axis=0)
"""
CHECK = """\
import pytest
from autograder.assignments.own import reference

from autograder.checking import compare


@pytest.mark.question("own_means")
def test_means_of_your_data(student):
    \"\"\"Looks at the column means of the data that belong to your id.\"\"\"
    own = reference.drawn(student.me)
    compare.values("means", student.own_means(), own.mean(axis=0))
"""


@pytest.fixture(scope="module")
def grader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grader]:
    """A course whose one question is about the student's own data; released by hand."""
    root = tmp_path_factory.mktemp("own")
    private = root / "autograder" / "assignments" / "own"
    for name, text in {"reference": REFERENCE, "checks/test_own": CHECK, "__init__": ""}.items():
        (private / f"{name}.py").parent.mkdir(parents=True, exist_ok=True)
        (private / f"{name}.py").write_text(text)
    for step in ("source", "release"):
        write(root / step / "own" / "own.ipynb", handed_in("nobody", ""))
        (root / step / "own" / "drawing.py").write_text(DRAWN)
    (root / "nbgrader_config.py").write_bytes(
        (tiny_course.ROOT / "nbgrader_config.py").read_bytes()
    )
    with Grader(Course.find(root), "own") as warm:
        yield warm


def handed_in(student: str, computed: str):
    body = f"def own_means():\n    return {computed or 'drawn(me).mean(axis=0)'}"
    given = metadata("setup", locked=True)
    return notebook(
        [
            new_code_cell("from drawing import drawn", id="setup", metadata={"nbgrader": given}),
            new_code_cell(
                f"me = {student!r}", id="me", metadata={"nbgrader": metadata("me", solution=True)}
            ),
            *question("own_means", body, 4, "own_means()", defines="own_means"),
        ]
    )


def graded(grader: Grader, folder: Path, student: str, computed: str = ""):
    write(folder / "own.ipynb", handed_in(student, computed))
    (score,) = grader.grade(folder).grade.questions
    return score.checks[0].verdict


def test_each_student_has_data_of_their_own(grader: Grader, tmp_path: Path) -> None:
    assert graded(grader, tmp_path / "ada", "ada") is Verdict.PASSED
    assert graded(grader, tmp_path / "bob", "bob") is Verdict.PASSED
    numbers = "np.array([0.1, 0.2, 0.3])"
    assert graded(grader, tmp_path / "copied", "bob", numbers) is not Verdict.PASSED
