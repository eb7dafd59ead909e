"""The demonstration's course: a fresh copy of this one, where the class has handed in."""

from __future__ import annotations

import shutil
from copy import deepcopy
from pathlib import Path
from typing import Any

import nbformat

from autograder.assignments.batchnorm.demo.cases import CLASS, Case, Edit
from autograder.assignments.batchnorm.records import MIME
from autograder.course.course import Course, notebook_paths
from autograder.errors import UsageError

ASSIGNMENT = "batchnorm"
COPIED = ("source", "datasets", "nbgrader_config.py")
SUBMITTED_AT = "2026-01-15 12:00:00 UTC"


def copy_course(course: Course, target: Path) -> Course:
    """A fresh copy of the course without submissions; an old one is thrown away."""
    course.source(ASSIGNMENT)
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for name in COPIED:
        original = course.root / name
        if not original.exists():
            raise UsageError(f"There is no {original}; run 'autograder release {ASSIGNMENT}'.")
        if original.is_dir():
            shutil.copytree(original, target / name, ignore=shutil.ignore_patterns("results", ".*"))
        else:
            shutil.copy(original, target / name)
    return Course(target)


def write_class(course: Course, solutions: Path, cases: tuple[Case, ...] = CLASS) -> None:
    """Hand in every case's submission, made from the executed `solutions`."""
    solved = read_notebooks(solutions)
    for notebook in solved.values():
        for cell in notebook.cells:
            cell.source = without_markers(cell.source)
    release = read_notebooks(course.release(ASSIGNMENT))
    for case in cases:
        folder = course.root / "submitted" / case.student / ASSIGNMENT
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


def read_notebooks(folder: Path) -> dict[str, Any]:
    """The notebooks of a folder by file name; of the outputs only the experiments' records."""
    notebooks = {path.name: nbformat.read(path, as_version=4) for path in notebook_paths(folder)}
    for notebook in notebooks.values():
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs = [output for output in cell.outputs if MIME in output.get("data", ())]
    return notebooks


def without_markers(source: str) -> str:
    """A solved cell's text as a student would have it, without the solution markers."""
    lines = source.splitlines()
    return "\n".join(
        line for line in lines if "BEGIN SOLUTION" not in line and "END SOLUTION" not in line
    )
