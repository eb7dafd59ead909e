"""The instructor's forms, filled in from the records that they are held against.

The experiments of a solution run anew where it is released, and another machine measures other
numbers. What a record decides is written into the forms of the solution, by the assignment's own
`Settings.fills`; all else stays as the source has it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import nbformat

from autograder.assignment import Assignment
from autograder.course.course import notebook_paths


def fill_in(assignment: Assignment, folder: Path, recorded: Path) -> list[str]:
    """Fill in the forms of the notebooks in a folder; return the names of those that changed.

    Args:
        assignment: whose notebooks they are.
        folder: the notebooks; they are changed.
        recorded: executed notebooks, whose outputs hold the records; perhaps the same.
    """
    reader, fills = assignment.settings.records, assignment.settings.fills
    if reader is None or fills is None or not recorded.is_dir():
        return []
    filled_in = []
    cells = [nbformat.read(path, as_version=4).cells for path in notebook_paths(recorded)]
    values = fills(reader.parse_all(reader.collect((), cells)))
    forms = {q.answer: q.defines for q in assignment.questions if q.kind == "form" and q.defines}
    for path in notebook_paths(folder):
        notebook, changed = nbformat.read(path, as_version=4), False
        for cell in notebook.cells:
            name = forms.get(cell.get("id"), "")
            if fields := values.get(name):
                source = filled(cell.source, name, fields)
                changed, cell.source = changed or source != cell.source, source
        if changed:
            nbformat.write(notebook, path)
            filled_in.append(path.stem)
    return filled_in


def filled(source: str, name: str, fields: Mapping[str, Any]) -> str:
    """A cell's source with these fields of the dictionary `name` set, and nothing else changed."""
    lines = source.encode().splitlines(keepends=True)
    for value, new in reversed(list(_values(source, name, fields))):
        assert value.end_lineno is not None
        first, last = value.lineno - 1, value.end_lineno - 1
        text = lines[first][: value.col_offset] + new.encode() + lines[last][value.end_col_offset :]
        lines[first : last + 1] = [text]
    return b"".join(lines).decode()


def _values(
    source: str, name: str, fields: Mapping[str, Any]
) -> Iterator[tuple[ast.expr, str]]:
    """Where the values of these fields stand, in order, and what is to stand there."""
    for node in ast.parse(source).body:
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Dict)
            and any(isinstance(target, ast.Name) and target.id == name for target in node.targets)
        ):
            for key, value in zip(node.value.keys, node.value.values, strict=True):
                if isinstance(key, ast.Constant) and str(key.value) in fields:
                    yield value, _written(fields[str(key.value)])


def _written(value: Any) -> str:
    """As Python writes it, texts in the quotation marks of the notebooks."""
    return f'"{value}"' if isinstance(value, str) else repr(value)
