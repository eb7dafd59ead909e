"""Where a solution begins and ends in a cell: nbgrader's own marks, read once."""

from __future__ import annotations

import ast
from typing import Any

import msgspec

from autograder.errors import UsageError

BEGIN, END = "BEGIN SOLUTION", "END SOLUTION"
HIDDEN_TESTS = ("BEGIN HIDDEN TESTS", "END HIDDEN TESTS")
MARK_SCHEME = ("BEGIN MARK SCHEME", "END MARK SCHEME")
STUB_KEY = "stub"
"""In `metadata.autograder` of an answer cell: the author's own stub."""


class Region(msgspec.Struct, frozen=True):
    """The lines between a BEGIN and an END SOLUTION line, both left out."""

    indent: str
    lines: tuple[str, ...]


def split_solutions(source: str) -> list[str | Region]:
    """Split a cell into given lines and solution regions; see `split_regions`."""
    return split_regions(source, (BEGIN, END))


def split_regions(source: str, marks: tuple[str, str]) -> list[str | Region]:
    """Split a cell into given lines and the regions between two marks, in order.

    Raises:
        ValueError: if a region is opened twice, or never opened or closed.
    """
    begin, end = marks
    parts: list[str | Region] = []
    region: list[str] | None = None
    indent = ""
    for line in source.split("\n"):
        if begin in line:
            if region is not None:
                raise ValueError(f"{begin} stands inside another such region")
            region, indent = [], line[: len(line) - len(line.lstrip())]
        elif end in line:
            if region is None:
                raise ValueError(f"{end} stands without {begin}")
            parts.append(Region(indent, tuple(region)))
            region = None
        elif region is None:
            parts.append(line)
        else:
            region.append(line)
    if region is not None:
        raise ValueError(f"{begin} stands without {end}")
    return parts


def public_part(source: str) -> str:
    """A cell as nbgrader hands it out: without hidden tests, and without a mark scheme.

    Raises:
        ValueError: if a region is opened twice, or never opened or closed.
    """
    for marks in (HIDDEN_TESTS, MARK_SCHEME):
        source = "\n".join(part for part in split_regions(source, marks) if isinstance(part, str))
    return source


def split_cell(cell: Any, marks: tuple[str, str] = (BEGIN, END)) -> list[str | Region]:
    """`split_regions` of a notebook cell; a UsageError names the cell if it cannot."""
    try:
        return split_regions(cell.source, marks)
    except ValueError as error:
        raise UsageError(f"In cell '{cell.get('id')}', {error}.") from None


def blank_form(code: str) -> str | None:
    """The same dictionary assignment with None for every value; None if it is anything else."""
    try:
        match ast.parse(code).body:
            case [ast.Assign(targets=[ast.Name(id=name)], value=ast.Dict(keys=keys))]:
                pass
            case _:
                return None
    except SyntaxError:
        return None
    values = [key.value if isinstance(key, ast.Constant) else None for key in keys]
    names = [value for value in values if isinstance(value, str)]
    if len(names) != len(keys):
        return None
    fields = "".join(f'    "{key}": None,\n' for key in names)
    return f"{name} = {{\n{fields}}}"
