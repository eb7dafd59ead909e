"""What hostile bytes could do to whoever reads them, and is refused or mended here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

_MOST_ALIKE = 64  # keys of one hash: looking one up among them takes as many comparisons
DEPTH = 64
"""How deep values may be nested, either way."""


class WireError(ValueError):
    """These bytes are not a message, or not one within the limits."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a message may ask of the one who decodes it.

    header_bytes and array_bytes bound the two parts; nodes bounds the JSON punctuation, and so the
    objects that parsing makes; depth bounds nesting; ndim the dimensions of an array. Where only
    plain values belong, an array of size 0 would fit array_bytes and then meet code that compares:
    plain refuses arrays and handles altogether. Where no handle is expected, handles refuses them.
    """

    header_bytes: int = 1 << 20
    array_bytes: int = 64 << 20
    nodes: int = 200_000
    depth: int = DEPTH
    ndim: int = 16
    plain: bool = False
    handles: bool = True


DEFAULT_LIMITS = Limits()


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
