"""Hidden checks of the array and of the text."""

import numpy as np
import pytest
from autograder.assignments.tiny import reference

from autograder.checking import compare


@pytest.mark.question("standardize", weight=2)
def test_columns(student, rng):
    """Looks at out: every column has mean 0 and standard deviation 1."""
    x = 3.0 * rng.standard_normal((7, 3)) + [1.0, -2.0, 5.0]
    compare.exact("out", student.standardize(x), reference.standardize(x))


@pytest.mark.question("standardize")
def test_sales(student, release):
    """Looks at out for the sales that are handed out."""
    x = np.loadtxt(release / "sales.csv", delimiter=",", skiprows=1)
    compare.exact("out", student.standardize(x), reference.standardize(x))


@pytest.mark.question("initials")
@pytest.mark.parametrize("name", ["ada king lovelace", "Alan Turing"])
def test_initials(student, name):
    """Looks at the first letter of every word."""
    compare.equal("initials", student.initials(name), reference.initials(name))
