"""The release's frame: a student's cells put back into it, in the student's order.

Everything the release locked is as released; metadata that could steer grading (ids,
points, types, tags) is restored or dropped.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
import nbformat


class Cell(msgspec.Struct):
    """One cell of a submission, in the release's frame."""

    id: str
    """The release's id where it is one of its cells; otherwise `extra-<n>`."""
    type: str
    source: str
    released: bool
    """Whether it is a cell of the release (answers included)."""
    handed_out: str | None = None
    """What the release has in its place."""


class Notebook(msgspec.Struct):
    """One notebook of a submission, restored."""

    name: str
    cells: list[Cell]

    def answer(self, id_: str) -> str | None:
        """The text of the cell with this id, or None."""
        return next((cell.source for cell in self.cells if cell.id == id_), None)

    def to_bytes(self) -> bytes:
        """As a notebook file without outputs, for cells that read their neighbour."""
        as_code: dict[str, Any] = {"cell_type": "code", "outputs": [], "execution_count": None}
        cells: list[dict[str, Any]] = [
            {"id": cell.id, "metadata": _identity(cell), "source": cell.source}
            | (as_code if cell.type == "code" else {"cell_type": "markdown"})
            for cell in self.cells
        ]  # by hand: nbformat would check each cell against its schema, for 0.1 s of CPU
        notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        return json.dumps(notebook).encode()


def read_released(path: Path) -> Any:
    """A notebook of the release, as nbformat reads it; parsed once for all, so not to be changed.

    Raises:
        Exception: whatever nbformat raises for a file that is no notebook.
    """
    status = path.stat()
    return _read_released(path, (status.st_size, status.st_mtime_ns, status.st_ino))


@lru_cache(maxsize=32)
def _read_released(path: Path, version: tuple[int, ...]) -> Any:
    return nbformat.read(path, as_version=4)


def steered(own: Any, released: Any) -> str:
    """What a student changed in a cell's metadata to steer grading; empty if nothing.

    Points may be those of an earlier release: nbgrader's checksum is another one then.
    """
    ours, mine = released.get("nbgrader"), own.get("nbgrader")
    if not isinstance(ours, dict) or not isinstance(mine, dict):
        return ""
    tags = own.get("tags")
    if ours.get("grade") and isinstance(tags, list) and "skip-execution" in tags:
        return "the tag 'skip-execution'"
    for flag in ("grade", "solution", "locked", "task"):
        if flag in mine and flag in ours and bool(mine[flag]) != bool(ours[flag]):
            return f"'{flag}'"
    same = mine.get("checksum") in (None, ours.get("checksum"))
    if same and "points" in mine and "points" in ours and mine["points"] != ours["points"]:
        return "'points'"
    return ""


def _identity(cell: Cell) -> dict[str, Any]:
    return {"nbgrader": {"grade_id": cell.id}} if cell.released else {}


def marked(cell: Any, what: str) -> bool:
    """Whether nbgrader's metadata say so of a notebook's cell: `grade`, `solution` or `task`."""
    return bool(cell.metadata.get("nbgrader", {}).get(what, False))


def grade_id(cell: Any) -> str | None:
    """The id nbgrader gave a cell, if any."""
    ours = cell["metadata"].get("nbgrader")
    id_ = ours.get("grade_id") if isinstance(ours, dict) else None
    return id_ if isinstance(id_, str) else None


def restore(
    name: str,
    cells: list[dict[str, Any]],
    frame: list[Any],
    problems: list[str],
    suspect: list[str],
) -> Notebook:
    """Put a student's cells back into the release's frame, in the student's order.

    Released cells keep their id and type; locked ones get the released source. Of
    duplicates of an answer the last counts, of locked cells the first. Locked cells that
    are gone return after their release predecessor. What steers grading and was changed by
    hand is put back too; `suspect` gets a sentence.
    """
    identified = _identify(cells, frame)
    released = {_name(cell): cell for cell in frame}
    for cell, id_ in zip(cells, identified, strict=True):
        if id_ is not None and (changed := steered(cell["metadata"], released[id_].metadata)):
            suspect.append(f"{name}: {changed} of the cell '{id_}' was changed; it is put back.")
    last = {id_: index for index, id_ in enumerate(identified) if id_}
    first = {id_: index for index, id_ in reversed(list(enumerate(identified))) if id_}
    restored: list[Cell] = []
    for index, (cell, id_) in enumerate(zip(cells, identified, strict=True)):
        if id_ is None:
            restored.append(Cell(_extra(index), cell["cell_type"], cell["source"], False))
        elif _locked(released[id_]):
            if index == first[id_]:
                frame_cell = released[id_]
                restored.append(_released(id_, frame_cell, frame_cell.source))
        elif index == last[id_]:
            restored.append(_released(id_, released[id_], cell["source"]))
        else:  # an earlier copy of an answer runs, but does not answer
            restored.append(Cell(_extra(index), cell["cell_type"], cell["source"], False))
    _return_missing(name, restored, frame, problems)
    return Notebook(name, restored)


def names_of(cells: list[dict[str, Any]], frame: list[Any]) -> list[str]:
    """What each cell is called in the frame, as `restore` calls it."""
    return [id_ or _extra(index) for index, id_ in enumerate(_identify(cells, frame))]


def _extra(index: int) -> str:
    return f"extra-{index}"


def _released(id_: str, frame_cell: Any, source: str) -> Cell:
    return Cell(id_, frame_cell.cell_type, source, True, frame_cell.source)


def _identify(cells: list[dict[str, Any]], frame: list[Any]) -> list[str | None]:
    """Which released cell each cell is: by nbgrader id, cell id, or unchanged source."""
    names = {_name(cell) for cell in frame}
    by_id = {cell.get("id"): _name(cell) for cell in frame if cell.get("id")}
    named = [cell for cell in frame if _name(cell)]  # of old formats not all cells have an id
    by_source = {cell.source.strip(): _name(cell) for cell in named if cell.source.strip()}
    identified: list[str | None] = []
    for cell in cells:
        id_ = grade_id(cell)
        if id_ not in names:
            id_ = by_id.get(cell["id"]) or by_source.get(cell["source"].strip())
        identified.append(id_)
    return identified


def _return_missing(name: str, restored: list[Cell], frame: list[Any], problems: list[str]) -> None:
    present = {cell.id for cell in restored}
    before: str | None = None
    for cell in frame:
        id_ = _name(cell)
        if id_ not in present and cell.cell_type == "code" and _locked(cell):
            place = next((i + 1 for i, own in enumerate(restored) if own.id == before), 0)
            restored.insert(place, _released(id_, cell, cell.source))
            problems.append(f"{name}: the locked cell '{id_}' was missing and has been put back.")
        elif id_ not in present and not _locked(cell) and grade_id(cell):
            problems.append(f"{name}: the answer cell '{id_}' is missing.")
            continue
        before = id_ if id_ in present or _locked(cell) else before


def _name(cell: Any) -> str:
    return grade_id(cell) or str(cell.get("id", ""))


def _locked(cell: Any) -> bool:
    ours = cell.metadata.get("nbgrader", {})
    return not ours.get("solution") and bool(ours.get("locked") or ours.get("grade"))
