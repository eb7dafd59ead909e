"""The proof, written once and applied to every assignment there is.

The repository's own is proven quickly here, with one course's inputs; CI proves the whole of it,
with `autograder verify`.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import tiny_course

from autograder.assignment import Assignment, find
from autograder.course.course import Course
from autograder.course.new import make_assignment
from autograder.proof.prove import prove

ROOT = Path(__file__).parents[2]
SECRET = b"a secret of the tests, long enough"


def repository(_: Path) -> Assignment:
    return find(Course(ROOT), "batchnorm")


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


@pytest.mark.parametrize(
    ("assignment", "quick"),
    [(repository, True), (example, False), (template, False), (tiny, False)],
)
def test_every_check_is_proven(assignment, quick: bool, tmp_path: Path) -> None:
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    proof = prove(assignment(tmp_path), SECRET, quick=quick)
    problems = {question.id: question.problems for question in proof.questions}
    assert {id_: some for id_, some in problems.items() if some} == {}
    assert [survivor.mutant for survivor in proof.survivors if not survivor.reason] == []
    assert proof.problems == ()
    assert proof.holds
    mistakes = [case for question in proof.questions for case in question.of("mistake")]
    assert mistakes
    unnamed = [case for case in mistakes if not case.named]
    assert len(unnamed) <= 0.1 * len(mistakes), unnamed  # those that raise have no name
    assert quick or proof.mutants


def test_the_repository_has_many_unusual_right_answers(tmp_path: Path) -> None:
    folder = repository(tmp_path).folder
    assert folder is not None
    assert len(list((folder / "proof" / "right").glob("*.py"))) >= 40
