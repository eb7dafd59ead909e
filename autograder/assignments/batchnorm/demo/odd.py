"""Submissions of the demonstration's class that are odd as a whole, not in one answer."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import nbformat

from autograder.assignments.batchnorm.demo.answers import CHEATS, NOISE

FIRST = "fully_connected_nets.ipynb"
SECOND = "batch_normalization.ipynb"


def blank(notebooks: dict[str, Any], release: dict[str, Any]) -> None:
    """Hand in what was handed out."""
    notebooks.update(deepcopy(release))


def half_done(notebooks: dict[str, Any], release: dict[str, Any]) -> None:
    """Answer the first notebook only."""
    notebooks[SECOND] = deepcopy(release[SECOND])


def broken_json(notebooks: dict[str, Any], _: dict[str, Any]) -> None:
    """Cut the second notebook's file in half."""
    text = nbformat.writes(notebooks[SECOND]).encode()
    notebooks[SECOND] = text[: len(text) // 2]


def colab(notebooks: dict[str, Any], _: dict[str, Any]) -> None:
    """Rename the notebooks and add what Colab and its users add."""
    for name in (FIRST, SECOND):
        notebook = notebooks.pop(name)
        notebook.metadata["colab"] = {"provenance": [], "gpuType": "T4"}
        notebook.metadata["accelerator"] = "GPU"
        for cell in notebook.cells:
            cell.metadata["id"] = f"x{hash_free(cell.id)}"
        extra = nbformat.v4.new_code_cell(
            "%matplotlib inline\n!nvidia-smi --list-gpus\n%timeit -n1 -r1 sum(range(10))",
            id="colab-extra",
        )
        notebook.cells.insert(1, extra)
        notebooks[f"Copy_of_{name}"] = notebook


def hash_free(text: str) -> str:
    """A short tag from letters, the same in every process."""
    return format(sum((i + 1) * ord(letter) for i, letter in enumerate(text)), "x")


def noisy(notebooks: dict[str, Any], _: dict[str, Any]) -> None:
    """Print far too much, and warn at every call."""
    cells = notebooks[FIRST].cells
    place = next(i for i, cell in enumerate(cells) if cell.id == "affine_forward_answer")
    cells.insert(place + 1, nbformat.v4.new_code_cell(NOISE, id="debugging"))


def cheat(notebooks: dict[str, Any], release: dict[str, Any]) -> None:
    """Answer nothing, and try to look as if everything were right."""
    blank(notebooks, release)
    for notebook in notebooks.values():
        for cell in notebook.cells:
            ours = cell.metadata.get("nbgrader", {})
            id_ = str(ours.get("grade_id", "")).removesuffix("_answer")
            if ours.get("solution") and id_ in CHEATS:
                cell.source = CHEATS[id_]
            if ours.get("grade") and cell.cell_type == "code":
                ours["points"] = 1000
                ours["locked"] = False
                cell.metadata["tags"] = ["skip-execution"]
                cell.source = "1.0"
                forged = nbformat.v4.new_output(
                    "execute_result", {"text/plain": "1000.0"}, execution_count=1
                )
                cell.outputs = [forged]
