"""Compare what an answer returned with what is right, and see whether it is a usual slip."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from .gradient_check import SMALL_PART
from .rows import Row

Array = npt.NDArray[np.float64]
Slips = Callable[[], Mapping[str, Any]]
"""Makes, where a row is wrong, the numbers of usual mistakes, each by its name in words."""

SINGLE = 1e-4  # a right answer in float32, which holds seven digits
SAME = 1e-6  # relative: so close are numbers of one and the same mistake
DIGITS = 12  # two mistakes that agree to so many have the same numbers
PROPORTIONAL = 1e-5  # the same for a factor, measured against centred differences


def kind(value: Any) -> str:
    """Return what a value is, in a word or two."""
    if value is None:
        return "None"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    article = "an" if type(value).__name__[0] in "aeiou" else "a"
    return f"{article} {type(value).__name__}"


def form_problem(name: str, yours: Any, right: Array) -> Row | None:
    """Return a failed row if `yours` is not real numbers in the shape of `right`."""
    try:
        mine = np.asarray(yours)
    except ValueError:  # lists of unequal length
        mine = np.asarray(None)
    if mine.dtype.kind not in "fiub":
        found = f"an array of {mine.dtype}" if isinstance(yours, np.ndarray) else kind(yours)
        sentence = f"{name} is {found}, and should hold real numbers."
        return Row(name, found, "numbers", problem=sentence)
    if mine.shape != right.shape:
        sentence = f"{name} has shape {mine.shape} and should have shape {right.shape}."
        return Row(name, f"shape {mine.shape}", f"shape {right.shape}", problem=sentence)
    return None


def compare(name: str, yours: npt.NDArray[Any], right: Array, within: float) -> Row:
    """Return the row of two arrays of one shape, told at the element that is furthest off."""
    if right.size == 0:
        return Row(name, "empty", "empty")
    mine = yours.astype(np.float64)
    room = max(within, SINGLE) if yours.dtype.itemsize < 8 and yours.dtype.kind == "f" else within
    smallest = max(SMALL_PART * float(np.max(np.abs(right))), 1e-8)
    with np.errstate(invalid="ignore"):
        errors = np.abs(mine - right) / np.maximum(np.abs(mine) + np.abs(right), smallest)
    errors = np.where(np.isfinite(mine), errors, np.inf)
    worst = tuple(int(i) for i in np.unravel_index(np.argmax(errors), right.shape))
    place = f"{name}[{', '.join(map(str, worst))}]" if worst else name
    a, b, error = float(mine[worst]) + 0.0, float(right[worst]), float(errors[worst])  # no -0
    problem = ""
    if not np.isfinite(a):
        problem = f"{place} is {a}, which is not finite."
    elif error > room:
        problem = f"{place} is {a:.6g} and should be {b:.6g}."
    return Row(place, f"{a:.6g}", f"{b:.6g}", f"{error:.0e}" if error else "0", problem)


def named_slip(yours: Any, right: Array, slips: Slips) -> str:
    """Return a sentence that names the usual mistake with these numbers, or nothing.

    Of several with the same numbers the first is named.
    """
    mine = np.asarray(yours, np.float64)
    if not np.all(np.isfinite(mine)) or mine.shape != right.shape:
        return ""
    with np.errstate(all="ignore"):
        try:
            known = slips()
        except Exception:  # an answer so far off that no usual mistake can be worked out
            return ""
        found: list[tuple[float, str]] = []
        for name, wrong in known.items():
            like = np.asarray(wrong, np.float64)
            size = float(np.max(np.abs(like), initial=1e-12))
            if (
                like.shape == mine.shape
                and (off := float(np.max(np.abs(mine - like)))) < SAME * size
            ):
                found.append((round(off / size, DIGITS), name))
    if not found:
        return ""
    _, nearest = min(found, key=lambda slip: slip[0])
    return f"Your numbers are those of {nearest}."


def proportion(yours: Any, right: Any) -> str:
    """Return a sentence if all numbers are off by one and the same factor, or nothing."""
    mine, wanted = (np.asarray(v, np.float64).ravel() for v in (yours, right))
    if len(mine) < 2 or not np.any(wanted) or not np.all(np.isfinite(mine)):
        return ""
    factor = float(mine @ wanted / (wanted @ wanted))
    off = float(np.max(np.abs(mine - factor * wanted)))
    if abs(factor) < SAME or off > PROPORTIONAL * float(np.max(np.abs(mine))):
        return ""
    return f"Every number is {factor:.4g} times the right one."
