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


MOST_ALIKE = 200
"""Files that a process keeps open to link to them."""


class Alike:
    """The files that lie beside everybody's notebooks: written once, and then linked to.

    They are read-only, so that nobody sees a difference, and a class of a thousand has one copy of
    each and not a thousand. Where a file system gives no link, each gets its own.

    Args:
        files: these files.
    """

    def __init__(self, files: Files) -> None:
        self._files = files
        self._open: dict[str, tuple[int, tuple[int, int, int]]] = {}

    def write(self, folder: Path) -> None:
        """Write all of them, over what is there."""
        _make_parents(folder, self._files)
        for name, raw in self._files.items():
            path = folder / name
            path.unlink(missing_ok=True)
            if not self._linked(name, path):
                _write(path, raw)
                self._keep(name, path)

    def _linked(self, name: str, path: Path) -> bool:
        if name not in self._open:
            return False
        descriptor, written = self._open[name]
        try:
            if _version(descriptor) == written:
                # Python follows the link in /proc only if it is given a folder, which does not
                # count for a whole path.
                own = f"/proc/self/fd/{descriptor}"
                os.link(own, path, src_dir_fd=descriptor, follow_symlinks=True)
                return True
        except OSError:  # it was removed everywhere, has too many links, or none are to be had
            pass
        del self._open[name]
        os.close(descriptor)
        return False

    def _keep(self, name: str, path: Path) -> None:
        if len(self._open) < MOST_ALIKE:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            self._open[name] = descriptor, _version(descriptor)


def place_of(course: Course, student: str, assignment: str) -> Path:
    """The folder of `autograded/` that belongs to a submission."""
    return course.root / "autograded" / student / assignment


def written_beside(target: Path, own: Files, alike: Alike | None = None) -> Path:
    """Write a folder of `autograded/` under another name, for `put_in_place`; returns it.

    The name is this process's own: a worker whose coordinator was killed may still be at work.

    Args:
        target: its place.
        own: the submission's files.
        alike: everybody's, which come over them.
    """
    fresh = target.with_name(f".{target.name}.{os.getpid()}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        write_all(fresh, own)
        if alike is not None:
            alike.write(fresh)
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
    _make_parents(folder, files)
    for name, raw in files.items():
        path = folder / name
        path.unlink(missing_ok=True)
        _write(path, raw)


def _make_parents(folder: Path, files: Files) -> None:
    for parent in {os.path.dirname(name) for name in files}:
        (folder / parent).mkdir(parents=True, exist_ok=True)


def _write(path: Path, raw: bytes) -> None:
    path.write_bytes(raw)
    path.chmod(READ_ONLY)


def _version(descriptor: int) -> tuple[int, int, int]:
    """What changes when somebody changes a file in its place."""
    status = os.fstat(descriptor)
    return status.st_size, status.st_mtime_ns, status.st_mode
