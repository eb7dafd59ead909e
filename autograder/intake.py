"""An untrusted folder becomes a `Submission`: the student's cells in the release's frame.

Cells run in the student's order. Everything the release locked is put back as released;
metadata that could steer grading (ids, points, types, tags) is restored or dropped.
Whatever cannot be read costs the part that cannot be read, with a sentence.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import nbformat

from autograder.errors import UsageError
from autograder.records import Experiment, collect

MAX_NOTEBOOK_BYTES = 20_000_000
MAX_CELLS = 500
MAX_CELL_CHARACTERS = 200_000
MAX_EXTRA_FILES = 64
MAX_EXTRA_BYTES = 4_000_000
MAX_DEPTH = 4


class Cell(msgspec.Struct):
    """One cell of a submission, in the release's frame."""

    id: str
    """The release's id where it is one of its cells; otherwise `extra-<n>`."""
    type: str
    source: str
    released: bool
    """Whether it is a cell of the release (answers included)."""


class Notebook(msgspec.Struct):
    """One notebook of a submission, restored."""

    name: str
    cells: list[Cell]

    def answer(self, id_: str) -> str | None:
        """The text of the cell with this id, or None."""
        return next((cell.source for cell in self.cells if cell.id == id_), None)

    def to_bytes(self) -> bytes:
        """As a notebook file without outputs, for cells that read their neighbour."""
        cells = [
            nbformat.v4.new_code_cell(cell.source, id=cell.id, metadata=_identity(cell))
            if cell.type == "code"
            else nbformat.v4.new_markdown_cell(cell.source, id=cell.id, metadata=_identity(cell))
            for cell in self.cells
        ]
        text: str = nbformat.writes(nbformat.v4.new_notebook(cells=cells))
        return text.encode()


class Submission(msgspec.Struct):
    """What a student handed in, as far as it can be read."""

    notebooks: dict[str, Notebook]
    files: dict[str, bytes]
    """Other files of the folder, by relative path."""
    problems: list[str]
    """Sentences about what could not be read or had to be put back."""
    records: dict[Experiment, tuple[bytes, ...]] = {}
    """Copies of the records of the student's experiments, as they were handed in."""


def _identity(cell: Cell) -> dict[str, Any]:
    return {"nbgrader": {"grade_id": cell.id}} if cell.released else {}


