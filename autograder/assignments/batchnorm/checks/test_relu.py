"""Hidden checks of the rectifier."""

from typing import NamedTuple

import numpy as np
import pytest

from autograder.assignments.batchnorm import reference
from autograder.assignments.batchnorm.checks import second_call
from autograder.checking import compare
from autograder.checking.compare import Array
from autograder.checking.inputs import away_from_zero, normal
from autograder.checking.seen import Mask
from autograder.checking.student import Student

FORWARD = "Positive numbers pass as they are, negative ones become zero."
ROUNDED = 1e-5
"""Relative: nothing is added up, so float32 is off by its own rounding, 1e-7, and a slope of 0.01
for negative numbers by a thousand times as much as is allowed."""

WIDE, WIDE_IMAGES = (50, 1800), (2, 5, 5, 1800)
"""Further x: an instant for a backward pass, also for one that loops over every number; more than
a check's time for measuring dx number by number."""

BACKWARD = "The upstream gradient passes where the input of the forward pass was positive."


@pytest.mark.question("relu_forward", weight=2)
def test_out_matches(student: Student, rng: np.random.RandomState) -> None:
    """Looks at out: what happens to positive and to negative numbers."""
    x = away_from_zero(rng, 5, 7)
    out, _ = student.relu_forward(x)
    expected, _ = reference.relu_forward(x)
    compare.values("out", out, expected, tolerance=ROUNDED, hint=FORWARD)


@pytest.mark.question("relu_forward")
def test_small_and_large_numbers(student: Student, rng: np.random.RandomState) -> None:
    """Looks at out for numbers near zero and for very large ones."""
    for size in (1e-6, 1e6):
        x = size * away_from_zero(rng, 4, 3)
        out, _ = student.relu_forward(x)
        expected, _ = reference.relu_forward(x)
        compare.values("out", out, expected, tolerance=ROUNDED, hint=FORWARD)


@pytest.mark.question("relu_forward")
def test_shape_of_out(student: Student, rng: np.random.RandomState) -> None:
    """Looks at the shape of out, which is that of x whatever its number of axes."""
    for shape in ((11,), (2, 3, 4, 5)):
        x = away_from_zero(rng, *shape)
        out, _ = student.relu_forward(x)
        expected, _ = reference.relu_forward(x)
        compare.exact("out", out, expected, tolerance=ROUNDED, hint=FORWARD)


class Backward(NamedTuple):
    """One backward pass: what came back, what is right, and where x is what."""

    dx: Array
    expected: Array
    where: dict[str, Mask]


def backward(student: Student, rng: np.random.RandomState, *shape: int) -> Backward:
    """The dx of the student's own forward and backward, and of the reference."""
    # At the kink any slope from 0 to 1 is right.
    x, dout = away_from_zero(rng, *shape), normal(rng, *shape) * 2.0
    _, cache = student.relu_forward(x)
    dx = student.relu_backward(dout, cache)
    return Backward(dx, reference.relu_backward(dout, x), parts(x))


def parts(x: Array) -> dict[str, Mask]:
    """Where x is what, in words."""
    return {"x is positive": x > 0, "x is negative": x < 0, "x is exactly 0": x == 0}


def compare_dx(student: Student, rng: np.random.RandomState, *shape: int) -> None:
    """The dx for this shape is right; if not, the diagnosis sees that of two axes as well."""
    answer = backward(student, rng, *shape)
    with compare.evidence(lambda: backward(student, rng, 6, 5)):
        compare.values("dx", answer.dx, answer.expected, hint=BACKWARD, where=answer.where)


@pytest.mark.question("relu_backward", weight=3)
def test_dx_matches(student: Student, rng: np.random.RandomState) -> None:
    """Looks at dx: which entries of the upstream gradient pass."""
    for shape in ((6, 5), WIDE):
        compare_dx(student, rng, *shape)


@pytest.mark.question("relu_backward")
def test_dx_matches_for_images(student: Student, rng: np.random.RandomState) -> None:
    """Looks at dx when x has four axes, and at a second call with the same cache."""
    for shape in ((3, 2, 4, 5), WIDE_IMAGES):
        compare_dx(student, rng, *shape)
    x, dout = away_from_zero(rng, 3, 2, 4, 5), normal(rng, 3, 2, 4, 5)
    _, cache = student.relu_forward(x)
    first = student.relu_backward(dout, cache)
    second, right = student.relu_backward(-0.7 * dout, cache), reference.relu_backward(dout, x)
    second_call.compare_second_call("dx", first, second, -0.7, right)


@pytest.mark.question("relu_backward")
def test_shape_of_dx(student: Student, rng: np.random.RandomState) -> None:
    """Looks at the shape of dx, which is that of x whatever its number of axes."""
    hint = "A gradient has the shape of what it is the gradient of."
    for shape in ((7,), (3, 4, 2)):
        answer = backward(student, rng, *shape)
        with compare.evidence(lambda: backward(student, rng, 6, 5)):
            compare.exact("dx", answer.dx, answer.expected, hint=hint)


@pytest.mark.question("relu_backward")
def test_zeros_in_x(student: Student, rng: np.random.RandomState) -> None:
    """Looks at dx where some inputs are exactly 0; there, any slope from 0 to 1 is right."""
    x, dout = away_from_zero(rng, 5, 6), rng.standard_normal((5, 6))
    zero = rng.uniform(size=x.shape) < 0.3
    x[zero] = 0.0
    _, cache = student.relu_forward(x)
    dx = compare.fitted("dx", student.relu_backward(dout, cache), x.shape)
    expected = reference.relu_backward(dout, x)
    between = np.clip(dx, np.minimum(dout, 0.0), np.maximum(dout, 0.0))
    right = np.where(zero, between, expected)
    compare.values("dx", dx, right, hint=BACKWARD, where=parts(x))
