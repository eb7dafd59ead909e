"""Named mistakes of the line of bars."""

import numpy as np

from autograder.course.templates.assignment.private.reference import BARS, Array, sparkline
from autograder.diagnosis.mistakes import misconception


@misconception(
    question="sparkline",
    sentence="Heights are rounded down and not to the nearest.",
    hint="`int` cuts off: 2.9 becomes 2.",
)
def rounded_down(x: Array) -> str:
    """Cut off."""
    span = np.ptp(x)
    return "".join(BARS[int((value - x.min()) / span * 7) if span else 0] for value in x)


@misconception(
    question="sparkline",
    sentence="The line is upside down: the lowest value has the highest bar.",
    hint="Look at the order of the bars: the first is the lowest.",
)
def upside_down(x: Array) -> str:
    """Turn the bars round."""
    return sparkline(-x)
