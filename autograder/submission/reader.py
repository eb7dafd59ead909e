"""The one door to the files of a submission: nothing else in the engine opens them.

A student chooses what lies in the folder. So each step of the way is opened without following
a link, nothing but a regular file is read, and never more of it than the caller can use. Pipes,
devices and sockets are recognized before they are opened: opening one can wait for ever.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path, PurePath

import msgspec

MAX_DEPTH = 4
"""Folders below the submission's own that are looked into."""
MAX_ENTRIES = 100_000
"""Files and folders of a submission that are looked at, whatever else is there."""
_AS_IT_IS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


class RefusedError(OSError):
    """A file that is not read; the message says why, as the end of a sentence."""


class SubmittedFile(msgspec.Struct, frozen=True):
    """Something that lies in a submission under a file's name; not opened yet."""

    folder: Path
    """The submission's folder, which is trusted to be where it is."""
    path: PurePath
    """Where it lies in there."""
    size: int = 0
    regular: bool = True
    """Whether it was a file, and no link, pipe, device or socket."""

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name

    @property
    def stem(self) -> str:
        """The name without what it ends in."""
        return self.path.stem

    @property
    def suffix(self) -> str:
        """What the name ends in, with the dot."""
        return self.path.suffix

    @property
    def parts(self) -> tuple[str, ...]:
        """The folders on the way, and the name."""
        return self.path.parts

    def read(self, limit: int) -> bytes:
        """The whole content.

        Args:
            limit: bytes of the largest file that is read.

        Raises:
            RefusedError: it is not a regular file, a link is on the way, or it is too large.
            OSError: it is gone, or may not be read.
        """
        step = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for part in self.path.parts[:-1]:
                last, step = step, _open_folder(part, step)
                os.close(last)
            return _read(self.path.name, step, limit)
        finally:
            os.close(step)


class SentFile(SubmittedFile, frozen=True, eq=False):
    """One that was read elsewhere, or in another process; None is what was not read."""

    content: bytes | None = None

    def read(self, limit: int) -> bytes:
        """The whole content; raises RefusedError if it was not read, or is too large."""
        if self.content is None or len(self.content) > limit:
            raise RefusedError(f"is larger than {limit:,} bytes")
        return self.content


def _open_folder(name: str, parent: int) -> int:
    if name in ("..", os.sep):
        raise RefusedError("leads out of the submission")
    try:
        return os.open(name, _AS_IT_IS | os.O_DIRECTORY, dir_fd=parent)
    except NotADirectoryError as error:
        raise RefusedError("lies behind a link") from error


def _read(name: str, parent: int, limit: int) -> bytes:
    if not stat.S_ISREG(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
        raise RefusedError("is not a regular file")
    descriptor = os.open(name, _AS_IT_IS, dir_fd=parent)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):  # changed since we asked
            raise RefusedError("is not a regular file")
        content = file.read(limit + 1)  # one that grows meanwhile is too large, too
    if len(content) > limit:
        raise RefusedError(f"is larger than {limit:,} bytes")
    return content


def read_file(folder: Path, name: str, limit: int) -> bytes:
    """Read one file of a submission by its name; raises as `SubmittedFile.read` does."""
    return SubmittedFile(folder, PurePath(name)).read(limit)


def walk(folder: Path) -> Iterator[SubmittedFile]:
    """All that lies in a submission, at most `MAX_DEPTH` folders deep, in order of name.

    Hidden folders and those of Python's own are passed over. After `MAX_ENTRIES` files and
    folders it ends.
    """
    left = [MAX_ENTRIES]
    yield from _walk(folder, PurePath(), left)


def holds_more_than(folder: Path, count: int) -> bool:
    """Whether there are more files and folders in a submission, at any depth."""
    for _, folders, names in os.walk(folder, followlinks=False):
        count -= len(folders) + len(names)
        if count < 0:
            return True
    return False


def _walk(folder: Path, at: PurePath, left: list[int]) -> Iterator[SubmittedFile]:
    deeper: list[PurePath] = []
    found: list[SubmittedFile] = []
    try:
        with os.scandir(folder / at) as entries:
            for entry in entries:
                left[0] -= 1
                if left[0] < 0:
                    break
                path = at / entry.name
                if entry.is_dir(follow_symlinks=False):
                    if len(at.parts) < MAX_DEPTH and not entry.name.startswith((".", "__")):
                        deeper.append(path)
                    continue
                status = entry.stat(follow_symlinks=False)
                regular = stat.S_ISREG(status.st_mode)
                found.append(SubmittedFile(folder, path, status.st_size * regular, regular))
    except OSError:  # a folder that may not be listed, or went away
        return
    yield from sorted(found, key=lambda file: file.name)
    for path in sorted(deeper):
        yield from _walk(folder, path, left)
