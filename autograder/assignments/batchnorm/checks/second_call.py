"""A backward pass called twice with the same cache is as right the second time as the first."""

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
        raise CheckFailed(f"{name} is right the first time, and wrong on a second call.", SPOILT)
    raise CheckFailed(f"{name} of a second call does not fit that of the first.", SPOILT)


def same(one: Array, other: Array) -> bool:
    """Whether two answers agree."""
    try:
        compare.values("", one, other)
    except CheckFailed:
        return False
    return True
