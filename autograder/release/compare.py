"""Whether two builds of a release are the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat


def differences(old: Path, new: Path, step: str) -> list[str]:
    """One sentence for every file that is not the same in both folders."""
    return [
        f"{step}/{new.name}/{name} is not what source/{new.name} gives; "
        f"run 'autograder release {new.name}'."
        for name in different_files(old, new, with_outputs=step == "release")
    ]


def different_files(old: Path, new: Path, *, with_outputs: bool) -> list[str]:
    """The files, by path, that are not the same in both folders; of notebooks perhaps their cells."""
    names = sorted(_files(old) | _files(new))
    return [
        name for name in names if not _same(old / name, new / name, with_outputs=with_outputs)
    ]


def _files(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def _same(old: Path, new: Path, *, with_outputs: bool) -> bool:
    if not (old.is_file() and new.is_file()):
        return False
    if with_outputs or old.suffix != ".ipynb":
        return old.read_bytes() == new.read_bytes()
    return bool(_without_outputs(old) == _without_outputs(new))


def _without_outputs(path: Path) -> Any:
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell.pop("outputs", None)
        cell.pop("execution_count", None)
    return notebook
