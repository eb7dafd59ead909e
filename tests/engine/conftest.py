"""What tests of the engine share: the mini course, released once."""

from __future__ import annotations

from pathlib import Path

import built_wheel
import mini_course
import pytest
from mini_course import ReleasedIn

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
