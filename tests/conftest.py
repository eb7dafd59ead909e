"""What several tests share: the course in this repository, and one warm grader for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from submissions import ROOT

from autograder.course import Course
from autograder.grading import Grader

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
