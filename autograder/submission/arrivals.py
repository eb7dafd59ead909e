"""What comes from a platform: the files of a folder or of a zip, none of them trusted.

Each is named by its path, which leads nowhere but down, and read through `reader` or out of the
zip, never more of it than was asked for. Nothing is unpacked to be looked at.
"""

from __future__ import annotations

import io
import os
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import lru_cache, partial
from pathlib import Path
from typing import IO

import msgspec

from autograder.errors import UsageError
from autograder.submission.intake import shown
from autograder.submission.reader import MAX_ENTRIES, RefusedError, walk

MAX_FILE_BYTES = 200_000_000
"""Of a file that comes from a platform; notebooks are read up to a tenth of it."""
MAX_DIRECTORY_BYTES = 5_000_000
"""Of the list of files in a zip that a student made: each line becomes an object of ours."""
MAX_NAME_BYTES, MAX_PATH_BYTES = 200, 1_000
PASSED_OVER = frozenset({"__MACOSX", "__pycache__", "Thumbs.db", "desktop.ini"})
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Ways of packing that are unpacked bit by bit: the others unpack all at once, however much."""
_END, _LOCATOR_BYTES = struct.Struct("<4s4H2LH"), 20
_BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, ValueError, EOFError, RuntimeError,
)  # fmt: skip
"""What a damaged zip makes `zipfile` raise; NotImplementedError is a RuntimeError."""
_ENCRYPTED, _UTF8 = 0x1, 0x800


class Arrived(msgspec.Struct, frozen=True):
    """A file that came; not opened yet."""

    parts: tuple[str, ...]
    """The folders on the way, and the name."""
    read: Callable[[int], bytes]
    """The whole content, if it is not larger than so many bytes; else raises an `OSError`."""
    refused: str = ""
    """Why it is not taken, as the end of a sentence."""

    @property
    def path(self) -> str:
        """Where it lay, as a sentence can hold it."""
        return shown("/".join(self.parts))


class Source(msgspec.Struct, frozen=True):
    """All that came at once."""

    files: tuple[Arrived, ...]
    repositories: frozenset[str] = frozenset()
    """Folders that are clones."""
    owners: dict[str, int] = {}
    """Who owns each folder, as the system's number."""


def open_source(path: Path) -> Source:
    """List what lies in a folder or in a zip.

    Raises:
        UsageError: if it is neither.
    """
    if path.is_dir():
        return _folder(path)
    if not path.exists():
        raise UsageError(f"There is no {path}; give a platform's zip, or a folder.")
    try:
        files = tuple(_entries(zipfile.ZipFile(path)))
    except (*_BROKEN, OSError) as error:
        raise UsageError(f"{path} is no readable zip ({error}); download it again.") from error
    return Source(files)


def inside(file: Arrived) -> list[Arrived]:
    """The files of a zip that a student handed in.

    Raises:
        OSError: it is none, or larger than is read.
    """
    return list(_entries(_opened(file), file))


@lru_cache(maxsize=1)  # files are read student by student, and only one such zip is held at a time
def _opened(file: Arrived) -> zipfile.ZipFile:
    content = file.read(MAX_FILE_BYTES)
    if _directory_bytes(content) > MAX_DIRECTORY_BYTES:
        raise RefusedError("lists too many files")
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except _BROKEN as error:
        raise RefusedError("is no readable zip") from error
    if len(archive.infolist()) > MAX_ENTRIES:
        raise RefusedError("lists too many files")
    return archive


def _folder(path: Path) -> Source:
    files: list[Arrived] = []
    repositories: set[str] = set()
    owners: dict[str, int] = {}
    for entry in sorted(os.scandir(path), key=lambda entry: entry.name):
        if entry.name.startswith(".") or entry.name in PASSED_OVER:
            continue
        if entry.is_symlink():
            files.append(_refused((entry.name,), "is a link"))
        elif entry.is_dir():
            owners[entry.name] = entry.stat(follow_symlinks=False).st_uid
            if (Path(entry.path) / ".git").exists():
                repositories.add(entry.name)
            files += _walked(Path(entry.path), (entry.name,))
    return Source((*files, *_walked(path, (), 1)), frozenset(repositories), owners)


