"""Hidden checks of batch normalization's backward passes, layer alone."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import pytest

from autograder.assignments.batchnorm import reference
from autograder.assignments.batchnorm.checks import derived, second_call
from autograder.assignments.batchnorm.checks.batches import LARGE_EPS, ROOT, Layer, both, layer
from autograder.checking import compare
from autograder.checking.compare import Array
from autograder.checking.inputs import made_once
from autograder.checking.student import Student

WIDE = (5_000, 22)
"""Rows and features of a further batch (see `derived`): measured, dx takes a forward pass for each
row, for features do not touch each other. A matrix of rows by rows, to centre with, still fits."""
TOLERANCES = (None, 1e-3)
"""Of the two sizes: in single precision, so many rows add up more rounding."""
BRANCHES = "x reaches out three ways: straight, through the mean, through the variance. Add all up."
PARAMETERS = "gamma multiplies x̂ and beta is added, in every row: sum over the rows."

Gradients = tuple[Array, Array, Array]
GRADIENTS = ("dx", "dgamma", "dbeta")
AGAIN = -0.7
"""What dout is multiplied with for a second call; no factor by which a spoilt cache makes up."""


def gradients(
    student: Student,
    backward: Callable[..., Gradients],
    inputs: Layer,
    eps: float = 1e-5,
) -> tuple[Gradients, Gradients]:
    """(dx, dgamma, dbeta) by the student's own forward and `backward`, and by the reference."""
    return own_gradients(student, backward, inputs, eps), right_gradients(inputs, eps)


def own_gradients(
    student: Student, backward: Callable[..., Gradients], inputs: Layer, eps: float = 1e-5
) -> Gradients:
    """(dx, dgamma, dbeta) by the student's own forward and `backward`."""
    x, gamma, beta, dout = inputs
    bn_param = student.put("bn_param", {"mode": "train", "eps": eps})
    _, cache = student.batchnorm_forward(x, gamma, beta, bn_param)
    return backward(dout, cache)


def right_gradients(inputs: Layer, eps: float = 1e-5) -> Gradients:
    """(dx, dgamma, dbeta) by the reference."""
    x, gamma, beta, dout = inputs
    _, cache = reference.batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": eps})
    return reference.batchnorm_backward(dout, cache)


def two_sizes(
    student: Student, backward: Callable[..., Gradients], rng: np.random.RandomState
) -> Iterator[tuple[Gradients, Gradients]]:
    """`gradients` of a small mini-batch, where mistakes are told apart, then of a wide one."""
    yield gradients(student, backward, layer(rng))
    if student.timed:
        yield derived.once(student, "wide", lambda: wide(student, backward, rng))


def wide(
    student: Student, backward: Callable[..., Gradients], rng: np.random.RandomState
) -> tuple[Gradients, Gradients]:
    """`gradients` of the wide batch."""
    inputs, right = made_once(rng, f"a wide batch {WIDE}", lambda: wide_case(rng))
    return own_gradients(student, backward, inputs), right


def wide_case(rng: np.random.RandomState) -> tuple[Layer, Gradients]:
    """The wide batch, and what is right for it."""
    inputs = layer(rng, *WIDE)
    return inputs, right_gradients(inputs)


def when_wide(
    student: Student,
    backward: Callable[..., Gradients],
    rng: np.random.RandomState,
    small: tuple[Gradients, Gradients],
) -> None:
    """What is right in `small` is right for the wide batch."""
    ask = partial(wide, student, backward, rng)
    derived.when_wide(student, ask, GRADIENTS, small)


@pytest.mark.question("batchnorm_backward", weight=4)
def test_dx_matches(student: Student, rng: np.random.RandomState) -> None:
    """Looks at dx: the straight path and the paths through mean and variance, summed."""
    both_sizes = two_sizes(student, student.batchnorm_backward, rng)
    for ((dx, *_), (expected, *_)), tolerance in zip(both_sizes, TOLERANCES, strict=False):
        compare.values("dx", dx, expected, tolerance=tolerance, hint=BRANCHES)


@pytest.mark.question("batchnorm_backward")
def test_dgamma_matches(student: Student, rng: np.random.RandomState) -> None:
    """Looks at dgamma: the upstream gradient times x̂, summed over the rows."""
    answers, expected = gradients(student, student.batchnorm_backward, layer(rng))
    compare.values("dgamma", answers[1], expected[1], hint=PARAMETERS)
    when_wide(student, student.batchnorm_backward, rng, (answers, expected))


@pytest.mark.question("batchnorm_backward")
def test_dbeta_matches(student: Student, rng: np.random.RandomState) -> None:
    """Looks at dbeta: the upstream gradient, summed over the rows."""
    answers, expected = gradients(student, student.batchnorm_backward, layer(rng))
    compare.values("dbeta", answers[2], expected[2], hint=PARAMETERS)
    when_wide(student, student.batchnorm_backward, rng, (answers, expected))


