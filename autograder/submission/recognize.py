"""Which notebook is which: by its name, or else by the ids of its graded cells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autograder.submission.frame import grade_id
from autograder.submission.reader import SubmittedFile

ENOUGH = 2
"""Graded cells that tell a renamed notebook, or all of them where it has fewer."""

Cells = list[dict[str, Any]]


def recognize(
    readable: Mapping[SubmittedFile, Cells], frames: Mapping[str, list[Any]]
) -> dict[str, Any]:
    """By name of a released notebook, the file and the cells of the submitted one.

    Args:
        readable: the submitted notebooks' cells.
        frames: the released notebooks' cells.
    """
    left = dict(readable)
    taken: dict[str, tuple[SubmittedFile, Cells]] = {}
    for name in frames:
        named = [path for path in left if path.name == f"{name}.ipynb"]
        if named:
            path = min(named, key=lambda path: len(path.parts))
            taken[name] = (path, left.pop(path))
    for name, frame in frames.items():
        overlap = {path: shared_questions(cells, frame) for path, cells in left.items()}
        best = max(overlap, key=lambda path: overlap[path], default=None)
        enough = min(ENOUGH, len(graded_ids(frame)))
        if name not in taken and best is not None and 0 < enough <= overlap[best]:
            taken[name] = (best, left.pop(best))
    return taken


def shared_questions(cells: Cells, frame: list[Any]) -> int:
    """How many of the released notebook's graded cells a notebook has."""
    return len(graded_ids(frame) & {grade_id(cell) or str(cell.get("id")) for cell in cells})


def graded_ids(frame: list[Any]) -> set[str]:
    """The ids of a released notebook's graded cells."""
    graded = [cell for cell in frame if cell.metadata.get("nbgrader", {}).get("grade")]
    return {id_ for cell in graded if (id_ := grade_id(cell))}
