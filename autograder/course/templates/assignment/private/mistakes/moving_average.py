"""Named mistakes of the moving average: wrong answers that students really give."""

import numpy as np

from autograder.course.templates.assignment.private.reference import Array, moving_average
from autograder.diagnosis.mistakes import misconception


@misconception(
    question="moving_average",
    sentence="The last window is missing: one mean too few comes back.",
    hint="Of N values, N - width + 1 can be the first of a window.",
)
def last_window_missing(x: Array, width: int) -> Array:
    """Stop one window early, as `range(len(x) - width)` does."""
    return moving_average(x, width)[:-1]


@misconception(
    question="moving_average",
    sentence="Each window is summed and not averaged.",
    hint="A mean of temperatures is a temperature: yours leave the range of x.",
)
def summed_not_averaged(x: Array, width: int) -> Array:
    """Leave out the division."""
    return moving_average(x, width) * width


@misconception(
    question="moving_average",
    sentence="There is a mean for every value: those at the ends average zeros that are not in x.",
    hint="Only windows that fit into x count.",
)
def ends_filled_with_zeros(x: Array, width: int) -> Array:
    """Pad, as `np.convolve` does with mode="same"."""
    return np.convolve(x, np.full(width, 1.0 / width), mode="same")
