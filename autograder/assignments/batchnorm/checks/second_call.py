"""A backward pass called twice with the same cache is as right the second time as the first."""

from collections.abc import Sequence
from contextlib import suppress

from autograder.checking import compare
from autograder.checking.compare import Array
from autograder.checking.faults import CheckFailed

UPSTREAM = "By the chain rule every gradient carries dout as a factor."
SPOILT = "Does something change an array of the cache in place, as `*=`, `-=` or `[…] =` do?"


def compare_second_call(
    name: str, first: Array, second: Array, factor: float, right: Array
) -> None:
    """The second answer is `factor` times the first, as its upstream gradient was.

    Args:
        name: what the student calls the gradient.
        first: what came back.
        second: what came back for the same cache and `factor` times dout.
        factor: other than 1.
        right: what the first should have been.

    Raises:
        CheckFailed: the gradient is zero, takes no notice of dout, or is another the second time.
    """
    expected = factor * compare.nonzero(name, first, UPSTREAM)
    if same(second, first):
        raise CheckFailed(f"{name} is the same whatever dout is.", UPSTREAM)
    if same(second, expected):
        return
    if same(first, right):
        told = f"{name} is right the first time, and wrong on a second call with the same cache."
        raise CheckFailed(told, SPOILT, misconception="cache_changed")
    raise CheckFailed(f"{name} of a second call does not fit that of the first.", SPOILT)


def something_is_right(answers: Sequence[Array], expected: Sequence[Array], hint: str) -> None:
    """One of dx and dgamma is right; dbeta alone is a sum that is not there to be halved.

    Raises:
        CheckFailed: neither is; the message is about dx.
    """
    with suppress(CheckFailed):
        compare.values("dgamma", answers[1], expected[1])
        return
    compare.values("dx", answers[0], expected[0], hint=hint)


def same(one: Array, other: Array) -> bool:
    """Whether two answers agree."""
    try:
        compare.values("", one, other)
    except CheckFailed:
        return False
    return True
