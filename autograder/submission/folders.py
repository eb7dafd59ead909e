"""Which folders of `submitted/` are submissions, and why another one is not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

from autograder.course.course import Course
from autograder.course.extensions import FILE, dropped
from autograder.errors import UsageError
from autograder.submission.intake import shown

TIMESTAMP_FILE = "timestamp.txt"
"""Where nbgrader says when a submission came; no part of what was handed in."""

ARCHIVES = frozenset({".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar"})
MAX_LOOKED_AT = 1000
"""Entries of a folder that holds no submission where it should."""


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
    gone = dropped(course, assignment)
    found = {n: path for n, path in folders.items() if n not in gone and not why_not(path)}
    for name in students or ():
        if name in gone:
            raise UsageError(f"{name} has dropped {assignment}, says {FILE}.")
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
    for path in sorted((course.root / "submitted").iterdir()):
        if not path.name.startswith(".") and shown(path.name) not in named:
            named[shown(path.name)] = _misplaced(course, assignment, path)
    gone = dropped(course, assignment)
    return {name: why for name, why in named.items() if why and name not in gone}


def unusual(students: Iterable[str]) -> dict[str, str]:
    """Names of students that a person should look at: by name, a sentence why."""
    known = sorted(students)
    alike: dict[str, list[str]] = {}
    for name in known:
        alike.setdefault(name.casefold(), []).append(name)
    found: dict[str, str] = {}
    for name in known:
        if others := [one for one in alike[name.casefold()] if one != name]:
            found[name] = f"differs from {' and '.join(others)} in case only; is it one student?"
        elif set(name) & set("[]*?"):
            found[name] = (
                "nbgrader's own commands take the name for a pattern and do not find it; use "
                "'autograder grade' and 'autograder feedback', or rename the folder."
            )
    return found


def _misplaced(course: Course, assignment: str, path: Path) -> str:
    """Why something beside the submissions is none of this assignment; empty if it need not be."""
    if path.is_symlink():
        return "not graded, since it is a link; put the folder itself there."
    if not path.is_dir():
        place = f"submitted/<student>/{assignment}"
        return f"not graded, since it is no folder; what belongs to a student goes into {place}."
    there = f"submitted/{shown(path.name)}/{assignment}"
    said = [
        _inside(course, assignment, one, there) for one in islice(path.iterdir(), MAX_LOOKED_AT)
    ]
    return min(filter(None, said), default="")


def _inside(course: Course, assignment: str, one: Path, there: str) -> str:
    """Why something in a student's folder is not the submission, if it looks like one."""
    name = shown(one.name)
    if one.name.casefold() == assignment.casefold():
        return f"not graded, since its folder is called {name}; call it {assignment}."
    if one.suffix.lower() in ARCHIVES:
        return f"not graded, since {name} is an archive; unpack it into {there}."
    if one.suffix == ".ipynb":
        return f"not graded, since its notebooks lie loose in the folder; move them into {there}."
    if one.is_dir() and not (course.root / "source" / one.name).is_dir() and _holds(one):
        return (
            f"not graded, since {name} is no assignment; if it is this one, call it {assignment}."
        )
    return ""


def _holds(folder: Path) -> bool:
    """Whether there are notebooks directly in a folder."""
    return any(one.suffix == ".ipynb" for one in islice(folder.iterdir(), MAX_LOOKED_AT))


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
