"""Where an exception came from: lines of the student's notebooks, and what is the course's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from autograder.sandbox.inside.blame import MOST_PLACES
from autograder.sandbox.outputs import line_of

PLACEHOLDER = "raise NotImplementedError("


class SourceCell(msgspec.Struct, frozen=True):
    """A code cell to run."""

    id: str
    source: str
    handed_out: str | None = None
    """The cell as the course handed it out; None for one of the student's own."""
    defines: str | None = None
    """The answer that this cell is for."""


class Place(msgspec.Struct, frozen=True):
    """A line on the stack, in a cell or in one of the files that the course handed out."""

    line: str = ""
    lineno: int = 0
    cell: SourceCell | None = None
    file: str = ""
    course: bool = False
    """Whether the course wrote this line, and not the student."""

    @property
    def placeholder(self) -> str | None:
        """The answer whose place the course's own placeholder still keeps here."""
        stub = self.course and self.line.startswith(PLACEHOLDER)
        return self.cell.defines if stub and self.cell is not None else None


class Sources(dict[str, str]):
    """What students' lines are looked up in: the text of every cell, by the name of its code.

    Cells of the other notebooks are here too, by `<notebook>: <id>`, as whoever loads answers of
    another notebook names their code.

    Args:
        cells: cells of the other notebooks.
        files: what the course hands out beside the notebooks, such as `support/layers.py`.
    """

    def __init__(
        self, cells: Mapping[str, SourceCell] | None = None, files: frozenset[str] = frozenset()
    ) -> None:
        self.cells = dict(cells or {})
        self.files = files
        super().__init__({key: cell.source for key, cell in self.cells.items()})

    def add(self, key: str, cell: SourceCell) -> None:
        """Add a cell that is run."""
        self.cells[key], self[key] = cell, cell.source


def places(sources: Mapping[str, str], told: Any) -> tuple[Place, ...]:
    """The lines of an exception's stack that are the student's or the course's, innermost first.

    Args:
        sources: where lines are looked up.
        told: what the student's process says: pairs of a code's name and a line's number.
    """
    pairs = told if type(told) is list else []
    return tuple(_places(sources, pairs[:MOST_PLACES]))


def _places(sources: Mapping[str, str], pairs: list[Any]) -> Iterator[Place]:
    cells, files = {}, frozenset[str]()
    if isinstance(sources, Sources):
        cells, files = sources.cells, sources.files
    for pair in pairs:
        if type(pair) is not list or len(pair) != 2 or type(pair[0]) is not str:
            continue
        where, number = pair
        line, lineno = line_of(sources, where, number)
        if line is not None and lineno is not None:
            cell = cells.get(where)
            yield Place(line, lineno, cell, course=_handed_out(cell, line))
        elif where in files:
            yield Place(file=where, course=True)


def _handed_out(cell: SourceCell | None, line: str) -> bool:
    if cell is None or cell.handed_out is None:
        return False
    return line in {given.strip()[:200] for given in cell.handed_out.splitlines()}
