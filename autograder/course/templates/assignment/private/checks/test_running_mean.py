"""Hidden checks of the class.

`student.RunningMean()` makes one in the student's process. It has the members that the reference
declares, so a check treats it as it would treat the reference's.
"""

import numpy as np
import pytest

from autograder.checking import compare
from autograder.checking.student import Student
from autograder.course.templates.assignment.private import reference

EVEN = (
    "After n values each of them has to count for 1/n of the mean, the first as much as the last."
)


@pytest.mark.question("running_mean", weight=2)
def test_mean_after_each_value(student: Student, rng: np.random.RandomState) -> None:
    """Looks at what `add` returns, value by value."""
    theirs, right = student.RunningMean(), reference.RunningMean()
    values = rng.normal(10.0, 4.0, size=9)
    means = [theirs.add(value) for value in values]
    compare.values("mean", means, [right.add(value) for value in values], hint=EVEN)


@pytest.mark.question("running_mean")
def test_count_and_mean(student: Student, rng: np.random.RandomState) -> None:
    """Looks at `count` and `mean`, before the first value and after the last."""
    theirs = student.RunningMean()
    compare.equal("count", theirs.count, 0.0)
    compare.equal("mean", theirs.mean, 0.0)
    values = rng.normal(-5.0, 2.0, size=6)
    for value in values:
        theirs.add(value)
    compare.equal("count", theirs.count, 6.0)
    compare.values("mean", theirs.mean, values.mean(), hint=EVEN)


@pytest.mark.question("running_mean")
def test_two_at_once(student: Student, rng: np.random.RandomState) -> None:
    """Looks at two objects in turn: each has its own values."""
    one, other = student.RunningMean(), student.RunningMean()
    values = rng.normal(10.0, 4.0, size=(5, 2))
    for first, second in values:
        one.add(first)
        other.add(second)
    compare.values("mean", [one.mean, other.mean], values.mean(axis=0))
