"""What several tests share: this repository's course and the tiny one, with a warm grader each."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import forked
import pytest
import tiny_course
from graded import GradeIt, hand_in_and_grade
from limits import HASTIER
from memory import write_in_memory
from submissions import LIGHT, ROOT, TESTS_SECRET

from autograder.course.course import Course
from autograder.grading.grade import Grader
from autograder.startup import collect_seldom

ASSIGNMENT = "batchnorm"
collect_ignore = ["helpers"]  # the tiny assignment's hidden checks are no tests
TOGETHER = {
    # large nets' mistakes are named: what that takes is worked out once a process
    "naming": (
        *("misconceptions", "unnamed", "carry_figures", "causes_in_nets", "cheats_measured"),
        *("demo", "editors", "grading", "grading_junk", "report_handed_in", "written_evidence"),
    ),
    "wheel": ("dispatch", "new", "wheel"),
    # they give commands, which are forked from a process that takes a second to start
    "commands": (
        *("classic", "classic_release", "dropout_example", "extender"),
        *("files", "nbgrader_commands", "postgres"),
    ),
}
"""Test files that share what is costly to make."""
GROUPS = {f"test_{name}": group for group, names in TOGETHER.items() for name in names}


write_in_memory()  # before any plugin asks for a temporary folder
collect_seldom()  # as the commands do


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A file's tests stay with one worker, which makes once what they share; so do `TOGETHER`'s."""
    from xdist.scheduler import LoadScopeScheduling

    class Files(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            name = Path(nodeid.split("::", maxsplit=1)[0]).stem
            return GROUPS.get(name, name)

    return Files(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long groups and files with slow tests begin, so that the workers end together."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (GROUPS.get(item.path.stem) != "naming", item.path not in slow))


def pytest_collection_finish() -> None:
    """Thousands of collected tests stay to the end: garbage is not looked for among them."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _own_environment() -> Iterator[None]:
    """Tests leave no secret in the course's folder; what they start, starts fast."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTOGRADER_SECRET", TESTS_SECRET)
        patch.setenv("PYTHONPATH", str(LIGHT), prepend=os.pathsep)
        yield
        forked.stop()


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


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The course with the tiny assignment, released; not to be changed."""
    return tiny_course.released(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def tiny_grader(tiny: Course) -> Iterator[Grader]:
    """A grader of the tiny assignment with its sandbox."""
    with Grader(tiny, tiny_course.NAME, policy=HASTIER) as warm:
        yield warm
