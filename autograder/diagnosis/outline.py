"""The outline of a wrong answer: equal for answers that are wrong in the same way.

Names nothing; what several submissions share and no named mistake explains is the next mistake
to name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from autograder.checking.values import as_array

STEPS = 10_000
"""Numbers are told apart by this part of the largest: float32 and float64 give the same, two
mistakes on the checks' inputs hardly ever."""
LONGEST = 10_000
"""Characters of a text that count."""


def outline(trace: Sequence[Any], secret: bytes) -> str:
    """A digest of all that an answer returned, numbers up to rounding; "" if that was nothing.

    Args:
        trace: what it returned.
        secret: the course's. Without it, an answer that returns some bits of a hidden input could
            be found from its digest by trying them all.
    """
    hashed = hashlib.blake2b(digest_size=8, key=hashlib.sha256(secret).digest())
    for value in trace:
        for part in _parts(value):
            hashed.update(part)
            hashed.update(b"\0")
    return hashed.hexdigest() if trace else ""


def _parts(value: Any) -> Iterator[bytes]:
    array = as_array(value)
    if array is not None:
        yield _rounded(array)
    elif isinstance(value, dict):
        yield b"dict"
        for key in sorted(value, key=_text):
            yield _text(key).encode("utf-8", "replace")
            yield from _parts(value[key])
    elif isinstance(value, (list, tuple)):
        yield b"list"
        for each in value:
            yield from _parts(each)
    elif isinstance(value, (set, frozenset)):
        yield b"set"
        yield from (each.encode("utf-8", "replace") for each in sorted(map(_text, value)))
    else:
        yield _text(value).encode("utf-8", "replace")


def _text(value: Any) -> str:
    try:
        return repr(value)[:LONGEST]
    except ValueError:  # Python writes no number of more than 4,300 digits
        return type(value).__name__


def _rounded(array: npt.NDArray[Any]) -> bytes:
    """Its shape, its largest number to four digits, and each number as a part of that."""
    with np.errstate(over="ignore", invalid="ignore"):
        numbers = np.atleast_1d(array.astype(np.float64))
        finite = np.isfinite(numbers)
        largest = float(np.abs(numbers[finite]).max(initial=0.0))
        steps = np.zeros(numbers.shape, np.int32)
        if largest:
            steps[finite] = np.rint(numbers[finite] / largest * STEPS)
        steps[np.isnan(numbers)] = 2 * STEPS
        steps[np.isinf(numbers)] = np.sign(numbers[np.isinf(numbers)]) * 3 * STEPS
    return f"{array.shape} {largest:.3e} ".encode() + steps.tobytes()
