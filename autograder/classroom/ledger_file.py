"""The ledger's file: its tables, how it is brought up to date, what is said of a damaged one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autograder.errors import UsageError, is_full_disk

LAYOUT = 2
"""Which tables a ledger has; it carries the number. Layout 1 did not, nor `seconds` and `runs`."""
COLUMNS = {"student", "digest", "graded", "written"}
"""Of `grades`, since layout 1; a ledger without them is older than that."""


class TooOldError(Exception):
    """The ledger is of a time before layout 1."""


def connect(path: Path) -> sqlite3.Connection:
    """Open a ledger, and bring it up to date.

    Raises:
        UsageError: if it is damaged, or of a version that is newer than this one.
        TooOldError: if it lacks what every layout has.
    """
    with in_a_sentence(path):
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
            raise TooOldError
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
        database.execute("CREATE INDEX IF NOT EXISTS of_student ON versions (student)")
        database.execute("CREATE TABLE IF NOT EXISTS runs (after INTEGER NOT NULL)")
        database.execute(f"PRAGMA user_version = {LAYOUT}")


def _layout(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


@contextmanager
def in_a_sentence(path: Path) -> Iterator[None]:
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
