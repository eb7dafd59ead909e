"""Folders and grades as bytes, so that grading can happen in another process or machine.

Everything here decodes to plain data (msgpack): nothing a student wrote is ever unpickled.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice
from pathlib import Path, PurePath

import msgspec

from autograder.assignment import find
from autograder.course.course import PRIVATE, Course, notebook_paths
from autograder.grading.graded import GradedSubmission, Outcome
from autograder.submission.folders import TIMESTAMP_FILE
from autograder.submission.intake import MAX_EXTRA_FILES, MAX_NOTEBOOK_BYTES
from autograder.submission.reader import SentFile, SubmittedFile, walk

MAX_FILES = 50 * MAX_EXTRA_FILES
MAX_FOLDER_BYTES = 10 * MAX_NOTEBOOK_BYTES
PACKAGE = Path(__file__).parents[1]
SHOWS_ONLY = ("outputs", "cli", "demo", "assignments")
"""What no grade depends on; an assignment's own files count for itself (`pack_course`)."""


class _File(msgspec.Struct, frozen=True):
    """One file of a folder; names and contents are bytes, since students choose both."""

    name: bytes
    content: bytes | None
    """None for a link or a special file, and for one too large to be read anyway."""
    size: int = 0
    """What a file without content measured; 0 for links and special files."""


class _PackedCourse(msgspec.Struct, frozen=True):
    source: bytes
    release: bytes
    private: bytes
    secret: bytes


class SentCourse(Course, frozen=True):
    """A course whose secret came with it, so that it lies in no file where grading happens."""

    sent_secret: bytes

    def secret(self) -> bytes:
        """The secret of the course it was packed from."""
        return self.sent_secret


def pack_folder(folder: Path) -> bytes:
    """Encode an untrusted folder, as deep as intake reads it; no links are followed.

    The same files always give the same bytes, whatever their dates and owners.
    """
    files: list[_File] = []
    room = MAX_FOLDER_BYTES
    for submitted in islice(walk(folder), MAX_FILES + 1):
        file = _packed_file(submitted, room)
        files.append(file)
        room -= len(file.content or b"")
    return msgspec.msgpack.encode(files)


def pack_present(folder: Path) -> bytes:
    """The same of a folder that can be listed: one that is gone is no empty submission.

    Raises:
        OSError: it cannot.
    """
    os.listdir(folder)
    return pack_folder(folder)


def handed_in_digest(packed: bytes) -> str:
    """A digest of a packed folder's files; when they came is no part of them."""
    files = msgspec.msgpack.decode(packed, type=list[_File])
    stamp = TIMESTAMP_FILE.encode()
    own = [file for file in files if not file.name.startswith(stamp)]
    return digest(msgspec.msgpack.encode(own))


def files_digest(folder: Path) -> str:
    """The same of a folder."""
    return handed_in_digest(pack_folder(folder))


def _packed_file(file: SubmittedFile, room: int) -> _File:
    name = os.fsencode(file.path)
    if not file.regular:
        return _File(name, None)
    limit = min(room, MAX_NOTEBOOK_BYTES)
    if file.size > limit:
        return _File(name, None, file.size)
    try:
        return _File(name, file.read(limit))
    except OSError:  # it may not be read, or was changed under our hands
        return _File(name, None)


def packed_files(packed: bytes) -> Iterator[SubmittedFile]:
    """The files of a packed folder, as `walk` gives them; nothing is written anywhere."""
    for file in msgspec.msgpack.decode(packed, type=list[_File]):
        path, content = PurePath(os.fsdecode(file.name)), file.content
        size = file.size if content is None else len(content)
        regular = content is not None or size > 0
        yield SentFile(Path(), path, size, regular, content)


def _unpack(packed: bytes, folder: Path) -> None:
    for file in msgspec.msgpack.decode(packed, type=list[_File]):
        path = folder / os.fsdecode(file.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content or b"")


def pack_course(course: Course, assignment: str) -> bytes:
    """Encode all that grading needs of a course: notebooks, release, private folder and secret."""
    found = find(course, assignment)
    packed = _PackedCourse(
        _packed(found.source, notebook_paths(found.source)),
        _packed(found.release, sorted(found.release.rglob("*"))),
        _packed(found.folder, found.private_files()) if found.folder else b"",
        course.secret(),
    )
    return msgspec.msgpack.encode(packed)


def parts_of(packed: bytes) -> dict[str, str]:
    """What of a packed course a grade depends on, and a digest of each part."""
    course = msgspec.msgpack.decode(packed, type=_PackedCourse)
    return {
        "the notebooks": digest(course.source, course.release),
        "the checks": digest(course.private),
        "the secret": digest(course.secret),
    }


def _packed(folder: Path, paths: Iterable[Path]) -> bytes:
    files = [path for path in paths if path.is_file() and "__pycache__" not in path.parts]
    return msgspec.msgpack.encode(
        [_File(os.fsencode(path.relative_to(folder)), path.read_bytes()) for path in files]
    )


def unpack_course(packed: bytes, assignment: str, root: Path) -> Course:
    """Lay out a packed course under `root`; the secret stays in memory."""
    course = msgspec.msgpack.decode(packed, type=_PackedCourse)
    folders = {Path("source"): course.source, Path("release"): course.release}
    if course.private:
        folders[PRIVATE] = course.private
    for step, folder in folders.items():
        (root / step / assignment).mkdir(parents=True)
        _unpack(folder, root / step / assignment)
    return SentCourse(root, course.secret)


def encode_graded(graded: GradedSubmission) -> bytes:
    """A graded submission as bytes."""
    return msgspec.msgpack.encode(graded)


def decode_graded(encoded: bytes) -> GradedSubmission:
    """Decode `encode_graded`'s bytes. Raises `msgspec.DecodeError` on anything else."""
    return msgspec.msgpack.decode(encoded, type=GradedSubmission)


def decode_outcome(encoded: bytes) -> Outcome:
    """Decode of `encode_graded`'s bytes what a run keeps; all else is skipped."""
    return msgspec.msgpack.decode(encoded, type=Outcome)


def digest(*parts: bytes) -> str:
    """One digest over several byte strings; where one ends and the next begins counts."""
    hashed = hashlib.sha256()
    for part in parts:
        hashed.update(len(part).to_bytes(8, "little"))
        hashed.update(part)
    return hashed.hexdigest()


@cache
def code_digest() -> str:
    """A digest of all in the engine that a grade can depend on."""
    paths = [
        path
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.relative_to(PACKAGE).parts[0] not in SHOWS_ONLY
    ]
    named = [(str(path.relative_to(PACKAGE)).encode(), path.read_bytes()) for path in paths]
    return digest(*(part for pair in named for part in pair))
