"""Whether a solution or a hidden check can be read in what students get.

Private are the lines of solution regions, of model answers, of hidden tests and mark schemes,
and of the assignment's private folder. Public is what an instructor gave on purpose: locked cells, the lines of answer cells around the solution, and the modules beside the notebooks. A
private line found in the release is a leak unless it says nothing (an import, a bare
`return out, cache`) or is public anyway.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.utils import is_grade, is_locked, is_solution

from autograder.assignment import Assignment
from autograder.course.course import notebook_paths
from autograder.release.regions import (
    BEGIN,
    END,
    HIDDEN_TESTS,
    MARK_SCHEME,
    STUB_KEY,
    Region,
    blank_form,
    split_cell,
)

TELLING_CHARACTERS = 12
"""Shorter lines say nothing: `dx = dx * 2` has 10 characters without its blanks."""

_NAMES = r"\(?[A-Za-z_][\w.]*(?:\s*,\s*[A-Za-z_][\w.]*)*,?\)?"
SAYS_NOTHING = re.compile(
    rf"""(?: (?:import|from) \s .*                    # an import
          |  (?:return\s+)? {_NAMES} (?:\s*=\s*{_NAMES})?   # names handed on
          |  {_NAMES} \s*=\s* [\[({{]                 # an opening bracket
          |  (?:def|class|for|while|if|elif|with|try|except|else)\b .* :  # a header
          |  @ [\w.]+ (?:\(\))?                       # a decorator
          |  np\.random\.seed\(\d*\)                  # a seed
          |  [\W\d_]*                                 # marks and numbers only
         )""",
    re.VERBOSE,
)


def private_lines(assignment: Assignment) -> dict[str, str]:
    """Every telling private line of an assignment, with what it belongs to."""
    lines: dict[str, str] = {}
    for path in notebook_paths(assignment.source):
        for cell in nbformat.read(path, as_version=4).cells:
            for line in _solution_lines(cell):
                lines.setdefault(line, f"the solution in '{_name(cell)}'")
            for line in _region_lines(cell, HIDDEN_TESTS):
                lines.setdefault(line, f"the hidden tests in '{_name(cell)}'")
            for line in _region_lines(cell, MARK_SCHEME):
                lines.setdefault(line, f"the mark scheme in '{_name(cell)}'")
    for path in assignment.private_files():
        if path.suffix == ".py":
            for line in path.read_text(encoding="utf-8").splitlines():
                lines.setdefault(_tidy(line), f"the private {path.parent.name}/{path.name}")
    return {line: origin for line, origin in lines.items() if _is_telling(line)}


def public_text(assignment: Assignment) -> str:
    """All that an instructor gave on purpose, one tidy line each."""
    given = [_tidy_text(path) for path in sorted(assignment.source.rglob("*.py"))]
    for path in notebook_paths(assignment.source):
        for cell in nbformat.read(path, as_version=4).cells:
            if is_locked(cell) or is_grade(cell) or is_solution(cell):
                given += [_tidy(line) for line in _given_lines(cell)]
    return "\n".join(given)


def leaks_in_notebook(
    name: str, notebook: Any, private: Mapping[str, str], public: str
) -> list[str]:
    """One phrase for every private line found anywhere in a notebook."""
    return [
        f"{name}, cell '{_name(cell)}', shows '{line}' of {private[line]}"
        for cell in notebook.cells
        for line in _private_in("\n".join(_strings(cell)), private, public)
    ]


def leaks_in_folder(assignment: Assignment, folder: Path) -> list[str]:
    """One phrase for every private line, or private file, found anywhere in a folder."""
    private, public = private_lines(assignment), public_text(assignment)
    hidden = [path for path in assignment.private_files() if path.stat().st_size]
    digests = {_digest(path): path.name for path in hidden}
    leaks: list[str] = []
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        if original := digests.get(_digest(path)):
            leaks.append(f"{name} is the autograder's {original}")
        elif path.suffix == ".ipynb":
            notebook = nbformat.read(path, as_version=4)
            leaks += leaks_in_notebook(name, notebook, private, public)
        else:
            lines = _private_in(_tidy_text(path), private, public)
            leaks += [f"{name} shows '{line}' of {private[line]}" for line in lines]
    return leaks


def _solution_lines(cell: Any) -> Iterator[str]:
    if _is_model_answer(cell):
        yield from (_tidy(line) for line in cell.source.split("\n"))
    yield from _region_lines(cell, (BEGIN, END))


def _region_lines(cell: Any, marks: tuple[str, str]) -> Iterator[str]:
    for part in split_cell(cell, marks):
        if isinstance(part, Region):
            yield from (_tidy(line) for line in part.lines)


def _given_lines(cell: Any) -> Iterator[str]:
    """The lines around the solution; of a form also the author's stub, which shares its keys."""
    if _is_model_answer(cell):
        return
    kept = _without_regions(cell)
    for part in split_cell(cell):
        if isinstance(part, str):
            if part in kept:
                yield part
        elif blank_form("\n".join(part.lines)):
            for stub in _strings(cell.metadata.get("autograder", {}).get(STUB_KEY, "")):
                yield from stub.split("\n")


def _without_regions(cell: Any) -> set[str]:
    """The lines of a cell that are in no hidden test and no mark scheme."""
    regions = [split_cell(cell, marks) for marks in (HIDDEN_TESTS, MARK_SCHEME)]
    return set.intersection(*({p for p in parts if isinstance(p, str)} for parts in regions))


def _is_model_answer(cell: Any) -> bool:
    """Whether the whole cell is a solution, written or code, with no region marked in it."""
    marked = any(isinstance(part, Region) for part in split_cell(cell))
    return bool(is_solution(cell)) and not marked


def _name(cell: Any) -> str:
    """The id that nbgrader and authors know it by; old formats give a cell no other."""
    return str(cell.metadata.get("nbgrader", {}).get("grade_id") or cell.get("id"))


def _private_in(text: str, private: Mapping[str, str], public: str) -> list[str]:
    tidy = "\n".join(_tidy(line) for line in text.split("\n"))
    return [line for line in private if _stands_in(line, tidy) and not _stands_in(line, public)]


def _stands_in(line: str, text: str) -> bool:
    if line not in text:
        return False
    return re.search(rf"(?<![\w.]){re.escape(line)}(?![\w.(\[])", text) is not None


def _tidy(line: str) -> str:
    """The line without its comment and without the width of its blanks."""
    return " ".join(re.split(r"(?:^|\s)#\s", line, maxsplit=1)[0].split())


def _tidy_text(path: Path) -> str:
    return "\n".join(_tidy(line) for line in path.read_bytes().decode("latin-1").splitlines())


def _is_telling(line: str) -> bool:
    long_enough = len(line.replace(" ", "")) >= TELLING_CHARACTERS
    return long_enough and SAYS_NOTHING.fullmatch(line) is None


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for entry in value.values():
            yield from _strings(entry)
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from _strings(entry)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
