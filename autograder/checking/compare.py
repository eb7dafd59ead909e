"""Comparisons with a sentence for the student: shape, then finiteness, then values.

Every function raises `CheckFailed` or returns None. The sentences name the piece that is wrong,
how far off it is and where it is worst; they never print a hidden input or an expected value.

Errors are relative to the largest expected magnitude of the array, not element by element: a
float32 answer is exact to a part in 10⁷ of what went into it, and an element near zero that is the
difference of two large ones cannot be held to more.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import NoReturn

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograder.checking import margins
from autograder.checking.equal import equal
from autograder.checking.faults import CheckFailed, StudentFault, WrongShape, WrongValues
from autograder.checking.seen import Mask, seen

__all__ = [
    "changed",
    "constant",
    "equal",
    "evidence",
    "exact",
    "fitted",
    "nonzero",
    "shape",
    "spread",
    "values",
]

Array = NDArray[np.float64]

TOLERANCE = 2e-4
"""Relative, of one function. On a check's inputs honest float32 answers stay a hundred times below
it, and every known mistake a hundred times above in some check; `autograder verify` holds both."""

SPREAD_TOLERANCE = 0.1
"""Standard deviation of n ≥ 2,000 random draws, relative: it scatters by 1/√(2n) ≤ 1.6 %, so an
honest draw is six deviations away from failing."""

ABSURD_IS_JUST_WRONG = np.errstate(over="ignore", invalid="ignore")
"""Numbers near 1e308 overflow when they are compared; that is no reason to warn anybody."""

LARGEST_SHOWN = 1000.0
"""Errors beyond this are not printed: an answer could tell hidden inputs by them."""


def shape(name: str, actual: Array, expected: tuple[int, ...], hint: str = "") -> None:
    """The shape is exactly `expected`.

    Raises:
        WrongShape: it is another one.
    """
    if actual.shape != expected:
        transposed = actual.ndim == 2 and actual.shape == expected[::-1]
        tail = " Is it transposed?" if transposed else ""
        message = f"{name} has {_told(actual.shape, expected)}; it should be {expected}.{tail}"
        raise WrongShape(_sentence(message), hint, name, actual)


def _told(got: tuple[int, ...], expected: tuple[int, ...]) -> str:
    """A wrong shape in words: its lengths where they are of the right one, or 0 or 1.

    Any other length could be a hidden number: an answer returns what shape it likes.
    """
    if len(got) > len(expected) + 1:
        return "more axes"
    lengths = [str(n) if n in (0, 1, *expected) else "?" for n in got]
    other = ", where ? is another length" * ("?" in lengths)
    return f"shape ({', '.join(lengths)}{',' * (len(got) == 1)}){other}"


def fitted(name: str, actual: ArrayLike, expected: tuple[int, ...], hint: str = "") -> Array:
    """The finite values in the shape `expected`, which may differ from theirs by axes of length 1.

    Raises:
        CheckFailed: the shapes differ by more, or a value is not finite.
    """
    got = np.asarray(actual, dtype=np.float64)
    if [n for n in got.shape if n != 1] != [n for n in expected if n != 1]:
        shape(name, got, expected, hint)
    _finite(name, got, hint)
    return got.reshape(expected)


@ABSURD_IS_JUST_WRONG
def values(
    name: str,
    actual: ArrayLike,
    expected: ArrayLike,
    *,
    tolerance: float | None = None,
    scale: float = 0.0,
    hint: str = "",
    where: Mapping[str, Mask] | None = None,
) -> None:
    """The values are right; `(1, D)` for `(D,)` is let through, `exact` is not so kind.

    Args:
        name: what the student calls it, such as `dx`.
        actual: what came back.
        expected: what is right, finite.
        tolerance: allowed error relative to the largest magnitude of `expected`; `TOLERANCE` by
            default.
        scale: magnitude to measure by where `expected` itself is (nearly) zero.
        hint: what to look at.
        where: parts of the array by the words for them, for what can be seen of wrong values.

    Raises:
        CheckFailed: the shape does not fit, a value is not finite, or the values are wrong.
    """
    want = np.asarray(expected, dtype=np.float64)
    got = fitted(name, actual, want.shape, hint)
    measure = max(float(np.abs(want).max(initial=0.0)), scale, np.finfo(np.float64).tiny)
    error = np.abs(got - want) / measure
    allowed = TOLERANCE if tolerance is None else tolerance
    margins.note(name, float(error.max(initial=0.0)), allowed)
    if error.size and not error.max() <= allowed:  # not `>`: NaN is no pass
        right = error <= allowed
        _wrong(name, got, error, ~right, seen(got, want, right, where), hint)


def exact(
    name: str,
    actual: Array,
    expected: ArrayLike,
    *,
    tolerance: float | None = None,
    hint: str = "",
) -> None:
    """The values are right and the shape is exactly that of `expected`.

    Values come first: an answer that is wrong altogether is told so, not about its shape.

    Raises:
        CheckFailed: values or shape are wrong.
    """
    values(name, actual, expected, tolerance=tolerance, hint=hint)
    shape(name, actual, np.shape(expected), hint)


def nonzero(name: str, actual: Array, hint: str = "") -> Array:
    """The array itself, if it is finite and not zero everywhere: an answer nobody has filled in.

    Raises:
        CheckFailed: it is not.
    """
    _finite(name, actual, hint)
    if not actual.any():
        raise WrongValues(_sentence(f"{name} is zero everywhere."), hint, name, actual)
    return actual


@ABSURD_IS_JUST_WRONG
def changed(name: str, actual: Array, before: Array, hint: str = "") -> None:
    """Some value is not what it was with another x: what never changes has not been computed.

    Raises:
        CheckFailed: a value is not finite, or none has changed.
    """
    _finite(name, actual, hint)
    same = actual.shape == before.shape
    if same and np.allclose(actual, before, rtol=TOLERANCE, atol=0.0):
        _fail(f"{name} stays the same whatever x is.", hint)


@ABSURD_IS_JUST_WRONG
def spread(name: str, actual: Array, expected: float, hint: str = "", asked_by: str = "") -> None:
    """Random draws have mean zero and standard deviation `expected`.

    Args:
        name: what the student calls them.
        actual: what came back.
        expected: the standard deviation that is asked for.
        hint: what to look at.
        asked_by: the argument that asks for it.

    Raises:
        CheckFailed: a value is not finite, or mean or standard deviation are off.
    """
    _finite(name, actual, hint)
    deviation = float(np.sqrt(np.mean(actual**2)))
    if abs(deviation / expected - 1.0) > SPREAD_TOLERANCE:
        _fail(
            f"{name} starts with a standard deviation of {deviation:.2g}; "
            f"{asked_by or 'the task'} asked for {expected:.2g}.",
            hint,
        )
    if abs(float(actual.mean())) > SPREAD_TOLERANCE * expected:
        _fail(f"{name} does not start with mean zero.", hint)


def constant(name: str, actual: Array, expected: float, hint: str = "") -> None:
    """Every entry is exactly `expected`.

    Raises:
        CheckFailed: some entry is not.
    """
    _finite(name, actual, hint)
    if not np.array_equal(actual, np.full_like(actual, expected)):
        _fail(f"{name} should start as all {expected:g}.", hint)


@contextmanager
def evidence(gather: Callable[[], object]) -> Iterator[None]:
    """If the block fails, let the student's code answer once more before the check ends.

    What it answers changes no verdict. It stands in the trace, where the diagnosis needs it to tell
    apart two mistakes that give the same first answer.
    """
    try:
        yield
    except CheckFailed:
        with suppress(StudentFault):
            gather()
        raise


def _fail(message: str, hint: str) -> NoReturn:
    raise CheckFailed(_sentence(message), hint)


def _sentence(message: str) -> str:
    """One that begins with a word gets a capital; one that begins with dx does not."""
    return f"T{message[1:]}" if message.startswith("the ") else message


def _finite(name: str, actual: Array, hint: str) -> None:
    bad = ~np.isfinite(actual)
    if bad.any():
        where = _place(np.unravel_index(int(bad.argmax()), actual.shape))
        _fail(
            f"{name} holds {int(bad.sum())} of {actual.size} values that are not finite "
            f"(NaN or infinity){where and ', the first' + where}.",
            hint,
        )


def _wrong(name: str, got: Array, error: Array, off: Mask, told: str, hint: str) -> NoReturn:
    worst = int(error.argmax())
    where = _place(np.unravel_index(worst, got.shape))
    size = f"{error.flat[worst]:.2g}" if error.flat[worst] <= LARGEST_SHOWN else "over 1,000"
    message = f"{name} is off by {size} (relative){where and ', worst' + where}."
    if not got.any():
        message = f"{name} is zero everywhere."
    elif told:
        message += f" {told}"
    wrong = WrongValues(_sentence(message), hint, name, got)
    wrong.off = off
    raise wrong


def _place(index: tuple[np.intp, ...]) -> str:
    """` at index (2, 1)`; nothing for a single number."""
    return f" at index ({', '.join(str(int(i)) for i in index)})" if index else ""
