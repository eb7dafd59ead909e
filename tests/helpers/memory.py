"""Where tests write: in memory if that has room, for gradebooks wait for a disk at every commit."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

SHARED_MEMORY = Path("/dev/shm")
ENOUGH = 4_000_000_000  # bytes; a whole run takes a quarter of it


def has_room(place: Path) -> bool:
    """Whether a folder has room for a whole run, and lets programs run that lie in it."""
    try:
        found = os.statvfs(place)
    except OSError:
        return False
    room = found.f_bavail * found.f_frsize >= ENOUGH
    return room and not found.f_flag & os.ST_NOEXEC and os.access(place, os.W_OK)


def write_in_memory() -> None:
    """Make it the place for temporary files of all that is started, unless `TMPDIR` names one."""
    if "TMPDIR" not in os.environ and has_room(SHARED_MEMORY):
        os.environ["TMPDIR"] = str(SHARED_MEMORY)
        tempfile.tempdir = None
