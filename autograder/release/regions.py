"""Where a solution begins and ends in a cell: nbgrader's own marks, read once."""

from __future__ import annotations

import ast
from typing import Any

import msgspec

from autograder.errors import UsageError

BEGIN, END = "BEGIN SOLUTION", "END SOLUTION"
STUB_KEY = "stub"
"""In `metadata.autograder` of an answer cell: the author's own stub."""


class Region(msgspec.Struct, frozen=True):
    """The lines between a BEGIN and an END SOLUTION line, both left out."""

    indent: str
    lines: tuple[str, ...]


def split_solutions(source: str) -> list[str | Region]:
    """Split a cell into given lines and solution regions, in order.

    Raises:
        ValueError: if a region is opened twice, or never opened or closed.
    """
    parts: list[str | Region] = []
    region: list[str] | None = None
    indent = ""
    for line in source.split("\n"):
        if BEGIN in line:
            if region is not None:
                raise ValueError(f"{BEGIN} stands inside another solution region")
            region, indent = [], line[: len(line) - len(line.lstrip())]
        elif END in line:
            if region is None:
                raise ValueError(f"{END} stands without {BEGIN}")
            parts.append(Region(indent, tuple(region)))
            region = None
        elif region is None:
            parts.append(line)
        else:
            region.append(line)
    if region is not None:
        raise ValueError(f"{BEGIN} stands without {END}")
    return parts


def split_cell(cell: Any) -> list[str | Region]:
    """`split_solutions` of a notebook cell; a UsageError names the cell if it cannot."""
    try:
        return split_solutions(cell.source)
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