def read_submission(folder: Path, release: Path) -> Submission:
    """Read a submission's folder against the released assignment.

    Args:
        folder: the untrusted folder; no links in it are followed.
        release: the released assignment's folder.

    Raises:
        UsageError: if `folder` is not a folder, or the release holds no notebook.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder; give the folder that holds the notebooks.")
    frames = {path.stem: _read_trusted(path) for path in sorted(release.glob("*.ipynb"))}
    if not frames:
        raise UsageError(f"{release} holds no notebook; run 'autograder release' first.")
    problems: list[str] = []
    found = _regular_files(folder, problems)
    notebooks: dict[str, Notebook] = {}
    taken = _recognize(found, frames, problems)
    for name, frame in frames.items():
        if name in taken:
            path, raw = taken[name]
            if path.name != f"{name}.ipynb":
                problems.append(f"{path.name} was recognized as {name}.ipynb by its cells.")
            notebooks[name] = restore(name, raw, frame, problems)
        else:
            problems.append(f"{name}.ipynb is not in the submission, or cannot be read.")
    files = _extra_files(found, folder, release, problems)
    records = collect(found, (raw for _, raw in taken.values()))
    return Submission(notebooks, files, problems, records)


def _read_trusted(path: Path) -> list[Any]:
    try:
        return list(nbformat.read(path, as_version=4).cells)
    except Exception as error:
        raise UsageError(f"{path} is not a readable notebook: {error}.") from error


def _regular_files(folder: Path, problems: list[str]) -> list[Path]:
    """Regular files at most `MAX_DEPTH` folders deep; links and special files are left out."""
    found: list[Path] = []
    for base, folders, names in os.walk(folder, followlinks=False):
        depth = len(Path(base).relative_to(folder).parts)
        folders[:] = sorted(
            name for name in folders if depth < MAX_DEPTH and not name.startswith((".", "__"))
        )
        for name in sorted(names):
            path = Path(base) / name
            if stat.S_ISREG(path.lstat().st_mode):
                found.append(path)
            else:
                problems.append(f"{path.relative_to(folder)} is not a regular file; it is ignored.")
        if len(found) > 50 * MAX_EXTRA_FILES:
            problems.append("The folder holds too many files; the rest is ignored.")
            break
    return found


def _recognize(
    found: Iterable[Path], frames: dict[str, list[Any]], problems: list[str]
) -> dict[str, tuple[Path, list[dict[str, Any]]]]:
    """Find each notebook by its name, or else by the ids of its cells."""
    readable: dict[Path, list[dict[str, Any]]] = {}
    for path in found:
        if path.suffix == ".ipynb":
            cells = _read_untrusted(path, problems)
            if cells is not None:
                readable[path] = cells
    taken: dict[str, tuple[Path, list[dict[str, Any]]]] = {}
    for name in frames:
        named = [path for path in readable if path.name == f"{name}.ipynb"]
        if named:
            path = min(named, key=lambda path: len(path.parts))
            taken[name] = (path, readable.pop(path))
    for name, frame in frames.items():
        ids = {_grade_id(cell) or cell.get("id") for cell in frame}
        overlap = {
            path: len(ids & {_grade_id(cell) or str(cell.get("id")) for cell in cells})
            for path, cells in readable.items()
        }
        best = max(overlap, key=lambda path: overlap[path], default=None)
        if name not in taken and best is not None and overlap[best] >= 2:
            taken[name] = (best, readable.pop(best))
    return taken


def _read_untrusted(path: Path, problems: list[str]) -> list[dict[str, Any]] | None:
    """The cells of a notebook nobody vouches for, or None with a sentence why."""
    try:
        if path.stat().st_size > MAX_NOTEBOOK_BYTES:
            problems.append(
                f"{path.name} is larger than {MAX_NOTEBOOK_BYTES // 1_000_000} MB; "
                "clear its outputs and hand it in again."
            )
            return None
        raw = json.loads(path.read_bytes())
        if raw.get("nbformat", 4) < 4:
            raw = nbformat.convert(nbformat.from_dict(raw), 4)
        cells = [_sane(cell) for cell in raw["cells"] if isinstance(cell, dict)]
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError, OSError) as error:
        problems.append(f"{path.name} is not a readable notebook ({type(error).__name__}).")
        return None
    except Exception as error:  # nbformat's converters raise whatever they meet
        problems.append(f"{path.name} cannot be converted ({type(error).__name__}).")
        return None
    if len(cells) > MAX_CELLS:
        problems.append(f"{path.name} has more than {MAX_CELLS} cells; the rest is ignored.")
    return cells[:MAX_CELLS]


def _sane(cell: dict[str, Any]) -> dict[str, Any]:
    """Only what grading reads of a cell, each of the right type."""
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    metadata = cell.get("metadata")
    kind = cell.get("cell_type")
    id_ = cell.get("id")
    return {
        "id": id_ if isinstance(id_, str) else "",
        "cell_type": kind if kind in ("code", "markdown") else "raw",
        "source": source[:MAX_CELL_CHARACTERS] if isinstance(source, str) else "",
        "metadata": metadata if isinstance(metadata, dict) else {},
        "outputs": cell.get("outputs"),
    }


def _grade_id(cell: Any) -> str | None:
    ours = cell["metadata"].get("nbgrader")
    id_ = ours.get("grade_id") if isinstance(ours, dict) else None
    return id_ if isinstance(id_, str) else None


def restore(
    name: str, cells: list[dict[str, Any]], frame: list[Any], problems: list[str]
) -> Notebook:
    """Put a student's cells back into the release's frame, in the student's order.

    Released cells keep their id and type; locked ones get the released source. Of
    duplicates of an answer the last counts, of locked cells the first. Locked cells that
    are gone return after their release predecessor.
    """
    identified = _identify(cells, frame)
    released = {_name(cell): cell for cell in frame}
    last = {id_: index for index, id_ in enumerate(identified) if id_}
    first = {id_: index for index, id_ in reversed(list(enumerate(identified))) if id_}
    restored: list[Cell] = []
    for index, (cell, id_) in enumerate(zip(cells, identified, strict=True)):
        if id_ is None:
            restored.append(Cell(f"extra-{index}", cell["cell_type"], cell["source"], False))
        elif _locked(released[id_]):
            if index == first[id_]:
                frame_cell = released[id_]
                restored.append(Cell(id_, frame_cell.cell_type, frame_cell.source, True))
        elif index == last[id_]:
            restored.append(Cell(id_, released[id_].cell_type, cell["source"], True))
        else:  # an earlier copy of an answer runs, but does not answer
            restored.append(Cell(f"extra-{index}", cell["cell_type"], cell["source"], False))
    _return_missing(name, restored, frame, problems)
    return Notebook(name, restored)


def _identify(cells: list[dict[str, Any]], frame: list[Any]) -> list[str | None]:
    """Which released cell each cell is: by nbgrader id, cell id, or unchanged source."""
    names = {_name(cell) for cell in frame}
    by_id = {cell.get("id"): _name(cell) for cell in frame if cell.get("id")}
    by_source = {cell.source.strip(): _name(cell) for cell in frame if cell.source.strip()}
    identified: list[str | None] = []
    for cell in cells:
        grade_id = _grade_id(cell)
        if grade_id not in names:
            grade_id = by_id.get(cell["id"]) or by_source.get(cell["source"].strip())
        identified.append(grade_id)
    return identified


def _return_missing(name: str, restored: list[Cell], frame: list[Any], problems: list[str]) -> None:
    present = {cell.id for cell in restored}
    before: str | None = None
    for cell in frame:
        id_ = _name(cell)
        if id_ not in present and cell.cell_type == "code" and _locked(cell):
            place = next((i + 1 for i, own in enumerate(restored) if own.id == before), 0)
            restored.insert(place, Cell(id_, cell.cell_type, cell.source, True))
            problems.append(f"{name}: the locked cell '{id_}' was missing and has been put back.")
        elif id_ not in present and not _locked(cell) and _grade_id(cell):
            problems.append(f"{name}: the answer cell '{id_}' is missing.")
            continue
        before = id_ if id_ in present or _locked(cell) else before


def _name(cell: Any) -> str:
    return _grade_id(cell) or str(cell.get("id", ""))


def _locked(cell: Any) -> bool:
    ours = cell.metadata.get("nbgrader", {})
    return bool(ours.get("locked")) or (bool(ours.get("grade")) and not ours.get("solution"))


def _extra_files(
    found: Iterable[Path], folder: Path, release: Path, problems: list[str]
) -> dict[str, bytes]:
    """The student's other files, without those the release provides."""
    provided = {path.name for path in release.iterdir() if path.is_dir()}
    files: dict[str, bytes] = {}
    room = MAX_EXTRA_BYTES
    for path in found:
        relative = path.relative_to(folder)
        if path.suffix == ".ipynb" or relative.parts[0] in provided:
            continue
        size = path.stat().st_size
        if len(files) >= MAX_EXTRA_FILES or size > room:
            problems.append(f"{relative} is left out: the extra files are too many or too large.")
            continue
        room -= size
        files[str(relative)] = path.read_bytes()
    return files
