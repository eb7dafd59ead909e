"""What has been graded already, so that a run that was killed goes on where it stopped.

One row for each student: the digest of all that the grade depends on, the grade, whether it
has reached the gradebook, and how long it took; and the versions that each grade had. A row is
committed before the gradebook is written, so a crash at any moment costs at most the
submission that was under way.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import msgspec

from autograder.classroom.ledger_file import TooOldError, connect, in_a_sentence
from autograder.course.course import Course
from autograder.course.waiting import tell
from autograder.errors import UsageError
from autograder.model import Grade


class Entry(msgspec.Struct, frozen=True):
    """One student's row."""

    digest: str
    graded: bytes
    """An encoded `GradedSubmission`."""
    written: bool
    """Whether the gradebook has it."""


def ledger_path(course: Course, assignment: str) -> Path:
    """Where an assignment's ledger lies."""
    return course.root / ".autograder" / f"ledger-{assignment}.sqlite"


SUBMISSION = "the submission"
"""In `Version.parts`, what the student handed in."""


class Version(msgspec.Struct, frozen=True):
    """A grade that a student had at some time, and what it depended on."""

    at: str
    """When it was graded: date and time, UTC."""
    parts: dict[str, str]
    """By what it depended on, a digest."""
    grade: Grade

    @property
    def files(self) -> str:
        """The digest of the files that were handed in; empty if they could not be read."""
        return self.parts.get(SUBMISSION, "")

    def says_the_same(self, other: Version) -> bool:
        """Whether history needs no new line."""
        return (self.parts, self.grade) == (other.parts, other.grade)


class Ledger:
    """The rows of one assignment; a context manager that one process at a time may hold.

    What an earlier version wrote is brought up to date or, if it is too old for that, set aside.

    Raises:
        UsageError: on entry, if another process holds it; whenever it turns out to be damaged.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._together = path, False

    def __enter__(self) -> Self:
        self._path.parent.mkdir(mode=0o700, exist_ok=True)
        self._lock = os.open(self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise UsageError(
                "Another 'autograder grade' is at work on this assignment; wait for it to end."
            ) from None
        try:
            self._database = self._opened()
        except BaseException:
            os.close(self._lock)
            raise
        return self

    def _opened(self) -> sqlite3.Connection:
        try:
            return connect(self._path)
        except TooOldError:
            aside = self._path.with_suffix(f".{datetime.now(UTC):%Y%m%d-%H%M%S}.old")
            self._path.rename(aside)
            tell(
                f"{self._path.name} is of a version that cannot be read any more: it is set aside "
                f"as {aside.name}, and everything is graded again."
            )
            return connect(self._path)

    def __exit__(self, *_: object) -> None:
        self._database.close()
        os.close(self._lock)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Write at once what is put or marked meanwhile: each write waits for the disk."""
        with in_a_sentence(self._path), self._database:
            self._together = True
            try:
                yield
            finally:
                self._together = False

    def _transaction(self) -> AbstractContextManager[object]:
        return nullcontext() if self._together else self._database

    def get(self, student: str) -> Entry | None:
        """A student's row, or None."""
        with in_a_sentence(self._path):
            return next((entry for _, entry in _entries(self._database, student)), None)

    def put(
        self,
        student: str,
        digest: str,
        graded: bytes,
        version: Version | None = None,
        seconds: float | None = None,
    ) -> None:
        """Keep a new grade that the gradebook does not have yet, and its version for history."""
        with in_a_sentence(self._path), self._transaction():
            self._database.execute(
                "INSERT OR REPLACE INTO grades (student, digest, graded, written, seconds) "
                "VALUES (?, ?, ?, 0, ?)",
                (student, digest, graded, seconds),
            )
            if version is not None:
                self._database.execute(
                    "INSERT INTO versions (student, version) VALUES (?, ?)",
                    (student, msgspec.msgpack.encode(version)),
                )

    def last(self, student: str) -> Version | None:
        """The version of a student's grade that was graded last."""
        return next(reversed(_versions(self._database, self._path, student)), None)

    def begin_run(self) -> None:
        """Note that a run begins: what comes now is what it changed."""
        with in_a_sentence(self._path), self._database:
            self._database.execute(
                "INSERT INTO runs (after) SELECT COALESCE(MAX(number), 0) FROM versions"
            )

    def mark_written(self, student: str) -> None:
        """Note that the gradebook has a student's grade."""
        with in_a_sentence(self._path), self._transaction():
            self._database.execute("UPDATE grades SET written = 1 WHERE student = ?", (student,))

    def times(self) -> dict[str, float]:
        """By student, the seconds that grading took; without those that nobody timed."""
        with in_a_sentence(self._path):
            known = "SELECT student, seconds FROM grades WHERE seconds IS NOT NULL"
            return dict(self._database.execute(known).fetchall())

    def rows(self, student: str) -> int:
        """How many rows there are of a student."""
        with in_a_sentence(self._path):
            count = "SELECT count(*) FROM grades WHERE student = ?"
            count = f"SELECT ({count}) + ({count.replace('grades', 'versions')})"
            return int(self._database.execute(count, (student, student)).fetchone()[0])

    def forget(self, student: str) -> None:
        """Remove all rows of a student, from the file's unused pages too."""
        with in_a_sentence(self._path):
            with self._database:
                self._database.execute("DELETE FROM grades WHERE student = ?", (student,))
                self._database.execute("DELETE FROM versions WHERE student = ?", (student,))
            self._database.execute("VACUUM")


