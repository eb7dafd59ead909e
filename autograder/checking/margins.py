"""How near comparisons come to their tolerances; somebody listens in proofs only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec


class Margin(msgspec.Struct, frozen=True):
    """One comparison of numbers: the largest error found, in tolerances."""

    name: str
    """What was compared, such as `dx`."""
    ratio: float
    """1 is the tolerance itself: below it the comparison passes."""


_listening: list[list[Margin]] = []


@contextmanager
def listening() -> Iterator[list[Margin]]:
    """Gather the margins of all comparisons within the block."""
    heard: list[Margin] = []
    _listening.append(heard)
    try:
        yield heard
    finally:
        _listening.pop()


def note(name: str, error: float, allowed: float) -> None:
    """Tell who listens of one comparison.

    Args:
        name: what was compared.
        error: the largest, in the unit of `allowed`.
        allowed: the tolerance.
    """
    for heard in _listening:
        heard.append(Margin(name, error / allowed))
