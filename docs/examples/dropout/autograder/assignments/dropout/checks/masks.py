"""What can be said of a mask without knowing the draw: any right use of a generator passes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from autograder.checking import compare
from autograder.checking.compare import Array
from autograder.checking.faults import WrongValues
from autograder.checking.inputs import away_from_zero

Mask = NDArray[np.bool_]

SHARE_TOLERANCE = 0.1
"""The share of 60,000 draws scatters by 0.002. A mask with one draw a row or column of 250 is off
by 0.03 and has a check of its own; p for 1 - p is off by 0.4."""

ALIKE = 0.5
"""Rows of 30 entries are all alike once in 40,000; with one draw a row all of them are."""

SCALE = "What is kept is x / p, what is dropped is 0."


def kept(out: Array, x: Array) -> Mask:
    """Where out is not 0; x has no zeros.

    Raises:
        CheckFailed: out has another shape, or a value is not finite.
    """
    return np.asarray(compare.fitted("out", out, x.shape, SCALE) != 0)


def drawn(out: Array, x: Array) -> Mask:
    """Where out is not 0, if that is neither everywhere nor nowhere.

    Raises:
        CheckFailed: as `kept`, or nothing was drawn.
    """
    mask = kept(out, x)
    if mask.all() or not mask.any():
        what = "drops nothing" if mask.all() else "is zero everywhere"
        raise WrongValues(f"In training out {what}.", SCALE, "out", out)
    return mask


def is_masked(out: Array, x: Array, p: float) -> None:
    """Every entry is 0 or x / p. Raises `CheckFailed`."""
    compare.values("out", out, np.where(drawn(out, x), x / p, 0.0), hint=SCALE)


def has_share(out: Array, x: Array, p: float) -> None:
    """A share of p is kept. Raises `CheckFailed`."""
    share = float(drawn(out, x).mean())
    if abs(share - p) > SHARE_TOLERANCE:
        message = f"out keeps a share of {share:.2f}; p = {p:g} is the share to keep."
        raise WrongValues(message, "Compare one uniform number for each entry with p.", "out", out)


def is_drawn_for_each(out: Array, x: Array, axis: int) -> None:
    """The entries along an axis are not kept or dropped together. Raises `CheckFailed`."""
    mask = drawn(out, x)
    alike = float((mask.all(axis=axis) | ~mask.any(axis=axis)).mean())
    if alike > ALIKE:
        lines = "rows" if axis == 1 else "columns"
        message = f"Most {lines} of out are kept or dropped as a whole."
        raise WrongValues(message, "Each entry has a draw of its own.", "out", out)


def are_same(one: Array, other: Array, x: Array, hint: str) -> None:
    """Two results have the same mask. Raises `CheckFailed`."""
    if (drawn(one, x) != drawn(other, x)).any():
        raise WrongValues("The same seed gives two different masks.", hint, "out", other)


def differ(one: Array, other: Array, x: Array, message: str, hint: str) -> None:
    """Two results have different masks. Raises `CheckFailed`."""
    if (drawn(one, x) == drawn(other, x)).all():
        raise WrongValues(message, hint, "out", other)


def upstream(out: Array, x: Array, rng: np.random.RandomState, *, training: bool = True) -> Array:
    """A dout that is smaller where x was dropped: then every known mistake has its own spread.

    Raises:
        CheckFailed: the forward pass is none that a gradient could be held against.
    """
    compare.nonzero("out", out, SCALE)
    mask = drawn(out, x) if training else kept(out, x)
    dout = away_from_zero(rng, *x.shape)
    return np.where(mask, dout, 0.7 * dout)


@compare.ABSURD_IS_JUST_WRONG
def passes_back(dx: Array, dout: Array, out: Array, x: Array) -> None:
    """The gradient goes back as this batch went forward, whatever its mask. Raises `CheckFailed`.

    It is held against the student's own forward pass: out / x is the factor of each entry.
    """
    factor = compare.fitted("out", out, x.shape) / x
    hint = "Each entry's gradient is dout times the factor that x had on the way forward."
    compare.values("dx", dx, dout * factor, hint=hint)
