"""Which version of a folder of the release this is, so that nothing outlives the files it is from.

A server grades for months in one process, and the course may be released again meanwhile.
"""

import hashlib
import os
from pathlib import Path


def stamp(folder: Path) -> str:
    """A name for the files of a folder as they are now; it changes whenever one of them does.

    Size, time and file number are looked at, not the contents: checks ask before each training.
    """
    found = []
    for place, folders, names in os.walk(folder):
        if "__pycache__" in folders:
            folders.remove("__pycache__")
        for name in names:
            path = os.path.join(place, name)
            status = os.stat(path)
            found.append((path, status.st_size, status.st_mtime_ns, status.st_ino))
    return hashlib.sha256(repr(sorted(found)).encode()).hexdigest()[:16]
