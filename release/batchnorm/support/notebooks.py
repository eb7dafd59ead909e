"""Use the functions you wrote in one notebook from another one.

`load_answers` opens the other notebook as a file and runs the cells that define the wanted
functions, and of the other cells the definitions, imports and constants that these use. No data
is loaded and nothing is trained there again.
"""

from __future__ import annotations

import ast
import json
import linecache
import re
from collections.abc import Iterator, MutableMapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from .needed import Cell, Needed
from .text import show

_IPYTHON_LINE = re.compile(r"^\s*[%!]")


class Answer(NamedTuple):
    """One code cell that defines a wanted function."""

    cell: Cell
    is_answer_cell: bool
    is_blank: bool


def load_answers(
    notebook: str, names: Sequence[str], into: MutableMapping[str, Any], folder: Path | None = None
) -> list[str]:
    """Define `names` in `into` as they are written in another notebook.

    What they use comes along: functions, imports and constants from any cell of that notebook.

    Args:
        notebook: the other notebook's name without ending. If there is no such file, every other
            notebook of the folder is looked at, so a renamed file is found too.
        names: the functions to load. A function's cell is found by the id `<name>_answer`, or
            else by the definition itself; of several cells the last one counts.
        into: where to define them, usually `globals()`.
        folder: where the notebooks lie; the working directory by default.

    Returns:
        The names that are missing, not answered yet, or cannot be loaded. Each of them is
        defined too, as a function that says so when it is called. A sentence about them, and about
        anything else that they use and that is not there, is printed; nothing is raised.
    """
    folder = folder or Path()
    raw = list(_code_cells(notebook, names, folder))
    cells = [Cell(_cell_name(cell), _source(cell)) for cell in raw]
    answers = {name: _find(name, cells) for name in names}
    there = {n: a.cell for n, a in answers.items() if a is not None and not a.is_blank}
    needed = Needed(notebook, cells, into, names)
    for name, cell in there.items():
        needed.by(name, cell)
    needed.load()
    problems: dict[str, str] = {}
    for name, answer in answers.items():
        problem = "is missing" if answer is None else "is not answered yet"
        if name not in there and (other := _answered_elsewhere(notebook, name, folder)):
            problem = f"{problem}, but {other} has it: save that one as {notebook}.ipynb"
        if name in there:
            is_answer_cell = answer is not None and answer.is_answer_cell
            title = f"<{notebook}: {name if is_answer_cell else there[name].id}>"
            problem = _run(there[name].source, title, name, into)
            if not problem:
                continue
        problems[name] = problem
        into[name] = _placeholder(name, notebook, problem)
    show(_sentence(notebook, names, problems, needed) if raw else _nothing_there(notebook))
    return list(problems)


def _answered_elsewhere(notebook: str, name: str, folder: Path) -> str:
    """Return the name of another notebook in the folder that answers a question, or nothing."""
    for path in sorted(folder.glob("*.ipynb")):
        if path.stem != notebook:
            answer = _find(name, [Cell(_cell_name(cell), _source(cell)) for cell in _read(path)])
            if answer is not None and answer.is_answer_cell and not answer.is_blank:
                return path.name
    return ""


def _code_cells(notebook: str, names: Sequence[str], folder: Path) -> Iterator[dict[str, Any]]:
    named = folder / f"{notebook}.ipynb"
    paths = [named] if named.is_file() else sorted(folder.glob("*.ipynb"))
    for path in paths:
        cells = _read(path)
        if path == named or any(_cell_name(cell) in _ids(names) for cell in cells):
            yield from cells


