"""The fragments of what a student wrote: what remains of it when names and layout are changed.

Code becomes tokens in which every name that a student may choose is alike, without comments,
layout and docstrings; text becomes words. Of every few neighbouring runs of tokens one is kept,
the one with the least digest (winnowing: Schleimer, Wilkerson and Aiken, 2003), so that equal
passages have equal fragments wherever they stand.
"""

from __future__ import annotations

import keyword
import re
import zlib
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Fragments = npt.NDArray[np.uint64]
"""Digests, sorted, each once."""

CODE_RUN, CODE_WINDOW = 8, 4
"""Tokens of a fragment, and neighbouring runs of which one is kept: eleven equal tokens in a row
are always noticed."""
TEXT_RUN, TEXT_WINDOW = 4, 3
"""The same in words: six equal words in a row."""
LONGEST = 50_000
"""Characters of one answer that are looked at."""
TOKEN = re.compile(
    r"#[^\n]*|'''.*?'''|\"\"\".*?\"\"\"|(?:'(?:\\.|[^'\\\n]){0,500}'|\"(?:\\.|[^\"\\\n]){0,500}\")"
    r"|\.?[^\W\d]\w*|\d[\w.]*|[^\s\w]",
    re.DOTALL,
)
WORD = re.compile(r"\w+")
KEPT = frozenset(keyword.kwlist)
SEED = np.uint64(0x9E3779B97F4A7C15)
NONE: Fragments = np.empty(0, np.uint64)


def tokens(code: str) -> list[str]:
    """The tokens of code. Names after a dot stay: they are the library's, not the student's."""
    return [_alike(token) for token in TOKEN.findall(code[:LONGEST]) if not _silent(token)]


def of_code(code: str) -> Fragments:
    """The fragments of code."""
    return _winnowed(tokens(code), CODE_RUN, CODE_WINDOW)


def of_text(text: str) -> Fragments:
    """The fragments of a text."""
    return _winnowed(WORD.findall(text[:LONGEST].lower()), TEXT_RUN, TEXT_WINDOW)


def together(some: Iterable[Fragments]) -> Fragments:
    """All fragments of several."""
    found = list(some)
    return np.unique(np.concatenate(found)) if found else NONE


def shared(one: Fragments, other: Fragments) -> int:
    """How many fragments two have in common."""
    return len(np.intersect1d(one, other, assume_unique=True))


def _silent(token: str) -> bool:
    return token[0] == "#" or token[:3] in ("'''", '"""')


def _alike(token: str) -> str:
    first = token[0]
    if first in "'\"":
        return "s"
    if first.isidentifier() and token not in KEPT:
        return "v"
    return token


def _winnowed(words: list[str], run: int, window: int) -> Fragments:
    """Of every `window` neighbouring runs of `run` words the one with the least digest."""
    if len(words) < run:
        return NONE
    ids = np.fromiter((zlib.crc32(word.encode()) for word in words), np.uint64, len(words))
    digests = np.zeros(len(ids) - run + 1, np.uint64)
    with np.errstate(over="ignore"):
        for place in range(run):
            digests = digests * SEED + ids[place : place + len(digests)]
            digests ^= digests >> np.uint64(29)
    if len(digests) <= window:
        return digests[[int(digests.argmin())]]
    return np.unique(np.lib.stride_tricks.sliding_window_view(digests, window).min(axis=1))
