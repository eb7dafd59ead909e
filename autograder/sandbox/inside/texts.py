"""Arrays of text as they cross the wire: the type's name, and characters from anywhere."""

from __future__ import annotations

from typing import Any

import numpy as np

TEXT = "<U"
LAST_CHARACTER = 0x10FFFF


def length(name: str) -> int | None:
    """The characters of a text type such as ``<U5``; None if it is none."""
    digits = name.removeprefix(TEXT)
    if digits == name or not (digits.isascii() and digits.isdigit()) or len(digits) > 9:
        return None
    return int(digits)


def array(raw: memoryview, dtype: Any, shape: list[int]) -> np.ndarray[Any, Any]:
    """Text from anywhere: what is no character becomes a question mark."""
    codes = np.frombuffer(raw, "<u4").astype(np.uint32)
    codes[((codes >= 0xD800) & (codes <= 0xDFFF)) | (codes > LAST_CHARACTER)] = ord("?")
    return np.ndarray(shape, dtype.newbyteorder("="), codes.tobytes()).copy()
