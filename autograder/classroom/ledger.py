"""What has been graded already, so that a run that was killed goes on where it stopped.

One row for each student: the digest of all that the grade depends on, the grade, and
whether it has reached the gradebook; and the versions that each grade had. A row is
committed before the gradebook is written, so a crash at any moment costs at most the
submission that was under way.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Self

import msgspec

from autograder.course.course import Course
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


class Version(msgspec.Struct, frozen=True):
    """A grade that a student had at some time, and what it depended on."""

    at: str
    """When it was graded: date and time, UTC."""
    parts: dict[str, str]
    """By what it depended on, a digest."""
    grade: Grade


class Ledger:
    """The rows of one assignment; a context manager that one process at a time may hold.

    Raises:
        UsageError: on entry, if another process holds it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

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
        self._database = _connect(self._path)
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()
        os.close(self._lock)

    def get(self, student: str) -> Entry | None:
        """A student's row, or None."""
        row = self._database.execute(
            "SELECT digest, graded, written FROM grades WHERE student = ?", (student,)
        ).fetchone()
        return Entry(row[0], row[1], bool(row[2])) if row else None

    def put(self, student: str, digest: str, graded: bytes, version: Version | None = None) -> None:
        """Keep a new grade that the gradebook does not have yet, and its version for history."""
        with self._database:
            self._database.execute(
                "INSERT OR REPLACE INTO grades VALUES (?, ?, ?, 0)", (student, digest, graded)
            )
            if version is not None:
                self._database.execute(
                    "INSERT INTO versions (student, version) VALUES (?, ?)",
                    (student, msgspec.msgpack.encode(version)),
                )

    def last(self, student: str) -> Version | None:
        """The version of a student's grade that was graded last."""
        return next(reversed(_versions(self._database, student)), None)

    def begin_run(self) -> None:
        """Note that a run begins: what comes now is what it changed."""
        with self._database:
            self._database.execute(
                "INSERT INTO runs (after) SELECT COALESCE(MAX(number), 0) FROM versions"
            )

    def mark_written(self, student: str) -> None:
        """Note that the gradebook has a student's grade."""
        with self._database:
            self._database.execute("UPDATE grades SET written = 1 WHERE student = ?", (student,))


def recorded(course: Course, assignment: str) -> Iterator[tuple[str, Entry]]:
    """All rows of the ledger by student, one at a time; none if nothing was graded yet."""
    path = ledger_path(course, assignment)
    if not path.exists():
        return
    database = _connect(path)
    try:
        rows = database.execute(
            "SELECT student, digest, graded, written FROM grades ORDER BY student"
        )
        for row in rows:
            yield row[0], Entry(row[1], row[2], bool(row[3]))
    finally:
        database.close()


def last_run(course: Course, assignment: str) -> dict[str, tuple[Version, Version]]:
    """Of students who were graded again in the last run, the version before it and the new one."""
    path = ledger_path(course, assignment)
    if not path.exists():
        return {}
    database = _connect(path)
    try:
        (after,) = database.execute("SELECT MAX(after) FROM runs").fetchone()
        again = database.execute(
            "SELECT DISTINCT student FROM versions WHERE number > ? AND student IN "
            "(SELECT student FROM versions WHERE number <= ?) ORDER BY student",
            (after, after),
        ).fetchall()
        found: dict[str, tuple[Version, Version]] = {}
        for (student,) in again:
            versions = _versions(database, student)
            if len(versions) > 1:
                found[student] = versions[-2], versions[-1]
        return found
    finally:
        database.close()


def history(course: Course, assignment: str, student: str) -> list[Version]:
    """All versions of a student's grade, the first one first."""
    path = ledger_path(course, assignment)
    if not path.exists():
        return []
    database = _connect(path)
    try:
        return _versions(database, student)
    finally:
        database.close()


def _versions(database: sqlite3.Connection, student: str) -> list[Version]:
    rows = database.execute(
        "SELECT version FROM versions WHERE student = ? ORDER BY number", (student,)
    )
    found: list[Version] = []
    for (encoded,) in rows:
        with suppress(msgspec.DecodeError):  # of another version of the autograder
            found.append(msgspec.msgpack.decode(encoded, type=Version))
    return found


def _connect(path: Path) -> sqlite3.Connection:
    try:
        database = sqlite3.connect(path)
        database.execute(
            "CREATE TABLE IF NOT EXISTS grades (student TEXT PRIMARY KEY, digest TEXT NOT NULL, "
            "graded BLOB NOT NULL, written INTEGER NOT NULL)"
        )
        database.execute(
            "CREATE TABLE IF NOT EXISTS versions "
            "(number INTEGER PRIMARY KEY, student TEXT NOT NULL, version BLOB NOT NULL)"
        )
        database.execute("CREATE INDEX IF NOT EXISTS of_student ON versions (student)")
        database.execute("CREATE TABLE IF NOT EXISTS runs (after INTEGER NOT NULL)")
    except sqlite3.DatabaseError as error:
        raise UsageError(
            f"{path} is damaged ({error}); delete it, and everything is graded again."
        ) from None
    path.chmod(0o600)
    return database
