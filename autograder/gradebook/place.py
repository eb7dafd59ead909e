"""The folders of `autograded/`: written beside their place, and then put there."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from autograder.course.course import Course

READ_ONLY = 0o444
"""As nbgrader leaves autograded files."""
Files = Mapping[str, bytes]
"""What is to be written, by relative path."""


def place_of(course: Course, student: str, assignment: str) -> Path:
    """The folder of `autograded/` that belongs to a submission."""
    return course.root / "autograded" / student / assignment


def written_beside(target: Path, files: Files) -> Path:
    """Write a folder of `autograded/` under another name, for `put_in_place`; returns it.

    The name is this process's own: a worker whose coordinator was killed may still be at work.
    """
    fresh = target.with_name(f".{target.name}.{os.getpid()}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        write_all(fresh, files)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    return fresh


def put_in_place(fresh: Path, target: Path) -> None:
    """Let a folder take its place in `autograded/`; the one before goes."""
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)
    clear_beside(target)


def clear_beside(target: Path) -> None:
    """Remove what workers that are gone have written beside a folder of `autograded/`."""
    left = re.compile(rf"\.{re.escape(target.name)}\.(\d+\.)?new")
    with suppress(OSError):
        for name in filter(left.fullmatch, os.listdir(target.parent)):
            shutil.rmtree(target.with_name(name), ignore_errors=True)


def write_all(folder: Path, files: Files) -> None:
    """Write a folder, read-only, over what is there."""
    for parent in {os.path.dirname(name) for name in files}:
        (folder / parent).mkdir(parents=True, exist_ok=True)
    for name, raw in files.items():
        path = folder / name
        path.unlink(missing_ok=True)
        path.write_bytes(raw)
        path.chmod(READ_ONLY)
