"""What right looks like: every answer once more, in other words than the notebook's solutions.

Checks compare with this file and never with the notebook, so one mistake cannot hide in both.
`@answer(…)` says what comes back; `student.<name>` of the checks is made from it.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograder.checking.answers import answer, variable

Array = NDArray[np.float64]

BARS = "▁▂▃▄▅▆▇█"


@answer("smooth")
def moving_average(x: ArrayLike, width: int) -> Array:
    """Mean of each `width` neighbours: x (N,) -> smooth (N - width + 1,).

    A window's sum is the difference of two running sums.
    """
    sums = np.concatenate([[0.0], np.cumsum(np.asarray(x, dtype=np.float64))])
    return np.asarray((sums[width:] - sums[: len(sums) - width]) / width)


@answer(methods={"add(value)": "mean: number"}, attributes="count: number, mean: number")
class RunningMean:
    """The mean of all values so far; `mean` is 0.0 before the first."""

    def __init__(self) -> None:
        self.count = 0
        self.mean = 0.0

    def add(self, value: float) -> float:
        """Take in one more value; returns the new mean."""
        self.count += 1
        self.mean = (1.0 - self.share()) * self.mean + self.share() * value
        return self.mean

    def share(self) -> float:
        """How much of the new mean is the new value; mistakes get this step wrong."""
        return 1.0 / self.count


@answer("line: text")
def sparkline(x: ArrayLike) -> str:
    """One bar a value: the lowest is ▁, the highest █, the others to the nearest height."""
    values = [float(value) for value in np.asarray(x)]
    bottom, span = min(values), max(values) - min(values)
    return "".join(BARS[round(7 * (value - bottom) / span) if span else 0] for value in values)


# A form's values come from an experiment; here stands an example of how it is filled in.
findings = variable({"best_width": 13, "error_best": 0.19, "why_not_wider": "B"})
