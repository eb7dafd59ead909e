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
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import msgspec

from autograder.course.course import Course
from autograder.course.waiting import tell
from autograder.errors import UsageError, is_full_disk
from autograder.model import Grade

LAYOUT = 2
"""Which tables a ledger has; it carries the number. 1 had no `seconds`, and did not carry it."""
COLUMNS = {"student", "digest", "graded", "written"}
"""Of `grades`, since layout 1; a ledger without them is older than that."""


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

    What an earlier version wrote is brought up to date or, if it is too old for that, set aside.

    Raises:
        UsageError: on entry, if another process holds it; whenever it turns out to be damaged.
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
        try:
            self._database = self._opened()
        except BaseException:
            os.close(self._lock)
            raise
        return self

    def _opened(self) -> sqlite3.Connection:
        try:
            return _connect(self._path)
        except _TooOldError:
            aside = self._path.with_suffix(f".{datetime.now(UTC):%Y%m%d-%H%M%S}.old")
            self._path.rename(aside)
            tell(
                f"{self._path.name} is of a version that cannot be read any more: it is set aside "
                f"as {aside.name}, and everything is graded again."
            )
            return _connect(self._path)

    def __exit__(self, *_: object) -> None:
        self._database.close()
        os.close(self._lock)

    def get(self, student: str) -> Entry | None:
        """A student's row, or None."""
        return next(iter(_entries(self._database, self._path, student).values()), None)

    def put(
        self,
        student: str,
        digest: str,
        graded: bytes,
        version: Version | None = None,
        seconds: float | None = None,
    ) -> None:
        """Keep a new grade that the gradebook does not have yet, and its version for history."""
        with _in_a_sentence(self._path), self._database:
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

    def mark_written(self, student: str) -> None:
        """Note that the gradebook has a student's grade."""
        with _in_a_sentence(self._path), self._database:
            self._database.execute("UPDATE grades SET written = 1 WHERE student = ?", (student,))

    def times(self) -> dict[str, float]:
        """By student, the seconds that grading took; without those that nobody timed."""
        with _in_a_sentence(self._path):
            known = "SELECT student, seconds FROM grades WHERE seconds IS NOT NULL"
            return dict(self._database.execute(known).fetchall())

    def rows(self, student: str) -> int:
        """How many rows there are of a student."""
        with _in_a_sentence(self._path):
            count = "SELECT count(*) FROM grades WHERE student = ?"
            count = f"SELECT ({count}) + ({count.replace('grades', 'versions')})"
            return int(self._database.execute(count, (student, student)).fetchone()[0])

    def forget(self, student: str) -> None:
        """Remove all rows of a student, from the file's unused pages too."""
        with _in_a_sentence(self._path):
            with self._database:
                self._database.execute("DELETE FROM grades WHERE student = ?", (student,))
                self._database.execute("DELETE FROM versions WHERE student = ?", (student,))
            self._database.execute("VACUUM")


def recorded(course: Course, assignment: str) -> dict[str, Entry]:
    """All rows of the ledger by student; empty if nothing was graded yet.

    Raises:
        UsageError: if the ledger is damaged, or of another version.
    """
    path = ledger_path(course, assignment)
    if not path.exists():
        return {}
    with _reading(path, assignment) as database:
        return _entries(database, path)


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
        database = _connect(path)
    except _TooOldError:
        raise UsageError(
            f"{path} is of a version that cannot be read any more; run "
            f"'autograder grade {assignment}' to grade again."
        ) from None
    try:
        yield database
    finally:
        database.close()


def _entries(
    database: sqlite3.Connection, path: Path, student: str | None = None
) -> dict[str, Entry]:
    with _in_a_sentence(path):
        rows = database.execute(
            "SELECT student, digest, graded, written FROM grades "
            "WHERE ?1 IS NULL OR student = ?1 ORDER BY student",
            (student,),
        )
        return {row[0]: Entry(row[1], row[2], bool(row[3])) for row in rows}


def _versions(database: sqlite3.Connection, path: Path, student: str) -> list[Version]:
    with _in_a_sentence(path):
        rows = database.execute(
            "SELECT version FROM versions WHERE student = ? ORDER BY number", (student,)
        ).fetchall()
    found: list[Version] = []
    for (encoded,) in rows:
        with suppress(msgspec.DecodeError):  # of another version of the autograder
            found.append(msgspec.msgpack.decode(encoded, type=Version))
    return found


class _TooOldError(Exception):
    """The ledger is of a time before layout 1."""


def _connect(path: Path) -> sqlite3.Connection:
    """Open a ledger, and bring it up to date.

    Raises:
        UsageError: if it is damaged, or of a version that is newer than this one.
        _TooOldError: if it lacks what every layout has.
    """
    with _in_a_sentence(path):
        database = sqlite3.connect(path)
        try:
            _bring_up_to_date(database, path)
        except BaseException:
            database.close()
            raise
    path.chmod(0o600)
    return database


def _bring_up_to_date(database: sqlite3.Connection, path: Path) -> None:
    if (layout := _layout(database)) > LAYOUT:
        raise UsageError(
            f"{path} was written by a newer version of the autograder; install that one again, or "
            "move the file away, and everything is graded again."
        )
    if layout == LAYOUT:
        return
    with database:
        database.execute("BEGIN IMMEDIATE")
        columns = {row[1] for row in database.execute("PRAGMA table_info(grades)")}
        if columns and not columns >= COLUMNS:
            raise _TooOldError
        if not columns:
            database.execute(
                "CREATE TABLE grades (student TEXT PRIMARY KEY, digest TEXT NOT NULL, "
                "graded BLOB NOT NULL, written INTEGER NOT NULL)"
            )
        if "seconds" not in columns:
            database.execute("ALTER TABLE grades ADD COLUMN seconds REAL")
        database.execute(
            "CREATE TABLE IF NOT EXISTS versions "
            "(number INTEGER PRIMARY KEY, student TEXT NOT NULL, version BLOB NOT NULL)"
        )
        database.execute(f"PRAGMA user_version = {LAYOUT}")


def _layout(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


@contextmanager
def _in_a_sentence(path: Path) -> Iterator[None]:
    """Say in one sentence what is wrong with the file."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if is_full_disk(error):
            raise
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            said = f"{path} is damaged ({error}); delete it, and everything is graded again."
        else:
            said = f"{path} cannot be used ({error}); see whose it is, and what its disk says."
        raise UsageError(said) from None
