"""Which kind of assignment a name stands for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autograder.course.course import Course

PLACES = Path("autograder", "assignments")
"""Where private folders lie, from the course's root; the package has its own."""


def is_classic(course: Course, name: str) -> bool:
    """Whether an assignment has no private folder: an ordinary nbgrader assignment.

    Its own test cells are run in the student's process and scored by nbgrader's rule.
    """
    places = (Path(__file__).parent / "assignments", course.root / PLACES)
    return not any((place / name).is_dir() for place in places)
