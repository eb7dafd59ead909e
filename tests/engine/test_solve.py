"""A release runs the solutions that changed, says so, and stores sources as Jupyter does."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from mini_course import NAME, ReleasedIn, cells, edit

from autograder.course.course import Course
from autograder.release import build
from autograder.release.build import build_release
from autograder.release.solve import to_run

KEPT = {"output_type": "stream", "name": "stdout", "text": "run long ago\n"}


@pytest.fixture
def course(released_in: ReleasedIn, tmp_path: Path) -> Course:
    """The released course."""
    return released_in(tmp_path / "course")


@pytest.fixture
def solved(course: Course, tmp_path: Path) -> Path:
    """The solutions as a new release gives them."""
    return shutil.copytree(course.root / "solutions" / NAME, tmp_path / "solved" / NAME)


def test_nothing_is_run_for_what_has_not_changed(course: Course, solved: Path) -> None:
    assert to_run(course, NAME, solved) == []
    assert to_run(course, NAME, solved, everything=True) == ["deeper", "layers"]


def test_a_notebook_that_changed_is_run_alone(course: Course, solved: Path) -> None:
    edit(solved / "layers.ipynb", "weigh", "weigh")
    assert to_run(course, NAME, solved) == ["layers"]


def test_a_notebook_that_builds_on_it_is_run_too(course: Course, solved: Path) -> None:
    own = {"answer": "clip_back_answer", "defines": "clip_back", "upstream": ["clip"]}
    edit(course.source(NAME) / "deeper.ipynb", "clip_back", autograder=own)
    edit(solved / "layers.ipynb", "weigh", "weigh")
    assert to_run(course, NAME, solved) == ["deeper", "layers"]


def test_with_what_they_import_all_have_changed(course: Course, solved: Path) -> None:
    (solved / "support" / "__init__.py").write_text("new = 1\n")
    assert to_run(course, NAME, solved) == ["deeper", "layers"]


def test_a_release_runs_what_changed_keeps_other_outputs_and_says_so(course: Course) -> None:
    path = course.root / "solutions" / NAME / "layers.ipynb"
    notebook = nbformat.read(path, as_version=4)
    next(cell for cell in notebook.cells if cell.id == "weigh").outputs = [nbformat.from_dict(KEPT)]
    nbformat.write(notebook, path)
    edit(course.source(NAME) / "deeper.ipynb", "setup2", "import numpy as np\n\nprint(1 + 1)")
    said: list[str] = []
    done = build_release(course, NAME, register=False, say=said.append)
    assert done.executed == ("deeper",)
    assert said[-1] == "running the solutions of deeper.ipynb (1 of 1)"
    assert cells(path)["weigh"]["outputs"][0]["text"] == ["run long ago\n"]
    run = cells(path.with_name("deeper.ipynb"))["setup2"]["outputs"]
    assert run[0]["text"] == ["2\n"]


def test_checks_of_a_form_see_the_numbers_that_were_filled_in(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, path = course.source(NAME), course.root / "solutions" / NAME / "deeper.ipynb"
    edit(source / "deeper.ipynb", "setup2", "import numpy as np\n\nprint(1 + 1)")

    def as_recorded(assignment: Any, folder: Path, recorded: Path) -> list[str]:
        if folder.parent.name == "source":
            edit(folder / "deeper.ipynb", "setup2", "import numpy as np\n\nprint(3)")
            return ["deeper", "layers"]
        return []

    monkeypatch.setattr(build, "fill_in", as_recorded)
    said: list[str] = []
    build_release(course, NAME, register=False, say=said.append)
    once = "running the solutions of deeper.ipynb (1 of 1)"
    assert said[-3:] == [
        once,
        "its record has other numbers than its forms; once more, with those",
        once,
    ]
    assert cells(path)["setup2"]["outputs"][0]["text"] == ["3\n"]
    assert "print(1 + 1)" in "".join(cells(source / "deeper.ipynb")["setup2"]["source"])


def test_sources_are_stored_as_jupyter_saves_them(course: Course) -> None:
    path = course.source(NAME) / "layers.ipynb"
    content = json.loads(path.read_text())
    for cell in content["cells"]:
        cell["source"] = "".join(cell["source"])
    path.write_text(json.dumps(content, indent=4, sort_keys=False))
    before = nbformat.read(path, as_version=4)
    build_release(course, NAME, execute="never", register=False)
    assert nbformat.read(path, as_version=4) == before
    stored = path.read_bytes()
    nbformat.write(before, path)  # what saving in Jupyter does
    assert path.read_bytes() == stored
    edit(path, "intro", "# Layers\n\nWrite three layers.")
    lines = set(path.read_text().splitlines()) ^ set(stored.decode().splitlines())
    assert len(lines) == 2
