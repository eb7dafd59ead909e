"""What hostile bytes could do to whoever reads them, and is refused or mended here."""

from __future__ import annotations

from typing import Any

import numpy as np

TEXT = "<U"
_MOST_ALIKE = 64  # keys of one hash: looking one up among them takes as many comparisons
_LAST_CHARACTER = 0x10FFFF


class WireError(ValueError):
    """These bytes are not a message, or not one within the limits."""


def text_characters(name: str) -> int | None:
    """The characters of a text type such as ``<U5``; None if it is none."""
    digits = name.removeprefix(TEXT)
    if digits == name or not (digits.isascii() and digits.isdigit()) or len(digits) > 9:
        return None
    return int(digits)


def text_array(raw: memoryview, dtype: Any, shape: list[int]) -> np.ndarray[Any, Any]:
    """Text from anywhere: what is no character becomes a question mark."""
    codes = np.frombuffer(raw, "<u4").astype(np.uint32)
    codes[((codes >= 0xD800) & (codes <= 0xDFFF)) | (codes > _LAST_CHARACTER)] = ord("?")
    return np.ndarray(shape, dtype.newbyteorder("="), codes.tobytes()).copy()


def refuse_crowds(keys: list[Any]) -> None:
    """Keys can be chosen so that all have one hash, and a dict of them takes quadratic time."""
    try:
        hashes = np.array([hash(key) for key in keys], dtype=np.int64)
    except TypeError:
        raise WireError("members that are not hashable") from None
    if len(keys) > _MOST_ALIKE:
        ordered = np.sort(hashes)
        if (ordered[_MOST_ALIKE:] == ordered[:-_MOST_ALIKE]).any():
            raise WireError("members that are made to be slow")
