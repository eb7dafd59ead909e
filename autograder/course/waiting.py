"""Wait for a gradebook that another program has locked: formgrader, or a second command."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing

from autograder.errors import UsageError

PATIENCE = 5.0
"""Seconds until somebody is told that the gradebook is waited for."""
WAIT_WITHIN = 60
"""Seconds that a single query waits, if the lock comes between it and our look."""
SQLITE = "sqlite:///"
WAITING = "The gradebook is locked by another program; waiting until it is free (Ctrl-C stops)."


def tell(sentence: str) -> None:
    """Say something on stderr."""
    print(sentence, file=sys.stderr, flush=True)


def wait_until_free(
    db_url: str, say: Callable[[str], None] = tell, patience: float | None = None
) -> None:
    """Return when the gradebook can be written; at once if it is no SQLite file.

    Args:
        db_url: nbgrader's address of it.
        say: told once, after `patience` seconds of waiting; prints on stderr by default.
        patience: in seconds; `PATIENCE` by default.

    Raises:
        UsageError: if the file is no database.
    """
    path, said = db_url.removeprefix(SQLITE).partition("?")[0], False
    while db_url.startswith(SQLITE):
        try:
            with closing(sqlite3.connect(path, timeout=patience or PATIENCE)) as database:
                database.execute("BEGIN IMMEDIATE")
                database.rollback()
            return
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB:
                raise UsageError(f"{path} is not a gradebook ({error}).") from None
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                return  # it may only be read, say; who needs more will hear of it
        if not said:
            say(WAITING)
            said = True


def patient(db_url: str) -> str:
    """The same address, for an engine that waits longer for a lock than SQLite's five seconds."""
    simple = db_url.startswith(SQLITE) and "?" not in db_url
    return f"{db_url}?timeout={WAIT_WITHIN}" if simple else db_url
