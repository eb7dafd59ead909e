"""Which assignment a folder or a notebook is a submission of."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import Any

from autograder.assignment import names
from autograder.course.course import Course, notebook_paths
from autograder.errors import UsageError
from autograder.submission.frame import read_released
from autograder.submission.intake import readable_notebooks, regular_files
from autograder.submission.reader import SubmittedFile, walk
from autograder.submission.recognize import recognize, shared_questions


def chosen_for(course: Course, path: Path, name: str | None) -> str:
    """The assignment that a submission is to be graded as; there is no default.

    Args:
        course: whose assignments.
        path: a submission's folder, or one notebook of it.
        name: the assignment that was asked for, if one was.

    Returns:
        The name given, else the only assignment, else the one whose graded cells are there.

    Raises:
        UsageError: nothing in `path` is of that assignment, or of any, or it could be several.
    """
    known = [name] if name is not None else names(course)
    if not known:
        raise UsageError(
            f"There is no assignment in {course.root / 'source'}; make one with "
            "'autograder new NAME'."
        )
    released = [one for one in known if (course.root / "release" / one).is_dir()]
    if not released:
        course.release(known[0])  # says what to do
    found = {one: _shares(course, one, path) for one in released}
    if len(known) == 1 and found[known[0]] is not None:
        return known[0]
    best = max((shared for shared in found.values() if shared is not None), default=None)
    candidates = [one for one, shared in found.items() if shared is not None and shared == best]
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        raise UsageError(
            f"{path} could be a submission of {' or '.join(candidates)}; say which with "
            "--assignment."
        )
    raise UsageError(
        f"{path} is no submission of {' or '.join(known)}: no notebook there has the name or the "
        "graded cells of one that was handed out."
    )


def _shares(course: Course, assignment: str, path: Path) -> int | None:
    """How many graded cells of the assignment are there; None if no notebook is recognized."""
    frames = {file.stem: _frame(file) for file in notebook_paths(course.release(assignment))}
    problems: Sequence[str] = []
    one = SubmittedFile(path.parent, PurePath(path.name), path.stat().st_size)
    files = [one] if path.is_file() else regular_files(walk(path), list(problems))
    readable = readable_notebooks(files, frames, list(problems))
    taken = recognize(readable, frames)
    unread = [file for file in files if file.stem in frames and file.suffix == ".ipynb"]
    if not taken and not unread:  # one that has the name and cannot be read is graded as missing
        return None
    return sum(shared_questions(cells, frames[name]) for name, (_, cells) in taken.items())


def _frame(path: Path) -> list[Any]:
    return list(read_released(path).cells)
