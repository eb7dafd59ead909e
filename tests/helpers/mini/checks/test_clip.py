"""Hidden checks of `clip` and `clip_back`."""

import pytest
from autograder.assignments.mini import reference

from autograder.checking import compare


@pytest.mark.question("clip", weight=2)
def test_out_matches(student, rng):
    """Looks at out for numbers of both signs."""
    x = rng.standard_normal((4, 5))
    out, _ = student.clip(x)
    compare.values("out", out, reference.clip(x)[0])


@pytest.mark.question("clip")
def test_any_shape(student, rng):
    """Looks at out for an array of three axes."""
    x = rng.standard_normal((2, 3, 4))
    out, _ = student.clip(x)
    compare.exact("out", out, reference.clip(x)[0])


@pytest.mark.question("clip_back", weight=2)
def test_dx_matches(student, rng):
    """Looks at dx where x is above zero and where it is below."""
    x, dout = rng.standard_normal((4, 5)), rng.standard_normal((4, 5))
    compare.values("dx", student.clip_back(dout, x), reference.clip_back(dout, x))


@pytest.mark.question("clip_back")
def test_any_shape_of_dx(student, rng):
    """Looks at dx for an array of three axes."""
    x, dout = rng.standard_normal((2, 3, 4)), rng.standard_normal((2, 3, 4))
    compare.exact("dx", student.clip_back(dout, x), reference.clip_back(dout, x))
