"""The proof, written once and applied to every assignment there is.

The repository's own takes longer: CI proves the whole of it, with `autograder verify`.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import tiny_course
from proofs import hold
from submissions import ROOT

from autograder.assignment import Assignment, find
from autograder.course.course import Course
from autograder.course.new import make_assignment


def example(root: Path) -> Assignment:
    shutil.copytree(ROOT / "docs" / "examples" / "dropout", root, dirs_exist_ok=True)
    return as_released(root, "dropout")


def template(root: Path) -> Assignment:
    make_assignment(Course(root), "week1")
    return as_released(root, "week1")


def tiny(root: Path) -> Assignment:
    tiny_course.lay_out(root)
    return as_released(root, tiny_course.NAME)


def as_released(root: Path, name: str) -> Assignment:
    """Checks of the release's data find what the source holds."""
    shutil.copytree(root / "source" / name, root / "release" / name)
    return find(Course(root), name)


@pytest.mark.parametrize("assignment", [example, template, tiny])
def test_every_check_is_proven(assignment, tmp_path: Path) -> None:
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    hold(assignment(tmp_path))
