"""Questions that change after submissions: what it means for whom.

A cell whose nbgrader id changed while its own id in the notebook did not, as when it is renamed
in Jupyter, is the same cell under another name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import nbformat
from nbgrader.api import Gradebook

from autograder.course.course import notebook_paths

Key = tuple[str, str, str]
"""A cell of the gradebook: notebook, kind of cell (nbgrader's class), name."""
CELLS = ("grade_cells", "solution_cells", "task_cells", "source_cells")
Named = dict[tuple[str, str], str]
"""By notebook and old name, the new name."""


class Change(msgspec.Struct, frozen=True):
    """A question that is not what it was."""

    notebook: str
    name: str
    """As it is called from now on."""
    before: float | None
    """Points, or bonus points; None if it is new."""
    after: float | None
    """None if it is gone."""
    formerly: str = ""
    """Its old name, if it had another."""
    by_hand: tuple[str, ...] = ()
    """Students for whom a person has graded or commented it."""


class Effect(msgspec.Struct, frozen=True):
    """What the change does to one student's score."""

    student: str
    before: float
    after: float
    """As far as it is known before grading again."""
    open: float
    """Points of new questions, and of others without a score."""


class Plan(msgspec.Struct, frozen=True):
    """All that a release would change in a gradebook that has submissions."""

    changes: tuple[Change, ...]
    effects: tuple[Effect, ...]
    renamed: Mapping[tuple[str, str], str]
    max_before: float
    max_after: float

    @property
    def sentences(self) -> list[str]:
        """One for each question that changes."""
        return [_sentence(change) for change in self.changes]


def renamed_cells(old: Path, new: Path) -> Named:
    """By notebook and old nbgrader id, the new one of cells that kept their own id."""
    found: Named = {}
    for path in notebook_paths(new):
        before, after = _names(old / path.name), _names(path)
        for id_, name in before.items():
            if id_ in after and after[id_] != name and name not in after.values():
                found[path.stem, name] = after[id_]
    return found


def plan(book: Gradebook, wanted: Gradebook, assignment: str, old: Path, new: Path) -> Plan | None:
    """What becomes of the questions of an assignment; None if nobody has handed it in.

    Args:
        book: the course's gradebook.
        wanted: a gradebook that holds the new cells and nothing else.
        assignment: its name; both gradebooks know it.
        old: the release that students have.
        new: the release that they are to have.
    """
    submissions = book.assignment_submissions(assignment)
    if not submissions:
        return None
    renamed = renamed_cells(old, new)
    bonus = _bonus(old, renamed), _bonus(new, {})
    before = _worth(cells_of(book, assignment), renamed, bonus[0])
    after = _worth(cells_of(wanted, assignment), {}, bonus[1])
    names = {(notebook, now): then for (notebook, then), now in renamed.items()}
    hands = _by_hand(submissions, renamed)
    changes = [
        Change(
            *key, before.get(key), after.get(key), names.get(key, ""), tuple(hands.get(key, ()))
        )
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key) or key in names
    ]
    return Plan(
        tuple(changes),
        tuple(_effect(one, renamed, before, after) for one in submissions),
        renamed,
        book.find_assignment(assignment).max_score,
        wanted.find_assignment(assignment).max_score,
    )


def _sentence(change: Change) -> str:
    before, after = (f"{worth:g} points" for worth in (change.before or 0, change.after or 0))
    who = f" ({', '.join(change.by_hand)})" if change.by_hand else ""
    if change.before is None:
        return f"{change.name} is new: {after}, open until the class is graded again."
    if change.after is None:
        lost = f"; with it go what a person entered{who}" if who else ""
        return f"{change.name} is gone, with its {before}{lost}."
    was = f" was {change.formerly}" if change.formerly else ""
    if change.before == change.after:
        return f"{change.name}{was}; nothing else changes."
    look = f"; grades given by hand stay, to be looked at again{who}" if who else ""
    return f"{change.name}{was}{',' * bool(was)} goes from {before} to {after}{look}."


def _names(path: Path) -> dict[str, str]:
    """By own id, the nbgrader id of a notebook's cells."""
    cells = nbformat.read(path, as_version=4).cells if path.is_file() else []
    return {
        cell.id: cell.metadata.nbgrader.grade_id
        for cell in cells
        if "nbgrader" in cell.metadata and cell.get("id")
    }


def _bonus(folder: Path, renamed: Named) -> dict[tuple[str, str], float]:
    """By notebook and question, the bonus points that its check cell declares."""
    return {
        (path.stem, renamed.get((path.stem, name), name)): cell.metadata.autograder["bonus"]
        for path in notebook_paths(folder)
        for cell in nbformat.read(path, as_version=4).cells
        if cell.metadata.get("autograder", {}).get("bonus")
        and (name := cell.metadata.nbgrader.grade_id)
    }


def cells_of(book: Gradebook, assignment: str) -> dict[Key, Any]:
    return {
        (notebook.name, type(cell).__name__, cell.name): cell
        for notebook in book.find_assignment(assignment).notebooks
        for kind in CELLS
        for cell in getattr(notebook, kind)
    }


def _worth(
    cells: Mapping[Key, Any], renamed: Named, bonus: Mapping[tuple[str, str], float]
) -> dict[tuple[str, str], float]:
    """By notebook and question, its points, or bonus points, under its new name."""
    found = {}
    for (notebook, _, name), cell in cells.items():
        if hasattr(cell, "max_score"):
            key = notebook, renamed.get((notebook, name), name)
            found[key] = float(cell.max_score or bonus.get(key, 0.0))
    return found


def _graded(submission: Any, renamed: Named) -> Iterator[tuple[tuple[str, str], Any]]:
    for notebook in submission.notebooks:
        for row in notebook.grades:
            name = row.name
            yield (notebook.name, renamed.get((notebook.name, name), name)), row


def _by_hand(submissions: list[Any], renamed: Named) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    for submission in submissions:
        for key, row in _graded(submission, renamed):
            if row.manual_score is not None:
                found.setdefault(key, []).append(submission.student.id)
    return found


def _effect(
    submission: Any,
    renamed: Named,
    before: Mapping[tuple[str, str], float],
    after: Mapping[tuple[str, str], float],
) -> Effect:
    total, waiting, seen = 0.0, 0.0, set()
    for key, row in _graded(submission, renamed):
        if key not in after:
            continue
        seen.add(key)
        if row.auto_score is None and row.manual_score is None:
            waiting += after[key]
        elif row.manual_score is None and before[key]:
            total += row.score * after[key] / before[key]
        else:
            total += row.score
    waiting += sum(points for key, points in after.items() if key not in seen)
    return Effect(submission.student.id, submission.score, round(total, 2), waiting)


