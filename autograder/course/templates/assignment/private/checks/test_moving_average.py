"""Hidden checks of the moving average.

A check's docstring is for the student: the feedback page shows it as what to look at, unless the
comparison has a better hint. `rng` draws the same hidden numbers for every submission.
"""

import numpy as np
import pytest

from autograder.checking import compare
from autograder.checking.student import Student
from autograder.course.templates.assignment.private import reference

SHIFTED = "Element i is the mean of x[i] and the width - 1 values after it."
LENGTH = "Write down all windows of width 3 that fit into 5 values, and count them."


@pytest.mark.question("moving_average", weight=2)
def test_means(student: Student, rng: np.random.RandomState) -> None:
    """Looks at the means of windows of several widths."""
    x = rng.normal(10.0, 4.0, size=23)
    for width in (4, 7):
        smooth = student.moving_average(x, width)
        compare.values("smooth", smooth, reference.moving_average(x, width), hint=SHIFTED)


@pytest.mark.question("moving_average")
def test_narrowest_and_widest(student: Student, rng: np.random.RandomState) -> None:
    """Looks at a window of one value, and at one window over all of them."""
    x = rng.normal(-3.0, 2.0, size=11)
    for width in (1, 11):
        smooth = student.moving_average(x, width)
        compare.exact("smooth", smooth, reference.moving_average(x, width), hint=LENGTH)