def recorded(course: Course, assignment: str) -> Iterator[tuple[str, Entry]]:
    """All rows of the ledger by student, one at a time; none if nothing was graded yet.

    Raises:
        UsageError: if the ledger is damaged, or of another version.
    """
    path = ledger_path(course, assignment)
    if not path.exists():
        return
    with _reading(path, assignment) as database, in_a_sentence(path):
        yield from _entries(database)


def last_run(course: Course, assignment: str) -> dict[str, tuple[Version, Version]]:
    """Of students who were graded again in the last run, the version before it and the new one.

    Raises as `recorded` does.
    """
    path = ledger_path(course, assignment)
    if not path.exists():
        return {}
    with _reading(path, assignment) as database:
        with in_a_sentence(path):
            (after,) = database.execute("SELECT MAX(after) FROM runs").fetchone()
            again = database.execute(
                "SELECT DISTINCT student FROM versions WHERE number > ? AND student IN "
                "(SELECT student FROM versions WHERE number <= ?) ORDER BY student",
                (after, after),
            ).fetchall()
        found: dict[str, tuple[Version, Version]] = {}
        for (student,) in again:
            versions = _versions(database, path, student)
            if len(versions) > 1:
                found[student] = versions[-2], versions[-1]
        return found


def history(course: Course, assignment: str, student: str) -> list[Version]:
    """All versions of a student's grade, the first one first. Raises as `recorded` does."""
    path = ledger_path(course, assignment)
    if not path.exists():
        return []
    with _reading(path, assignment) as database:
        return _versions(database, path, student)


@contextmanager
def _reading(path: Path, assignment: str) -> Iterator[sqlite3.Connection]:
    try:
        database = connect(path)
    except TooOldError:
        raise UsageError(
            f"{path} is of a version that cannot be read any more; run "
            f"'autograder grade {assignment}' to grade again."
        ) from None
    try:
        yield database
    finally:
        database.close()


def _entries(
    database: sqlite3.Connection, student: str | None = None
) -> Iterator[tuple[str, Entry]]:
    rows = database.execute(
        "SELECT student, digest, graded, written FROM grades "
        "WHERE ?1 IS NULL OR student = ?1 ORDER BY student",
        (student,),
    )
    for row in rows:
        yield row[0], Entry(row[1], row[2], bool(row[3]))


def _versions(database: sqlite3.Connection, path: Path, student: str) -> list[Version]:
    with in_a_sentence(path):
        rows = database.execute(
            "SELECT version FROM versions WHERE student = ? ORDER BY number", (student,)
        ).fetchall()
    found: list[Version] = []
    for (encoded,) in rows:
        with suppress(msgspec.DecodeError):  # of another version of the autograder
            found.append(msgspec.msgpack.decode(encoded, type=Version))
    return found
