"""A real course in small: two notebooks, five questions, with checks of their own.

`layers`: weigh (4 points), clip (bonus 3), explain_steps (written, 4).
`deeper`: clip_back (3 points), explain_numbers (written, 6), a form that nobody grades.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.course.course import Course

ROOT = Path(__file__).parents[2]
NAME = "mini"
PRIVATE = Path(__file__).parents[1] / "helpers" / "mini"

ReleasedIn = Callable[[Path], Course]
"""Gives the course with its release in a folder that is named."""

WEIGH = """\
def weigh(x, w, b):
    \"\"\"A weighted sum: x (N, d1, ..., dk), w (D, M), b (M,) -> out (N, M), cache.\"\"\"
    ### BEGIN SOLUTION
    out = x.reshape(x.shape[0], -1).dot(w) + b
    cache = (x, w, b)
    return out, cache
    ### END SOLUTION"""
CLIP = """\
def clip(x):
    ### BEGIN SOLUTION
    out = np.maximum(0.0, x) * 1.0
    return out, x
    ### END SOLUTION"""
CLIP_BACK = """\
def clip_back(dout, cache):
    ### BEGIN SOLUTION
    return dout * (cache > 0.0)
    ### END SOLUTION"""
GIVEN_CLIP = "def clip(x):\n    return np.clip(x, 0, None), x"
REPORT = """\
### BEGIN SOLUTION
practice_answers = {
    "first_epoch_with": 1,
    "first_epoch_without": "never at all",
}
### END SOLUTION"""
WRITTEN = """\
<!-- BEGIN SOLUTION -->
Each feature is normalized over the mini-batch.
<!-- END SOLUTION -->"""


def _nbgrader(id_: str, **flags: Any) -> dict[str, Any]:
    own = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    return own | {"grade_id": id_} | flags


def given(id_: str, source: str) -> Any:
    """A locked cell."""
    return new_code_cell(source, id=id_, metadata={"nbgrader": _nbgrader(id_, locked=True)})


def answer(question: str, source: str) -> Any:
    """The cell with the solution."""
    id_ = f"{question}_answer"
    return new_code_cell(source, id=id_, metadata={"nbgrader": _nbgrader(id_, solution=True)})


def check(question: str, source: str, points: float, **autograder: Any) -> Any:
    """The locked visible check, which carries the question's id and points."""
    metadata = {
        "nbgrader": _nbgrader(question, grade=True, locked=True, points=points),
        "autograder": {"answer": f"{question}_answer", **autograder},
    }
    return new_code_cell(source, id=question, metadata=metadata)


def written(question: str, source: str, points: float) -> Any:
    """A written answer, graded by a person."""
    own = _nbgrader(question, grade=True, solution=True, points=points)
    return new_markdown_cell(source, id=question, metadata={"nbgrader": own})


def notebooks() -> dict[str, Any]:
    """The two source notebooks."""
    layers = [
        new_markdown_cell("# Layers\n\nWrite two layers.", id="intro"),
        given("setup", "import numpy as np"),
        answer("weigh", WEIGH),
        check(
            "weigh",
            "print(weigh(np.ones((2, 3)), np.ones((3, 4)), np.ones(4))[0].shape)",
            4,
            defines="weigh",
        ),
        answer("clip", CLIP),
        check(
            "clip",
            "clip(np.array([-1.0, 2.0]))[0]",
            0,
            bonus=3,
            defines="clip",
        ),
        written("explain_steps", WRITTEN, 4),
    ]
    deeper = [
        given("setup2", f"import numpy as np\n\n\n{GIVEN_CLIP}"),
        answer("clip_back", CLIP_BACK),
        check(
            "clip_back",
            "clip_back(np.ones(3), np.array([-1.0, 2.0, 0.5]))",
            3,
            defines="clip_back",
        ),
        answer("practice", REPORT),
        written("explain_numbers", WRITTEN, 6),
    ]
    return {
        name: new_notebook(
            cells=cells,
            metadata={
                "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}
            },
        )
        for name, cells in {"layers": layers, "deeper": deeper}.items()
    }


def write_notebook(path: Path, notebook: Any) -> None:
    """Write a notebook, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


def make_course(root: Path) -> Course:
    """Write the mini course, with this repository's own nbgrader_config.py."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PRIVATE, root / "autograder" / "assignments" / NAME, ignore=ignored)
    source = root / "source" / NAME
    for name, notebook in notebooks().items():
        write_notebook(source / f"{name}.ipynb", notebook)
    (source / "support").mkdir()
    (source / "support" / "__init__.py").write_text('"""What students import."""\n')
    (root / "datasets").mkdir()
    (root / "datasets" / "pictures.npz").write_bytes(b"pictures")
    (root / "datasets" / "LICENSE.pictures").write_text("MIT\n")
    shutil.copy(ROOT / "nbgrader_config.py", root / "nbgrader_config.py")
    return Course.find(root)


def copy_of(course: Course, root: Path) -> Course:
    """The same course in another place."""
    shutil.copytree(course.root, root, dirs_exist_ok=True)
    return Course.find(root)


def edit(path: Path, cell_id: str, source: str | None = None, **metadata: Any) -> None:
    """Change one cell of a notebook on disk."""
    notebook = nbformat.read(path, as_version=4)
    cell = next(cell for cell in notebook.cells if cell.id == cell_id)
    if source is not None:
        cell.source = source
    cell.metadata.update(metadata)
    nbformat.write(notebook, path)


def tree(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, by relative path; not what Python has compiled."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def cells(path: Path) -> dict[str, Any]:
    """The cells of a notebook by id, as plain JSON."""
    return {cell["id"]: cell for cell in json.loads(path.read_text())["cells"]}
