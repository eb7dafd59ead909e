"""What tests of the engine share: the mini and the classic course, released once, and a wheel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import built_wheel
import classic_course
import mini_course
import pytest
from mini_course import ReleasedIn

from autograder.course.course import Course
from autograder.grading.grade import Grader
from autograder.release.build import build_release


@pytest.fixture(scope="session")
def released_in(tmp_path_factory: pytest.TempPathFactory) -> ReleasedIn:
    """Give the mini course, released, in a folder of one's own: nbgrader takes seconds for it."""
    first = mini_course.make_course(tmp_path_factory.mktemp("mini"))
    build_release(first, mini_course.NAME, execute="never")
    return lambda root: mini_course.copy_of(first, root)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of the package as it is tracked."""
    return built_wheel.build(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def classic(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The course with an ordinary nbgrader assignment, released; not to be changed."""
    course = classic_course.make_course(tmp_path_factory.mktemp("classic"))
    build_release(course, classic_course.NAME, execute="never")
    return course


@pytest.fixture(scope="session")
def quick(classic: Course) -> Iterator[Grader]:
    """A grader of the classic assignment whose cells have little time."""
    with classic_course.quick_grader(classic) as grader:
        yield grader
