"""The proof, written once and applied to every assignment there is.

The reference passes every check, each named mistake fails one, and wherever a mistake fails with an
answer it is called by its own name; nothing is ever our fault.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import tiny_course

from autograder.assignment import Assignment, find
from autograder.course.course import Course
from autograder.course.new import make_assignment
from autograder.diagnosis.prove import REFERENCE, Prover

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


@pytest.mark.parametrize("assignment", [repository, example, template, tiny])
def test_every_check_is_proven(assignment, tmp_path: Path) -> None:
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    prover = Prover(assignment(tmp_path), SECRET)
    assert prover.checks.broken == {}
    proofs = list(prover.prove(prover.questions))
    assert [proof for proof in proofs if not proof.right] == []
    mistakes = [proof for proof in proofs if proof.implementation != REFERENCE]
    assert mistakes
    misnamed = {
        (proof.question, proof.implementation): proof.named
        for proof in mistakes
        if proof.named and proof.implementation not in proof.named
    }
    assert misnamed == {}
    unnamed = [proof for proof in mistakes if not proof.named]
    assert len(unnamed) <= 0.1 * len(mistakes), unnamed  # those that raise have no name
