"""Submissions made from the instructor's notebooks by a few edits, and a grader to try them on."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LIGHT = ROOT / "tests" / "helpers" / "light"
"""Stands before packages that cost every process time and that no test needs."""
SOURCE = ROOT / "source" / "batchnorm"
RELEASE = ROOT / "release" / "batchnorm"
TESTS_SECRET = "a secret of the tests, long enough"
NOTEBOOKS = ("fully_connected_nets", "batch_normalization")

Raw = dict[str, Any]


def solved(name: str) -> Raw:
    """The instructor's notebook, as parsed JSON without outputs."""
    notebook: Raw = json.loads((SOURCE / f"{name}.ipynb").read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
    return notebook


def blank(name: str) -> Raw:
    """The released notebook, as parsed JSON."""
    notebook: Raw = json.loads((RELEASE / f"{name}.ipynb").read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
    return notebook


def hand_in(
    folder: Path,
    answers: Mapping[str, str] | None = None,
    *,
    replace: Mapping[str, tuple[str, str]] | None = None,
    start: Callable[[str], Raw] = solved,
    rearrange: Callable[[str, Raw], None] | None = None,
) -> Path:
    """Write a submission.

    Args:
        folder: where to.
        answers: new sources of cells, by cell id.
        replace: (old, new) pieces of a cell's source, by cell id; the old one must be there.
        start: which notebooks to start from.
        rearrange: any other change of a notebook's JSON, given its name.
    """
    changes, pieces = dict(answers or {}), dict(replace or {})
    folder.mkdir(parents=True, exist_ok=True)
    for name in NOTEBOOKS:
        notebook = start(name)
        for cell in notebook["cells"]:
            cell["source"] = changes.pop(cell["id"], cell["source"])
            if piece := pieces.pop(cell["id"], None):
                assert piece[0] in cell["source"], cell["id"]
                cell["source"] = cell["source"].replace(*piece)
        if rearrange:
            rearrange(name, notebook)
        (folder / f"{name}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    assert not changes, f"no such cells: {sorted(changes)}"
    assert not pieces, f"no such cells: {sorted(pieces)}"
    return folder


def add_cell(notebook: Raw, source: str, *, before: str | None = None) -> None:
    """Insert a code cell of the student's own, at the end by default."""
    cell: Raw = {
        "id": f"own-{len(notebook['cells'])}", "cell_type": "code", "metadata": {},
        "source": source, "outputs": [], "execution_count": None,
    }  # fmt: skip
    ids = [other["id"] for other in notebook["cells"]]
    notebook["cells"].insert(ids.index(before) if before else len(ids), cell)
