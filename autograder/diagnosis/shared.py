"""One diagnosis for all graders of a process: the first wrong answer costs it seconds."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from autograder.assignment import Assignment, find
from autograder.checking.released import stamp
from autograder.course.course import Course
from autograder.diagnosis.diagnose import Diagnosis


def diagnosis_of(assignment: Assignment, secret: bytes) -> Diagnosis:
    """The diagnosis of an assignment as its files are now; the last four are kept.

    Args:
        assignment: whose mistakes.
        secret: of the course; it seeds the hidden inputs.
    """
    now = assignment.digest(), stamp(assignment.release), repr(assignment.questions)
    return _made(assignment.course.root, assignment.name, secret, *now)


@lru_cache(maxsize=4)
def _made(root: Path, name: str, secret: bytes, *_: str) -> Diagnosis:
    found = find(Course(root), name)
    return Diagnosis(found, secret, found.release)
