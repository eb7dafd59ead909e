"""An untrusted folder becomes a `Submission`: the student's cells in the release's frame.

Sizes, counts and depths are capped, no links are followed, and whatever cannot be read
costs the part that cannot be read, with a sentence.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable
from pathlib import Path, PurePath
from typing import Any

import msgspec
import nbformat
import numpy as np

from autograder.errors import UsageError
from autograder.submission.frame import Notebook, names_of, read_released, restore
from autograder.submission.pictures import Held, held
from autograder.submission.reader import SubmittedFile, walk
from autograder.submission.recognize import recognize

MAX_NOTEBOOK_BYTES = 20_000_000
MAX_NOTEBOOKS = 8
MAX_VALUES = 200_000
"""Braces and brackets of a notebook; each becomes an object of ours when it is parsed."""
MAX_CELLS = 500
MAX_CELL_CHARACTERS = 200_000
MAX_EXTRA_FILES = 64
MAX_EXTRA_BYTES = 4_000_000
MAX_SHOWN = 120
MAX_PROBLEMS = 20


class Submission(msgspec.Struct):
    """What a student handed in, as far as it can be read."""

    notebooks: dict[str, Notebook]
    files: dict[str, bytes]
    """Other files of the folder, by relative path."""
    problems: list[str]
    """Sentences about what could not be read or had to be put back."""
    refused: frozenset[str] = frozenset()
    """Notebooks that are there and larger than we read: a person has to look at them."""
    unread: frozenset[str] = frozenset()
    """Notebooks that are there and could not be read, the refused ones among them."""
    suspect: list[str] = []
    """Sentences about what was changed to steer grading."""
    notes: list[str] = []
    """Sentences about harmless things."""
    records: dict[str, tuple[bytes, ...]] = {}
    """Copies of the records of the student's experiments, as they were handed in."""
    pictures: dict[str, Held] = {}
    """By notebook, what its saved outputs hold as pictures; not looked into."""


