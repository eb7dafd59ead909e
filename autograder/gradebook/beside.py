"""A student's other files, as they may lie where a grader's browser finds them.

formgrader serves `autograded/` from its own address, and students open `feedback/` with a double
click. So a file keeps its name only if no browser runs what such a name promises; any other
text gets `.txt` behind its name, and what is no text is listed and not copied.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath

TEXTS = frozenset({".txt", ".md", ".csv", ".json", ".py"})
DATA = frozenset({".npz", ".npy", ".png", ".jpg", ".jpeg"})
"""With `TEXTS`, all the endings under which a file of a student's is copied."""
LONGEST = 255
"""Bytes of a file's name on any usual disk."""
LIST = "files-not-copied.txt"
"""Names what was handed in and is not there."""


def harmless(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """By the name each gets, the files that can be copied, and the list of the others.

    Args:
        files: a submission's other files, by relative path.
    """
    kept: dict[str, bytes] = {}
    renamed: dict[str, bytes] = {}
    left_out: list[str] = []
    for name, content in files.items():
        ending = PurePath(name).suffix.lower()
        if ending in DATA or (ending in TEXTS and _is_text(content)):
            kept[name] = content
        elif _is_text(content):
            renamed[name] = content
        else:
            left_out.append(_listed(name, content))
    taken = {str(path) for name in files for path in (PurePath(name), *PurePath(name).parents)}
    for name, content in renamed.items():
        free = _free(f"{name}.txt", taken)
        if len(PurePath(free).name.encode()) > LONGEST:
            left_out.append(_listed(name, content))
        else:
            kept[free] = content
    if left_out:
        kept[_free(LIST, taken)] = "".join(sorted(left_out)).encode()
    return kept


def _listed(name: str, content: bytes) -> str:
    return f"{name} ({len(content):,} bytes)\n"


def _free(name: str, taken: set[str]) -> str:
    """The name, or one like it that nothing has yet, neither a file nor a folder."""
    while name in taken:
        name += ".txt"
    taken.add(name)
    return name


def _is_text(content: bytes) -> bool:
    return b"\0" not in content
