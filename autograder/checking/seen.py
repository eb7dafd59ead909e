"""What can be seen of wrong values: rows, columns, signs, factors, order, in one sentence.

The sentence helps where no named mistake matches. It never holds an expected value or an input:
rows and columns are numbered, factors of their own are not told, an order is not spelt out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

SAME = 1e-3
"""Relative to the largest magnitude: two arrays that agree this well show one pattern."""
MOST_NAMED = 3
"""Rows, columns or entries that are listed; of more only the number is told."""
LARGEST_NUMBER = 999
"""Counts and places beyond are not told: an answer could carry hidden inputs out by them."""
MOST_RIGHT = 1 / 3
"""Share of right entries in lines that are called wrong; with more, lines are not the pattern."""
FEWEST = 3
"""Entries below which a common difference, or an order, shows nothing."""


def seen(got: Array, want: Array, right: Mask, where: Mapping[str, Mask] | None = None) -> str:
    """What the wrong entries have in common, as a sentence; "" if nothing is seen.

    Args:
        got: the finite values that came back.
        want: what is right, in the same shape.
        right: which entries are right; at least one is not.
        where: parts of the array by the words for them, such as "x is negative".
    """
    if not got.any() and want.any():
        return "Every entry is zero."
    for look in (_factor, _sign, _difference, _order):
        if got.size > 1 and (told := look(got, want)):
            return told
    for told in (_parts(right, where or {}), _lines(right), *_own(got, want), _some(got, right)):
        if told:
            return told
    return ""


def _same(one: Array, other: Array) -> bool:
    with np.errstate(over="ignore", invalid="ignore"):
        size = max(np.abs(one).max(), np.abs(other).max())
        return bool(np.abs(one - other).max() <= SAME * size)


def _common_factor(got: Array, want: Array) -> float | None:
    """The number all entries are off by, if there is one; a single entry shows nothing."""
    if got.size < 2 or not want.any():
        return None
    factor = float((got * want).sum() / (want * want).sum())
    return factor if factor and _same(got, factor * want) else None


def _factor(got: Array, want: Array) -> str:
    factor = _common_factor(got, want)
    if factor is None:
        return ""
    if abs(factor + 1.0) <= SAME:
        return "Every entry has the wrong sign."
    return f"Every entry is {factor:.3g} times what it should be."


def _sign(got: Array, want: Array) -> str:
    return "The sizes are right; some signs are wrong." if _same(abs(got), abs(want)) else ""


def _difference(got: Array, want: Array) -> str:
    off = got - want
    if got.size < FEWEST or np.ptp(off) > SAME * np.abs(off).max():
        return ""
    return "Every entry is off by the same number."


def _order(got: Array, want: Array) -> str:
    """Right values in wrong places; of few or equal values an order shows nothing."""
    if got.size < FEWEST or np.ptp(want) == 0.0:
        return ""
    if not _same(np.sort(got, axis=None), np.sort(want, axis=None)):
        return ""
    if got.ndim == 2:
        if got.shape == want.T.shape and _same(got, want.T):
            return "The values are right but transposed."
        for name, one, other in (("rows", got, want), ("columns", got.T, want.T)):
            if _same(_sorted_lines(one), _sorted_lines(other)):
                return f"The {name} are right but in another order."
    return "The values are right but in another order."


def _sorted_lines(lines: Array) -> Array:
    return lines[np.argsort(lines[:, 0], kind="stable")]


def _parts(right: Mask, where: Mapping[str, Mask]) -> str:
    """The parts that hold every wrong entry, if one does and leaves others right."""
    wrong = ~right
    for words, part in where.items():
        if part.any() and right[~part].any() and not wrong[~part].any() and wrong[part].any():
            return f"It is wrong only where {words}."
    return ""


def _lines(right: Mask) -> str:
    """Whole rows or columns that are right beside others with wrong entries."""
    if right.ndim == 0 or right.size < 2:
        return ""
    if right.size >= FEWEST and right.sum() == right.size - 1:
        return "All other entries are right."
    if right.ndim == 1:
        return _named("entry", "entries", right)
    names = [("row", "rows", right.reshape(len(right), -1))]
    names += [("column", "columns", right.T)] * (right.ndim == 2)
    # The fewer lines hold all that is wrong, the more they tell.
    names.sort(key=lambda each: -float(each[2].all(axis=1).mean()))
    for one, many, lines in names:
        good: Mask = np.all(lines, axis=1)
        if lines[~good].mean() <= MOST_RIGHT and (told := _named(one, many, good)):
            return told
    return ""


def _named(one: str, many: str, right: Mask) -> str:
    wrong = np.flatnonzero(~right)
    if not right.any() or not wrong.size:
        return ""
    if right.sum() == 1 and right.size > 2 and right.argmax() <= LARGEST_NUMBER:
        return f"Only {one} {right.argmax()} is right."
    if wrong.size > MOST_NAMED or wrong[-1] > LARGEST_NUMBER:
        small = right.size <= LARGEST_NUMBER
        return f"{wrong.size} of {right.size} {many} are wrong, the others right." if small else ""
    listed = ", ".join(map(str, wrong))
    return f"Only {one if wrong.size == 1 else many} {listed} {_be(wrong.size)} wrong."


def _be(count: int) -> str:
    return "is" if count == 1 else "are"


def _own(got: Array, want: Array) -> Iterator[str]:
    """Lines each of which is off by a factor, or a number, of its own."""
    if got.ndim != 2:
        return
    for name, one, other in (("column", got.T, want.T), ("row", got, want)):
        if one.shape[1] < FEWEST or len(one) < 2:
            continue
        if _each(one, other, lambda a, b: _common_factor(a, b) is not None):
            yield f"Each {name} is off by a factor of its own."
        if _each(one, other, lambda a, b: bool(_same(a, b) or _difference(a, b))):
            yield f"Within a {name}, every entry is off by the same number."


def _each(got: Array, want: Array, agree: Callable[[Array, Array], bool]) -> bool:
    return all(agree(one, other) for one, other in zip(got, want, strict=True))


def _some(got: Array, right: Mask) -> str:
    """Single entries that are right, or wrong entries that are all zero."""
    if not right.any() or right.size > LARGEST_NUMBER:
        return ""
    zero = " The wrong ones are all zero." if not got[~right].any() else ""
    return f"{right.sum()} of {right.size} entries are right.{zero}"
