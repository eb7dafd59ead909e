"""Folders that are made to break what reads them: the notebooks in them are graded as ever."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from submissions import add_cell, hand_in

from autograder.course.course import Course
from autograder.grading.grade import Grader
from autograder.grading.graded import GradedSubmission
from autograder.model import Status

FIRST = "fully_connected_nets"


@pytest.fixture(scope="module")
def first(course: Course) -> Iterator[Grader]:
    """A grader of the first notebook."""
    with Grader(course, "batchnorm", only=FIRST) as warm:
        yield warm


def score(graded: GradedSubmission) -> float:
    """The score, which nothing in a folder has the power to withhold."""
    assert graded.grade.status is Status.GRADED, graded.staff_notes
    assert graded.grade.score is not None
    return graded.grade.score


NAMES = ["a\nb.ipynb", "<b>x.txt", "=cmd.csv", "..x", "results/deep_net.json", "support/x.py"]


def test_strange_files_beside_the_notebooks_change_nothing(first: Grader, tmp_path: Path):
    folder = hand_in(tmp_path / "files")
    (folder / "results").mkdir()
    (folder / "support").mkdir()
    for name in NAMES:
        (folder / name).write_text('{"format": 1, "runs": [[[[NaN, 1e999]]]]}')
    (folder / "link").symlink_to("/etc/passwd")
    (folder / "datasets").symlink_to("/")
    os.mkfifo(folder / "pipe.ipynb")
    graded = first.grade(folder)
    assert score(graded) == 38.0 + 2.0
    assert b"root:" not in graded.grade.to_json().encode()


def add(folder: Path, source: str) -> None:
    path = folder / f"{FIRST}.ipynb"
    notebook = json.loads(path.read_text())
    add_cell(notebook, source)
    path.write_text(json.dumps(notebook))


def nest(folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / f"{FIRST}.ipynb").rename(folder / "sub" / f"{FIRST}.ipynb")
    (folder / f"{FIRST}.ipynb").mkdir()
    (folder / f"{FIRST}.ipynb" / "x").write_text("x")


BROKEN = {
    "a lone surrogate": lambda f: add(f, "# \ud800"),
    "a folder named as a notebook": nest,
    "a file name that is no text": lambda f: os.symlink("x", os.fsencode(f) + b"/\xff"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_folder_that_is_made_to_break_us_is_graded(first: Grader, tmp_path: Path, kind: str):
    folder = hand_in(tmp_path / "broken")
    BROKEN[kind](folder)
    assert score(first.grade(folder)) == 40.0