@pytest.mark.question("batchnorm_backward", carried=False)
def test_dx_with_large_eps(student: Student, rng: np.random.RandomState) -> None:
    """Looks at dx with a large eps, which shows whether eps stands in every factor."""
    inputs = layer(rng, rows=7, features=5)
    answers, expected = gradients(student, student.batchnorm_backward, inputs, LARGE_EPS)
    compare.values("dx", answers[0], expected[0], hint=ROOT)
    when_wide(student, student.batchnorm_backward, rng, (answers, expected))


@pytest.mark.question("batchnorm_backward")
def test_shapes_of_gradients(student: Student, rng: np.random.RandomState) -> None:
    """Looks at the shapes of dgamma and dbeta, (D,), and at a second call with the same cache."""
    answers, expected = gradients(student, student.batchnorm_backward, layer(rng, features=3))
    compare_shapes(answers, expected)
    compare_twice(student, student.batchnorm_backward, layer(rng))
    when_wide(student, student.batchnorm_backward, rng, (answers, expected))


def compare_twice(
    student: Student, backward: Callable[..., Gradients], inputs: Layer
) -> tuple[Gradients, Gradients]:
    """A second call with the same cache and a multiple of dout gives so much of the gradients.

    Returns:
        The gradients of the first call, and the right ones.
    """
    x, gamma, beta, dout = inputs
    theirs, ours = both(student, mode="train")
    _, cache = student.batchnorm_forward(x, gamma, beta, theirs)
    _, expected_cache = reference.batchnorm_forward(x, gamma, beta, ours)
    first, second = backward(dout, cache), backward(AGAIN * dout, cache)
    right = reference.batchnorm_backward(dout, expected_cache)
    second_call.something_is_right(first, right, BRANCHES)
    for name, one, two, wanted in zip(GRADIENTS, first, second, right, strict=True):
        second_call.compare_second_call(name, one, two, AGAIN, wanted)
    return first, right


def compare_shapes(answers: Gradients, expected: Gradients) -> None:
    """The parameters' gradients are exactly (D,); the other checks look at dx."""
    hint = "A gradient has the shape of what it is the gradient of; keepdims leaves one axis more."
    compare.exact("dgamma", answers[1], expected[1], hint=hint)
    compare.exact("dbeta", answers[2], expected[2], hint=hint)


@pytest.mark.question("batchnorm_backward_alt", weight=3)
def test_alt_dx_matches(student: Student, rng: np.random.RandomState) -> None:
    """Looks at dx by the simplified formula."""
    both_sizes = two_sizes(student, student.batchnorm_backward_alt, rng)
    for ((dx, *_), (expected, *_)), tolerance in zip(both_sizes, TOLERANCES, strict=False):
        compare.values("dx", dx, expected, tolerance=tolerance, hint=BRANCHES)


@pytest.mark.question("batchnorm_backward_alt")
def test_alt_dgamma_and_dbeta_match(student: Student, rng: np.random.RandomState) -> None:
    """Looks at dgamma and dbeta of the simplified backward pass."""
    answers, expected = gradients(student, student.batchnorm_backward_alt, layer(rng))
    compare.values("dgamma", answers[1], expected[1], hint=PARAMETERS)
    compare.values("dbeta", answers[2], expected[2], hint=PARAMETERS)
    when_wide(student, student.batchnorm_backward_alt, rng, (answers, expected))


@pytest.mark.question("batchnorm_backward_alt", carried=False)
def test_alt_dx_with_large_eps(student: Student, rng: np.random.RandomState) -> None:
    """Looks at dx by the simplified formula with a large eps."""
    inputs = layer(rng, rows=7, features=5)
    answers, expected = gradients(student, student.batchnorm_backward_alt, inputs, LARGE_EPS)
    compare.values("dx", answers[0], expected[0], hint=ROOT)
    when_wide(student, student.batchnorm_backward_alt, rng, (answers, expected))


@pytest.mark.question("batchnorm_backward_alt")
def test_alt_twice(student: Student, rng: np.random.RandomState) -> None:
    """Looks at a second call with the same cache and a multiple of dout, which all follow."""
    small = compare_twice(student, student.batchnorm_backward_alt, layer(rng))
    when_wide(student, student.batchnorm_backward_alt, rng, small)


@pytest.mark.question("batchnorm_backward_alt")
def test_alt_shapes(student: Student, rng: np.random.RandomState) -> None:
    """Looks at the shapes of dgamma and dbeta: (D,), as gamma and beta have."""
    answers, expected = gradients(student, student.batchnorm_backward_alt, layer(rng, features=3))
    compare_shapes(answers, expected)
    when_wide(student, student.batchnorm_backward_alt, rng, (answers, expected))
