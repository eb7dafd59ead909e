"""What several tests share: the course in this repository, and one warm grader for it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from graded import GradeIt, hand_in_and_grade
from submissions import ROOT

from autograder.course.course import Course
from autograder.grading.grade import Grader

ASSIGNMENT = "batchnorm"


@pytest.fixture(scope="session", autouse=True)
def _own_secret() -> Iterator[None]:
    """Tests leave no secret in the course's folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTOGRADER_SECRET", "the tests' own secret, long enough")
        yield


@pytest.fixture(scope="session")
def course() -> Course:
    """The course of this repository."""
    return Course.find(ROOT)


@pytest.fixture(scope="session")
def grader(course: Course) -> Iterator[Grader]:
    """A grader with its sandbox; the tests that share it prove that nothing leaks between them."""
    with Grader(course, ASSIGNMENT) as warm:
        yield warm


@pytest.fixture
def grade(grader: Grader, tmp_path: Path) -> GradeIt:
    """Hand in with some changes, and grade."""
    return partial(hand_in_and_grade, grader, tmp_path / "submission")
