"""Which folders of `submitted/` are submissions, and why another one is not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from autograder.course.course import Course
from autograder.errors import UsageError
from autograder.submission.intake import shown

TIMESTAMP_FILE = "timestamp.txt"
"""Where nbgrader says when a submission came; no part of what was handed in."""


def find_submissions(
    course: Course, assignment: str, students: Sequence[str] | None = None
) -> dict[str, Path]:
    """The submitted folders by student, in the students' order of name.

    Raises:
        UsageError: if there are none, or a student asked for did not submit.
    """
    course.source(assignment)
    submitted = course.root / "submitted"
    if not submitted.is_dir():
        raise UsageError(
            f"There is no submitted/ in {course.root}; collect submissions into "
            f"submitted/<student>/{assignment} first."
        )
    folders = {path.parent.name: path for path in _named(course, assignment)}
    found = {name: path for name, path in folders.items() if not why_not(path)}
    for name in students or ():
        if name not in found:
            why = f": {why_not(folders[name])}" if name in folders else "."
            raise UsageError(f"There is no submitted/{name}/{assignment} in {course.root}{why}")
    if not found:
        raise UsageError(f"Nobody has submitted {assignment}: submitted/ holds no such folder.")
    return {name: found[name] for name in found if students is None or name in students}


def whose(course: Course, assignment: str, folder: Path) -> str | None:
    """The student, if a folder is `submitted/<student>/<assignment>` of this course."""
    place = folder.resolve()
    own = place.parent.parent == course.root / "submitted" and place.name == assignment
    return place.parent.name if own else None


def not_graded(course: Course, assignment: str) -> dict[str, str]:
    """What lies in `submitted/` as a submission and is none: by name, a sentence why."""
    named = {shown(path.parent.name): why_not(path) for path in _named(course, assignment)}
    return {name: why for name, why in named.items() if why}


def why_not(folder: Path) -> str:
    """Say why `submitted/<student>/<assignment>` cannot be graded; empty if it can."""
    student = folder.parent
    if shown(student.name) != student.name:
        return "not graded, since the folder's name is too long or no text; rename the folder."
    for path in (student, folder):
        if path.is_symlink():
            return f"not graded, since {path.name} is a link; put the folder itself there."
    return "" if folder.is_dir() else f"not graded, since {folder.name} is not a folder."


def _named(course: Course, assignment: str) -> list[Path]:
    """All that has the place of a submission, whatever it is."""
    students = sorted((course.root / "submitted").iterdir())
    places = [folder / assignment for folder in students if not folder.name.startswith(".")]
    return [path for path in places if path.parent.is_dir() and _is_there(path)]


def _is_there(path: Path) -> bool:
    return path.exists() or path.is_symlink()
