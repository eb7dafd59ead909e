"""Hidden checks of the rectifier."""

import numpy as np
import pytest

from autograder.assignments.batchnorm import reference
from autograder.checking import compare
from autograder.checking.compare import Array
from autograder.checking.inputs import away_from_zero, normal
from autograder.checking.student import Student

FORWARD = "Positive numbers pass as they are, negative ones become zero."
WIDE = (50, 1800)
"""A further x: an instant for a backward pass, also for one that loops over every number; more than
a check's time for measuring dx number by number."""

BACKWARD = "The upstream gradient passes where the input of the forward pass was positive."


@pytest.mark.question("relu_forward", weight=2)
def test_out_matches(student: Student, rng: np.random.RandomState) -> None:
    """Looks at out: what happens to positive and to negative numbers."""
    x = away_from_zero(rng, 5, 7)
    out, _ = student.relu_forward(x)
    compare.values("out", out, reference.relu_forward(x)[0], hint=FORWARD)


@pytest.mark.question("relu_forward")
def test_small_and_large_numbers(student: Student, rng: np.random.RandomState) -> None:
    """Looks at out for numbers near zero and for very large ones."""
    for size in (1e-6, 1e6):
        x = size * away_from_zero(rng, 4, 3)
        out, _ = student.relu_forward(x)
        compare.values("out", out, reference.relu_forward(x)[0], hint=FORWARD)


@pytest.mark.question("relu_forward")
def test_shape_of_out(student: Student, rng: np.random.RandomState) -> None:
    """Looks at the shape of out, which is that of x whatever its number of axes."""
    for shape in ((11,), (2, 3, 4, 5)):
        x = away_from_zero(rng, *shape)
        out, _ = student.relu_forward(x)
        compare.exact("out", out, reference.relu_forward(x)[0], hint=FORWARD)


def gradient(student: Student, rng: np.random.RandomState, *shape: int) -> tuple[Array, Array]:
    """The dx of the student's own forward and backward, and of the reference."""
    # At the kink any slope from 0 to 1 is right.
    x, dout = away_from_zero(rng, *shape), normal(rng, *shape) * 2.0
    _, cache = student.relu_forward(x)
    return student.relu_backward(dout, cache), reference.relu_backward(dout, x)


@pytest.mark.question("relu_backward", weight=3)
def test_dx_matches(student: Student, rng: np.random.RandomState) -> None:
    """Looks at dx: which entries of the upstream gradient pass."""
    for shape in ((6, 5), WIDE):
        compare.values("dx", *gradient(student, rng, *shape), hint=BACKWARD)


@pytest.mark.question("relu_backward")
def test_dx_matches_for_images(student: Student, rng: np.random.RandomState) -> None:
    """Looks at dx when x has four axes."""
    for shape in ((3, 2, 4, 5), (2, 5, 5, 1800)):
        compare.values("dx", *gradient(student, rng, *shape), hint=BACKWARD)


@pytest.mark.question("relu_backward")
def test_shape_of_dx(student: Student, rng: np.random.RandomState) -> None:
    """Looks at the shape of dx, which is that of x whatever its number of axes."""
    hint = "A gradient has the shape of what it is the gradient of."
    for shape in ((7,), (3, 4, 2)):
        compare.exact("dx", *gradient(student, rng, *shape), hint=hint)


@pytest.mark.question("relu_backward")
def test_zeros_in_x(student: Student, rng: np.random.RandomState) -> None:
    """Looks at dx where some inputs are exactly 0; there, 0 and dout are both right."""
    x, dout = away_from_zero(rng, 5, 6), rng.standard_normal((5, 6))
    zero = rng.uniform(size=x.shape) < 0.3
    x[zero] = 0.0
    _, cache = student.relu_forward(x)
    dx = compare.fitted("dx", student.relu_backward(dout, cache), x.shape)
    expected = reference.relu_backward(dout, x)
    passed_on = zero & np.isclose(dx, dout)
    compare.values("dx", dx, np.where(passed_on, dout, expected), hint=BACKWARD)
