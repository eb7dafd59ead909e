"""`pytest --submission DIR` runs hidden checks as ordinary pytest, with grading's own inputs."""

from __future__ import annotations

import subprocess
import sys

import pytest
from batch_class import NO_BIAS, hand_in
from mini_course import NAME, ReleasedIn

from autograder.course.course import Course

CHECKS = f"autograder/assignments/{NAME}/checks"


def run(course: Course, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", CHECKS]
    return subprocess.run(
        [*command, *options], cwd=course.root, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def course(released_in: ReleasedIn, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The mini course, where ben has left out b."""
    course = released_in(tmp_path_factory.mktemp("debugged"))
    hand_in(course, "ben", NO_BIAS)
    return course


SUBMISSION = ("--submission", f"submitted/ben/{NAME}")


def test_right_and_wrong_answers_are_passed_and_failed_tests(course: Course) -> None:
    done = run(course, *SUBMISSION)
    assert done.returncode == 1, done.stdout
    assert "3 failed, 4 passed" in done.stdout
    assert "out is off by" in done.stdout


def test_the_usual_options_choose_checks(course: Course) -> None:
    done = run(course, *SUBMISSION, "-k", "dx_matches")
    assert done.returncode == 0, done.stdout
    assert "1 passed, 6 deselected" in done.stdout


def test_without_a_submission_it_says_what_to_give(course: Course) -> None:
    done = run(course, "-k", "dx_matches")
    assert done.returncode == 1, done.stdout
    assert "give --submission DIR" in done.stdout
