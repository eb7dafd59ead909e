"""Hidden checks of `weigh`."""

import pytest
from autograder.assignments.mini import reference

from autograder.checking import compare


def inputs(rng, *features):
    x = rng.standard_normal((6, *features))
    w = rng.standard_normal((x[0].size, 5))
    return x, w, rng.standard_normal(5) + 1.0


@pytest.mark.question("weigh", weight=2)
def test_out_matches(student, rng):
    """Looks at out for rows of features."""
    x, w, b = inputs(rng, 7)
    out, _ = student.weigh(x, w, b)
    compare.values("out", out, reference.weigh(x, w, b)[0])


@pytest.mark.question("weigh")
def test_out_matches_for_images(student, rng):
    """Looks at out when each example has several axes."""
    x, w, b = inputs(rng, 3, 2)
    out, _ = student.weigh(x, w, b)
    compare.values("out", out, reference.weigh(x, w, b)[0])


@pytest.mark.question("weigh")
def test_shape_of_out(student, rng):
    """Looks at the shape of out."""
    x, w, b = inputs(rng, 4)
    out, _ = student.weigh(x, w, b)
    compare.exact("out", out, reference.weigh(x, w, b)[0])
