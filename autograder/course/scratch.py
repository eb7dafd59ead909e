"""The temporary folder of a process, and the end of those that dead processes have left.

A process that is killed cannot tidy up. So each has one folder for all that it makes in the
temporary directory, and holds a lock in it that the kernel lets go of with the process. Who makes
such a folder removes those beside it whose lock nobody holds.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from contextlib import suppress
from functools import cache
from multiprocessing.util import Finalize
from pathlib import Path

PREFIX = "autograder-own-"
OWNER = "owner"
"""The file that is locked."""
UNLOCKED_SECONDS = 600
"""A folder without that file is as new as this, or its maker was killed in between."""

LAST = -200
"""When it is removed: after multiprocessing's own folder (-100), which lies in it."""


def scratch() -> Path:
    """This process's own temporary folder, made on first use and removed when it ends."""
    return _scratch(os.getpid())


def hold(folder: Path) -> bool:
    """Keep another process's folder from being removed while this process is alive, too.

    Returns whether it is still there.
    """
    try:
        owner = os.open(folder / OWNER, os.O_RDWR | os.O_NOFOLLOW)
        fcntl.flock(owner, fcntl.LOCK_SH)
        return os.path.samestat(os.fstat(owner), os.stat(folder / OWNER))
    except OSError:
        return False


def sweep(place: Path) -> None:
    """Remove the folders in `place` that dead processes of this user have left there."""
    with suppress(OSError), os.scandir(place) as entries:
        for entry in entries:
            if entry.name.startswith(PREFIX):
                with suppress(OSError):
                    _remove_if_left(entry)


@cache
def _scratch(process: int) -> Path:  # after a fork, another one
    sweep(Path(tempfile.gettempdir()))
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        (folder / OWNER).touch(mode=0o600)
        if hold(folder):  # nobody swept between these lines
            Finalize(None, _remove, args=(folder,), exitpriority=LAST)
            return folder


def _remove_if_left(entry: os.DirEntry[str]) -> None:
    about = entry.stat(follow_symlinks=False)
    if not entry.is_dir(follow_symlinks=False) or about.st_uid != os.geteuid():
        return
    try:
        owner = os.open(Path(entry.path) / OWNER, os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        if time.time() - about.st_mtime > UNLOCKED_SECONDS:
            shutil.rmtree(entry.path, ignore_errors=True)
        return
    try:
        fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)  # raises if somebody is alive
        _remove(Path(entry.path))
    finally:
        os.close(owner)


def _remove(folder: Path) -> None:
    """Remove it; as long as a process still writes in it, the file that is locked stays, too.

    Without that file, the next sweep would take the folder for one that is just being made.
    """
    with suppress(OSError):
        for path in folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            elif path.name != OWNER:
                path.unlink(missing_ok=True)
        if all(path.name == OWNER for path in folder.iterdir()):
            shutil.rmtree(folder, ignore_errors=True)
