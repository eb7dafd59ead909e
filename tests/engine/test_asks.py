"""docs/asks.md counts right, names a command an answer, and its step of one's own is taken."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import tiny_course

from autograder.course.course import Course
from autograder.release.build import build_release

PAGE = (tiny_course.ROOT / "docs" / "asks.md").read_text(encoding="utf-8")
ROW = re.compile(r"(?m)^\| ([\d, ]+) .*? \| (yes|no|partly)(.*?) \| (.*) \|$")


def rows() -> list[tuple[list[str], str, str]]:
    """Of each row the numbers, the answer and the commands."""
    return [(found[1].split(","), found[2], found[4]) for found in ROW.finditer(PAGE)]


def test_it_says_yes_as_often_as_it_says_it_does() -> None:
    asked = [number for numbers, _, _ in rows() for number in numbers]
    yes = [number for numbers, answer, _ in rows() for number in numbers if answer == "yes"]
    assert f"**Yes** to {len(yes)} of {len(asked)}." in PAGE
    assert (len(asked), len(set(asked))) == (36, 36)
    assert len(yes) >= 30


def test_every_answer_names_a_command_that_shows_it() -> None:
    seen_by = re.findall(r"(?m)^\| .* \| (?!seen by)([^|]+) \|$", PAGE)
    assert len(seen_by) > len(rows())
    assert all("`autograder " in cell for cell in seen_by)


def test_the_step_of_ones_own_is_taken_by_a_release(tmp_path: Path) -> None:
    course: Course = tiny_course.lay_out(tmp_path)
    (block,) = re.findall(r"## A step of your own.*?```python\n(.*?)```", PAGE, re.DOTALL)
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + block)
    path = course.source(tiny_course.NAME) / "tiny.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].source += "\n# TODO(me): a better example"
    nbformat.write(notebook, path)
    build_release(course, tiny_course.NAME, execute="never", register=False)
    released = (course.release(tiny_course.NAME) / "tiny.ipynb").read_text()
    assert "import numpy" in released
    assert "TODO(me)" not in released