def _read(path: Path) -> list[dict[str, Any]]:
    """Return the code cells of a notebook file; none if it cannot be read as a notebook."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        sheets = content.get("worksheets", [content])  # notebooks of format 3 have worksheets
        cells = [cell for sheet in sheets for cell in sheet["cells"]]
        return [cell for cell in cells if cell["cell_type"] == "code"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []


def _ids(names: Sequence[str]) -> set[str]:
    return {f"{name}_answer" for name in names}


def _cell_name(cell: dict[str, Any]) -> str:
    metadata = cell.get("metadata") or {}
    return str((metadata.get("nbgrader") or {}).get("grade_id") or cell.get("id") or "")


def _find(name: str, cells: Sequence[Cell]) -> Answer | None:
    """Return the cell that counts: an answered one, else an answer cell, else the last."""
    found = []
    for cell in cells:
        function = _definition(name, cell.source)
        if function is not None:
            is_answer_cell = cell.id == f"{name}_answer"
            found.append(Answer(cell, is_answer_cell, _is_blank(function)))
    ranked = enumerate(found)
    best = max(
        ranked,
        key=lambda item: (not item[1].is_blank, item[1].is_answer_cell, item[0]),
        default=None,
    )
    return None if best is None else best[1]


def _source(cell: dict[str, Any]) -> str:
    """Return a cell's source; lines only IPython understands are emptied, so numbers stay."""
    raw = cell.get("source", cell.get("input", ""))
    text = raw if isinstance(raw, str) else "".join(raw)
    lines = ["" if _IPYTHON_LINE.match(line) else line for line in text.splitlines()]
    first = next((number for number, line in enumerate(text.splitlines()) if line.strip()), 0)
    return "\n".join(lines[first:])  # Jupyter counts lines from the first that is not empty


def _definition(name: str, source: str) -> ast.stmt | None:
    """Return the statement that defines `name` at a cell's top level, the last of several."""
    if name not in source:
        return None
    try:
        body = ast.parse(source).body
    except SyntaxError:
        # Not Python (yet): take it if it looks like the definition, running it names the error.
        return ast.Pass() if re.search(rf"^def {name}\b", source, re.MULTILINE) else None
    kinds = (ast.FunctionDef, ast.ClassDef)
    found = [item for item in body if isinstance(item, kinds) and item.name == name]
    return found[-1] if found else None


def _is_blank(definition: ast.stmt) -> bool:
    """Return whether a definition still is the stub: apart from its docstring it only raises."""
    body = [
        statement
        for statement in getattr(definition, "body", [definition])
        if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
    ]
    return bool(body) and isinstance(body[0], ast.Raise)


def _run(source: str, title: str, name: str, into: MutableMapping[str, Any]) -> str:
    """Run one cell in `into`; returns why `name` is not defined then, or an empty string."""
    # Tracebacks look the source up here, so an error shows the line and not only its number.
    linecache.cache[title] = (len(source), None, source.splitlines(keepends=True), title)
    into.pop(name, None)
    problem = "is missing"
    try:
        exec(compile(source, title, "exec"), into)  # type: ignore[arg-type]  # noqa: S102
    except (Exception, SystemExit) as error:
        problem = f"cannot be loaded ({type(error).__name__}: {error})"
    # What stands below the definition may need names of the other notebook: that does no harm.
    return "" if name in into else problem


def _placeholder(name: str, notebook: str, problem: str) -> Any:
    def not_there(*_args: Any, **_kwargs: Any) -> Any:
        raise NotImplementedError(f"{name} {problem}: see {notebook}.ipynb")

    not_there.__name__ = name
    return not_there


def _nothing_there(notebook: str) -> str:
    return (
        f"There is no {notebook}.ipynb beside this notebook: keep both in one folder, and save it. "
        "You need your layers once you build the network below."
    )


def _sentence(notebook: str, names: Sequence[str], problems: dict[str, str], needed: Needed) -> str:
    along = f", and what they use: {', '.join(needed.loaded)}" if needed.loaded else ""
    sentences = [f"Loaded from {notebook}.ipynb: {', '.join(names)}{along}."]
    if problems:
        told = "; ".join(f"{name} {problem}" for name, problem in problems.items())
        sentences = [f"In {notebook}.ipynb {told}. You need this once you build the network below."]
    sentences += [f"In {notebook}.ipynb {problem}." for problem in needed.problems]
    return "\n".join(sentences)
