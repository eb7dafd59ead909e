"""Errors that end a command with one sentence."""

from __future__ import annotations

import errno
import sqlite3

FULL_DISK = (
    "The disk is full{where}: make room, and run the same command again; what was done is kept."
)


class UsageError(Exception):
    """Something the caller can mend. The text is one sentence: what, where, what to do."""


def is_full_disk(error: BaseException | None) -> bool:
    """Whether an error, or the one that it came from, says that there is no room on a disk."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL:
            return True
        error = error.__cause__ or error.__context__
    return False


def full_disk(error: BaseException) -> UsageError:
    """The sentence about a full disk; it names the file, if the error knows it."""
    name = getattr(error, "filename", None)
    return UsageError(FULL_DISK.format(where=f" ({name} could not be written)" if name else ""))
