"""The source notebooks as tests use them: cells by id, run one after the other without a kernel."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
SOURCE = ROOT / "source" / "batchnorm"
SECOND = SOURCE / "batch_normalization.ipynb"

if str(SOURCE) not in sys.path:  # notebooks find `support` in their own folder
    sys.path.insert(0, str(SOURCE))


def cells(path: Path = SECOND) -> dict[str, Any]:
    """The cells of a notebook by id, each with its source as one string."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return {cell["id"]: {**cell, "source": "".join(cell["source"])} for cell in notebook["cells"]}


def code(path: Path = SECOND) -> dict[str, str]:
    """The source of each code cell by id."""
    return {id_: cell["source"] for id_, cell in cells(path).items() if cell["cell_type"] == "code"}


def run(ids: Iterable[str], namespace: dict[str, Any], sources: dict[str, str]) -> dict[str, Any]:
    """Execute cells in `namespace`, in the order given."""
    for id_ in ids:
        exec(compile(sources[id_], f"<cell {id_}>", "exec"), namespace)
    return namespace


def until(last: str, sources: dict[str, str]) -> list[str]:
    """The ids of all cells up to and with `last`."""
    ids = list(sources)
    return ids[: ids.index(last) + 1]


def blank(source: str, stub: str = 'raise NotImplementedError("blank")') -> str:
    """A cell with each solution region replaced by a stub."""
    pattern = r"( *)### BEGIN SOLUTION.*?### END SOLUTION"
    return re.sub(pattern, lambda region: region[1] + stub, source, flags=re.DOTALL)
