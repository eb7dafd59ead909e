"""The second assignment, installed into a fresh course as docs/extender.md says."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import forked
import nbformat

from autograder.course.course import Course

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "dropout"
NAME = "dropout"
BIN = Path(sys.executable).parent


def environment() -> dict[str, str]:
    """That of a person who has activated the kit's virtual environment; KIT names its folder."""
    return os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}", "KIT": str(ROOT), "COLUMNS": "200"}


def install(root: Path) -> Course:
    """Lay the example over a course that holds nothing but its configuration."""
    shutil.copy(ROOT / "nbgrader_config.py", root)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(EXAMPLE, root, dirs_exist_ok=True, ignore=ignored)
    return Course.find(root)


def run(course: Course, *command: str) -> None:
    """Run a command in the course's folder."""
    done = forked.run(*command, cwd=course.root)
    assert done.returncode == 0, done.stdout + done.stderr


def hand_in(course: Course, student: str, answers: Mapping[str, tuple[str, str]]) -> None:
    """Submit the solved notebook with some pieces of its cells replaced."""
    folder = course.root / "submitted" / student / NAME
    shutil.copytree(course.root / "solutions" / NAME, folder)
    path = folder / "dropout.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.id in answers:
            before, after = answers[cell.id]
            assert before in cell.source, cell.id
            cell.source = cell.source.replace(before, after)
    nbformat.write(notebook, path)