def read_submission(folder: Path, release: Path, records: Any = None) -> Submission:
    """Read a submission's folder against the released assignment.

    Args:
        folder: the untrusted folder; no links in it are followed.
        release: the released assignment's folder.
        records: the assignment's reader of the students' records, if it has one.

    Raises:
        UsageError: if `folder` is not a folder, or the release holds no notebook.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder; give the folder that holds the notebooks.")
    return read_files(walk(folder), release, records)


def read_files(files: Iterable[SubmittedFile], release: Path, records: Any = None) -> Submission:
    """The same of a submission's files, in the order that `walk` gives them.

    Raises:
        UsageError: if the release holds no notebook.
    """
    frames = {path.stem: _read_trusted(path) for path in sorted(release.glob("*.ipynb"))}
    if not frames:
        raise UsageError(f"{release} holds no notebook; run 'autograder release' first.")
    problems: list[str] = []
    suspect: list[str] = []
    notes: list[str] = []
    found = regular_files(files, problems)
    notebooks: dict[str, Notebook] = {}
    pictures: dict[str, Held] = {}
    taken = recognize(readable_notebooks(found, frames, problems), frames)
    for name, frame in frames.items():
        if name in taken:
            path, raw = taken[name]
            if path.name != f"{name}.ipynb":
                notes.append(f"{shown(path.name)} was recognized as {name}.ipynb by its cells.")
            notebooks[name] = restore(name, raw, frame, problems, suspect)
            pictures[name] = held(raw, names_of(raw, frame))
        else:
            problems.append(f"{name}.ipynb is not in the submission, or cannot be read.")
    others = _extra_files(found, release, problems)
    cells = [raw for _, raw in taken.values()]
    handed_in = records.collect(found, cells) if records is not None else {}
    lost = frames.keys() - notebooks.keys()
    there = [path for path in found if path.suffix == ".ipynb" and path.stem in lost]
    refused = frozenset(path.stem for path in there if _refused(path))
    unread = frozenset(path.stem for path in there)
    if len(problems) > MAX_PROBLEMS:
        rest = len(problems) - MAX_PROBLEMS
        problems = [*problems[:MAX_PROBLEMS], f"There are {rest} more such things."]
    told = suspect[:MAX_PROBLEMS], notes[:MAX_PROBLEMS]
    return Submission(
        notebooks, others, problems, refused, unread, *told, dict(handed_in), pictures
    )


def _read_trusted(path: Path) -> list[Any]:
    try:
        return list(read_released(path).cells)
    except Exception as error:
        raise UsageError(f"{path} is not a readable notebook: {error}.") from error


def regular_files(files: Iterable[SubmittedFile], problems: list[str]) -> list[SubmittedFile]:
    """The files that are looked at; links and special files are left out."""
    found: list[SubmittedFile] = []
    for file in files:
        if not file.regular:
            problems.append(f"{shown(file.path)} is not a regular file; it is ignored.")
        elif len(found) >= 50 * MAX_EXTRA_FILES:
            problems.append("The folder holds too many files; the rest is ignored.")
            break
        else:
            found.append(file)
    return found


def readable_notebooks(
    found: Iterable[SubmittedFile], known: Collection[str], problems: list[str]
) -> dict[SubmittedFile, list[dict[str, Any]]]:
    """The cells of the notebooks among some files, as many as are looked at.

    Args:
        found: regular files.
        known: names of the assignment's notebooks; these are looked at first.
        problems: gets a sentence for each that is not read.
    """
    notebooks = sorted(
        (file for file in found if file.suffix == ".ipynb"),
        key=lambda file: (file.stem not in known, len(file.parts)),
    )
    if len(notebooks) > MAX_NOTEBOOKS:
        problems.append(f"Of {len(notebooks)} notebooks only {MAX_NOTEBOOKS} are looked at.")
    read = {file: _read_untrusted(file, problems) for file in notebooks[:MAX_NOTEBOOKS]}
    return {file: cells for file, cells in read.items() if cells is not None}


def _read_untrusted(path: SubmittedFile, problems: list[str]) -> list[dict[str, Any]] | None:
    """The cells of a notebook nobody vouches for, or None with a sentence why."""
    try:
        if _too_large(path):
            problems.append(
                f"{shown(path.name)} is larger than {MAX_NOTEBOOK_BYTES // 1_000_000} MB, or holds "
                f"more than {MAX_VALUES:,} values; with its outputs cleared it can be read."
            )
            return None
        raw = _parsed(path.read(MAX_NOTEBOOK_BYTES))
        if raw.get("nbformat", 4) < 4:
            raw = nbformat.convert(nbformat.from_dict(raw), 4)
        cells = list(raw["cells"])[: MAX_CELLS + 1]
        cells = [_sane(cell) for cell in cells if isinstance(cell, dict)]
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError, OSError) as error:
        problems.append(f"{shown(path.name)} is not a readable notebook ({type(error).__name__}).")
        return None
    except Exception as error:  # nbformat's converters raise whatever they meet
        problems.append(f"{shown(path.name)} cannot be converted ({type(error).__name__}).")
        return None
    if any(len(cell["source"]) > MAX_CELL_CHARACTERS for cell in cells):
        problems.append(
            f"{shown(path.name)}: a cell is longer than {MAX_CELL_CHARACTERS:,} characters; "
            "it is left out."
        )
        cells = [cell for cell in cells if len(cell["source"]) <= MAX_CELL_CHARACTERS]
    if len(cells) > MAX_CELLS:
        problems.append(f"{shown(path.name)} has more than {MAX_CELLS} cells; the rest is ignored.")
    return cells[:MAX_CELLS]


def _parsed(text: bytes) -> Any:
    """What JSON stands for; `json` reads NaN as well, and takes three times as long."""
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return json.loads(text)


def _too_large(file: SubmittedFile) -> bool:
    if file.size > MAX_NOTEBOOK_BYTES:
        return True
    return _values(file.read(MAX_NOTEBOOK_BYTES)) > MAX_VALUES


def _refused(file: SubmittedFile) -> bool:
    try:
        return _too_large(file)
    except OSError:  # it may not be read at all
        return False


def _values(text: bytes) -> int:
    """Braces and brackets outside of strings: what is only printed makes no object of ours.

    Of text that has few of them anywhere, all are counted, which takes a tenth of the time.
    """
    if (all_there := text.count(b"{") + text.count(b"[")) <= MAX_VALUES:
        return all_there
    plain = text.replace(b"\\\\", b"").replace(b'\\"', b"")
    characters = np.frombuffer(plain, np.uint8)
    inside = np.logical_xor.accumulate(characters == ord('"'))
    opening = (characters == ord("{")) | (characters == ord("["))
    return int(np.count_nonzero(opening & ~inside))


def _sane(cell: dict[str, Any]) -> dict[str, Any]:
    """Only what grading reads of a cell, each of the right type."""
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    metadata = cell.get("metadata")
    kind = cell.get("cell_type")
    id_ = cell.get("id")
    return {
        "id": _clean(id_) if isinstance(id_, str) else "",
        "cell_type": kind if kind in ("code", "markdown") else "raw",
        "source": _clean(source) if isinstance(source, str) else "",
        "metadata": metadata if isinstance(metadata, dict) else {},
        "outputs": cell.get("outputs"),
        "attachments": cell.get("attachments"),
    }


def _clean(text: str) -> str:
    """Text that every encoder takes: JSON can hold halves of characters."""
    return text.encode("utf-8", "replace").decode()


def shown(path: PurePath | str) -> str:
    """A file's name as a sentence can hold it: readable, on one line, not endless."""
    text = os.fsencode(path).decode("utf-8", "replace")[:MAX_SHOWN]
    return "".join(character if character.isprintable() else "?" for character in text)


def _extra_files(
    found: Iterable[SubmittedFile], release: Path, problems: list[str]
) -> dict[str, bytes]:
    """The student's other files, without those the release provides."""
    provided = {path.name for path in release.iterdir()}
    files: dict[str, bytes] = {}
    room = MAX_EXTRA_BYTES
    for file in found:
        if file.parts[0] in provided or any(p.endswith(".ipynb") for p in file.parts):
            continue
        name = shown(file.path)
        if name != str(file.path):
            problems.append(f"{name} is left out: its name is too long or not printable.")
        elif len(files) >= MAX_EXTRA_FILES or file.size > room:
            problems.append(f"{name} is left out: the extra files are too many or too large.")
        else:
            try:
                files[name] = file.read(room)
            except OSError as error:
                problems.append(f"{name} is left out: it cannot be read ({type(error).__name__}).")
            room -= len(files.get(name, b""))
    return files
