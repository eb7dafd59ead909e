"""Hidden checks of the text. `compare.equal` says where a text is wrong, never what is right."""

import numpy as np
import pytest

from autograder.checking import compare
from autograder.checking.student import Student
from autograder.course.templates.assignment.private import reference

HEIGHT = "Where does a value lie between the lowest, 0, and the highest, 1?"


@pytest.mark.question("sparkline", weight=2)
def test_heights(student: Student, rng: np.random.RandomState) -> None:
    """Looks at the height of each bar."""
    for lowest in (5.0, -20.0):
        x = rng.uniform(lowest, lowest + 12.0, size=40)
        compare.equal("line", student.sparkline(x), reference.sparkline(x), HEIGHT)


@pytest.mark.question("sparkline")
def test_all_the_same(student: Student) -> None:
    """Looks at values that are all the same: there is no range to divide by."""
    for x in (np.full(6, 3.5), np.array([-2.0])):
        compare.equal("line", student.sparkline(x), reference.sparkline(x))
