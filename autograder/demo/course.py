"""The demonstration's course: a fresh copy of this one, where the class has handed in."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import nbformat

from autograder.assignment import find
from autograder.course.course import PRIVATE, Course, notebook_paths
from autograder.course.nbgrader_view import CONFIG_FILE
from autograder.demo.cases import Case, Edit, InventedClass
from autograder.errors import UsageError

PACKAGE = Path(__file__).parents[1]
SUBMITTED_AT = "2026-01-15 12:00:00 UTC"


def copy_course(course: Course, assignment: str, target: Path) -> Course:
    """A fresh copy of the course without submissions; an old one is thrown away."""
    found = find(course, assignment)
    shutil.rmtree(target, ignore_errors=True)
    copied = [Path(CONFIG_FILE), Path("source") / assignment, *map(Path, found.settings.ships)]
    if found.folder is not None and not found.folder.is_relative_to(PACKAGE):
        copied.append(PRIVATE / assignment)
    ignored = shutil.ignore_patterns(".*", "__pycache__", *found.settings.leaves_behind)
    for name in copied:
        original = course.root / name
        if not original.exists():
            raise UsageError(f"There is no {original}, which {assignment} needs.")
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if original.is_dir():
            shutil.copytree(original, target / name, ignore=ignored)
        else:
            shutil.copy(original, target / name)
    return Course(target)


def write_class(course: Course, assignment: str, solutions: Path, invented: InventedClass) -> None:
    """Hand in every case's submission, made from the executed `solutions`."""
    solved = read_notebooks(solutions, invented.kept_outputs)
    for notebook in solved.values():
        for cell in notebook.cells:
            cell.source = without_markers(cell.source)
    release = read_notebooks(course.release(assignment))
    for case in invented.cases:
        folder = course.root / "submitted" / case.student / assignment
        folder.mkdir(parents=True)
        (folder / "timestamp.txt").write_text(SUBMITTED_AT)
        for name, content in submission(case, solved, release).items():
            raw = content if isinstance(content, bytes) else nbformat.writes(content).encode()
            (folder / name).write_bytes(raw)


def submission(case: Case, solved: dict[str, Any], release: dict[str, Any]) -> dict[str, Any]:
    """A case's notebooks by file name; raw bytes where they are no notebook any more."""
    notebooks = deepcopy(solved)
    for edit in case.edits:
        apply(edit, notebooks)
    if case.rearrange is not None:
        case.rearrange(notebooks, release)
    return notebooks


def apply(edit: Edit, notebooks: dict[str, Any]) -> None:
    """Make one change in the answer cell it names.

    Raises:
        LookupError: if there is no such cell, or the solution reads differently by now.
    """
    cells = [cell for notebook in notebooks.values() for cell in notebook.cells]
    cell = next(cell for cell in cells if cell.id == edit.answer)
    if not edit.before:
        cell.source = edit.after
    elif cell.source.count(edit.before) == 1:
        cell.source = cell.source.replace(edit.before, edit.after)
    else:
        raise LookupError(f"{edit.answer} does not hold {edit.before!r} exactly once")


def read_notebooks(folder: Path, kept: Sequence[str] = ()) -> dict[str, Any]:
    """The notebooks of a folder by file name; of the outputs only those of the `kept` types."""
    notebooks = {path.name: nbformat.read(path, as_version=4) for path in notebook_paths(folder)}
    for notebook in notebooks.values():
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs = [one for one in cell.outputs if set(kept) & set(one.get("data", ()))]
    return notebooks


def without_markers(source: str) -> str:
    """A solved cell's text as a student would have it, without the solution markers."""
    lines = source.splitlines()
    return "\n".join(
        line for line in lines if "BEGIN SOLUTION" not in line and "END SOLUTION" not in line
    )