def _walked(folder: Path, before: tuple[str, ...], depth: int = 99) -> Iterator[Arrived]:
    for file in walk(folder):
        if len(file.parts) > depth or (not file.regular and depth == 1):
            continue
        parts = (*before, *(os.fsencode(part).decode("utf-8", "replace") for part in file.parts))
        if not file.regular:
            yield _refused(parts, "is a link, or no file")
        elif not _passed_over(parts):
            yield Arrived(parts, file.read, _bad_name(parts))


def _entries(archive: zipfile.ZipFile, lies_in: Arrived | None = None) -> Iterator[Arrived]:
    for info in archive.infolist():
        name = _decoded(info).replace("\\", "/")
        parts = tuple(part for part in name.split("/") if part not in ("", "."))
        kind = stat.S_IFMT(info.external_attr >> 16)
        if name.endswith("/") or not parts or _passed_over(parts):
            continue
        if name.startswith("/") or ".." in parts:
            yield _refused(parts, "leads out of the archive")
        elif kind not in (0, stat.S_IFREG):
            yield _refused(parts, "is a link, or no file")
        elif info.flag_bits & _ENCRYPTED:
            yield _refused(parts, "is locked with a password")
        elif info.compress_type not in _PACKED:
            yield _refused(parts, "is packed in an unusual way")
        else:
            of = partial(_opened, lies_in) if lies_in else partial(_same, archive)
            yield Arrived(parts, _reads(of, info), _bad_name(parts))


def _same(archive: zipfile.ZipFile) -> zipfile.ZipFile:
    return archive


def _reads(of: Callable[[], zipfile.ZipFile], info: zipfile.ZipInfo) -> Callable[[int], bytes]:
    def read(limit: int) -> bytes:
        if info.file_size > limit:
            raise RefusedError(f"is larger than {limit:,} bytes")
        try:
            opened: IO[bytes] = of().open(info)
            with opened as file:
                content = file.read(limit + 1)  # whatever its entry says of its size
        except _BROKEN as error:
            raise RefusedError("is damaged") from error
        if len(content) > limit:
            raise RefusedError(f"is larger than {limit:,} bytes")
        return content

    return read


def _decoded(info: zipfile.ZipInfo) -> str:
    """A name in a zip: many programs write UTF-8 and do not say so."""
    name = info.filename
    if not info.flag_bits & _UTF8:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return unicodedata.normalize("NFC", name)


def _directory_bytes(content: bytes) -> int:
    """The size of a zip's list of files, as its end says and `zipfile` reads it."""
    at = content.rfind(b"PK\x05\x06")
    if at < 0 or at + _END.size > len(content):
        raise RefusedError("is no readable zip")
    if content[max(0, at - _LOCATOR_BYTES) : at].startswith(b"PK\x06\x07"):
        raise RefusedError("is a zip made for more than 4 GB")  # its list is told of elsewhere
    size: int = _END.unpack_from(content, at)[5]
    return size  # one of more than 4 GB says 0xFFFFFFFF here


def _passed_over(parts: tuple[str, ...]) -> bool:
    return any(part in PASSED_OVER or part.startswith(".") for part in parts if part != "..")


def _bad_name(parts: tuple[str, ...]) -> str:
    for part in parts:
        if not part.isprintable() or "\ufffd" in part:
            return "has a name that is no text"
        if len(part.encode()) > MAX_NAME_BYTES:
            return "has too long a name"
    if len("/".join(parts).encode()) > MAX_PATH_BYTES:
        return "has too long a path"
    return ""


def _refused(parts: tuple[str, ...], why: str) -> Arrived:
    def read(limit: int) -> bytes:
        raise RefusedError(why)

    return Arrived(parts, read, why)
