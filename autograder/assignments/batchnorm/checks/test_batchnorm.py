"""Hidden checks of batch normalization, forward and backward, layer alone.

Inputs tell mistakes apart: more rows than features, gamma of both signs, beta not zero, a momentum
that is not 0.9, means far from zero, and an eps large enough to show where it stands.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest

from autograder.assignments.batchnorm import reference
from autograder.assignments.batchnorm.checks import second_call
from autograder.checking import compare
from autograder.checking.compare import Array
from autograder.checking.inputs import normal
from autograder.checking.remote import RemoteMapping
from autograder.checking.student import Student

LARGE_EPS = 0.6
WIDE = (30, 1500)
"""Rows and features of a further batch: an instant for a backward pass, also for one that loops
over rows or features; more than a check's time for measuring dx number by number. Two checks of
each function use it: what has timed out twice is not called again."""

TINY_STD = 0.004  # its square is near the default eps, so a fixed eps shows
NORMALIZE = (
    "Each feature (a column) by its own mean and its own biased variance over the rows, then "
    "gamma and beta."
)
ROOT = "eps is added to the variance, and the root is taken of the sum."
AVERAGES = "running = momentum · running + (1 − momentum) · batch value, stored back into bn_param."
TEST_MODE = "The running averages take the place of the batch's; eps, gamma and beta stay."
BRANCHES = "x reaches out three ways: straight, through the mean, through the variance. Add all up."
PARAMETERS = "gamma multiplies x̂ and beta is added, in every row: sum over the rows."


class Layer(NamedTuple):
    """Hidden inputs: x (N, D), gamma (D,), beta (D,), dout (N, D)."""

    x: Array
    gamma: Array
    beta: Array
    dout: Array


def layer(rng: np.random.RandomState, rows: int = 9, features: int = 4) -> Layer:
    """A mini-batch whose features have means near 3 and standard deviations near 2."""
    x = 2.0 * normal(rng, rows, features) + rng.uniform(2.0, 4.0, size=features)
    sign = np.where(rng.uniform(size=features) < 0.5, -1.0, 1.0)
    gamma = sign * rng.uniform(0.5, 2.5, size=features)
    beta = rng.standard_normal(features) + 1.0
    return Layer(x, gamma, beta, normal(rng, rows, features) + 0.3)


def two_sizes(rng: np.random.RandomState) -> Iterator[Layer]:
    """A small mini-batch, where mistakes are told apart, then a wide one."""
    yield layer(rng)
    yield layer(rng, *WIDE)


def both(student: Student, **entries: Any) -> tuple[RemoteMapping, dict[str, Any]]:
    """The same bn_param on the student's side and on ours."""
    return student.put("bn_param", entries), dict(entries)


@pytest.mark.question("batchnorm_forward", weight=2)
def test_train_output(student: Student, rng: np.random.RandomState) -> None:
    """Looks at out in train mode: every feature normalized over the batch, scaled, shifted."""
    x, gamma, beta, _ = layer(rng)
    theirs, ours = both(student, mode="train", eps=1e-5, momentum=0.9)
    out, _ = student.batchnorm_forward(x, gamma, beta, theirs)
    expected, _ = reference.batchnorm_forward(x, gamma, beta, ours)
    compare.values("out", out, expected, hint=NORMALIZE)


@pytest.mark.question("batchnorm_forward")
def test_train_output_with_large_eps(student: Student, rng: np.random.RandomState) -> None:
    """Looks at out in train mode with a large eps, which shows where eps is added."""
    x, gamma, beta, _ = layer(rng, rows=8, features=5)
    x[:, 0] = TINY_STD * rng.standard_normal(8)
    theirs, ours = both(student, mode="train", eps=LARGE_EPS)
    out, _ = student.batchnorm_forward(x, gamma, beta, theirs)
    expected, _ = reference.batchnorm_forward(x, gamma, beta, ours)
    compare.values("out", out, expected, hint=ROOT)


@pytest.mark.question("batchnorm_forward", weight=2)
def test_running_averages(student: Student, rng: np.random.RandomState) -> None:
    """Looks at running_mean and running_var in bn_param after two batches in train mode."""
    start = {"running_mean": rng.standard_normal(3), "running_var": rng.uniform(0.5, 2.0, size=3)}
    theirs, ours = both(student, mode="train", momentum=0.7, eps=LARGE_EPS, **start)
    for rows in (7, 5):
        x, gamma, beta, _ = layer(rng, rows=rows, features=3)
        student.batchnorm_forward(x, gamma, beta, theirs)
        reference.batchnorm_forward(x, gamma, beta, ours)
    compare_averages(theirs, ours)


@pytest.mark.question("batchnorm_forward")
def test_defaults(student: Student, rng: np.random.RandomState) -> None:
    """Looks at a bn_param with nothing but its mode: momentum 0.9, averages from zero."""
    x, gamma, beta, _ = layer(rng, rows=6, features=3)
    theirs, ours = both(student, mode="train")
    student.batchnorm_forward(x, gamma, beta, theirs)
    reference.batchnorm_forward(x, gamma, beta, ours)
    with compare.evidence(lambda: another_batch(student, rng, theirs)):
        compare_averages(theirs, ours)


def another_batch(student: Student, rng: np.random.RandomState, theirs: RemoteMapping) -> Array:
    """What stands in running_mean after one more batch."""
    x, gamma, beta, _ = layer(rng, rows=6, features=3)
    student.batchnorm_forward(x, gamma, beta, theirs)
    return theirs["running_mean"]


@pytest.mark.question("batchnorm_forward", weight=2)
def test_test_mode(student: Student, rng: np.random.RandomState) -> None:
    """Looks at out in test mode, with given running averages and a large eps."""
    x, gamma, beta, _ = layer(rng, rows=5, features=6)
    averages = {
        "running_mean": rng.standard_normal(6) + 2.0,
        "running_var": rng.uniform(0.5, 3.0, size=6),
    }
    averages["running_var"][0] = TINY_STD**2
    theirs, ours = both(student, mode="test", eps=LARGE_EPS, **averages)
    out, _ = student.batchnorm_forward(x, gamma, beta, theirs)
    expected, _ = reference.batchnorm_forward(x, gamma, beta, ours)
    training = student.put("bn_param", {"mode": "train", "eps": LARGE_EPS})
    with compare.evidence(lambda: student.batchnorm_forward(x, gamma, beta, training)):
        compare.values("out", out, expected, hint=TEST_MODE)


@pytest.mark.question("batchnorm_forward")
def test_test_mode_changes_nothing(student: Student, rng: np.random.RandomState) -> None:
    """Looks at the running averages that training left, after a batch in test mode."""
    x, gamma, beta, _ = layer(rng, rows=7, features=3)
    theirs, _ = both(student, mode="train")
    student.batchnorm_forward(x, gamma, beta, theirs)
    before = [theirs[name] for name in ("running_mean", "running_var")]
    theirs["mode"] = "test"
    student.batchnorm_forward(x + 5.0, gamma, beta, theirs)
    hint = "In test mode the running averages are read, never written."
    for name, left in zip(("running_mean", "running_var"), before, strict=True):
        compare.nonzero(name, left, hint=AVERAGES)
        compare.values(f"{name} after test mode", theirs[name], left, hint=hint)
    theirs["mode"] = "train"
    student.batchnorm_forward(2.0 * x + 5.0, gamma, beta, theirs)
    for name, left in zip(("running_mean", "running_var"), before, strict=True):
        compare.changed(f"{name}, in train mode again,", theirs[name], left, AVERAGES)


@pytest.mark.question("batchnorm_forward")
def test_shapes(student: Student, rng: np.random.RandomState) -> None:
    """Looks at shapes: out like x; running_mean and running_var (D,), one number a feature."""
    x, gamma, beta, _ = layer(rng)
    theirs, ours = both(student, mode="train")
    out, _ = student.batchnorm_forward(x, gamma, beta, theirs)
    expected, _ = reference.batchnorm_forward(x, gamma, beta, ours)
    compare.shape("out", compare.nonzero("out", out), expected.shape)
    for name in ("running_mean", "running_var"):
        compare.shape(name, compare.nonzero(name, theirs[name]), ours[name].shape)
    again = student.put("bn_param", {"mode": "train"})
    upside_down, _ = student.batchnorm_forward(x[::-1].copy(), gamma, beta, again)
    compare.changed("out", upside_down, out, NORMALIZE)


def compare_averages(theirs: RemoteMapping, ours: dict[str, Any]) -> None:
    """Both running averages are the reference's."""
    compare.values("running_mean", theirs["running_mean"], ours["running_mean"], hint=AVERAGES)
    hint = f"{AVERAGES} The batch's variance is the biased one, without eps and without a root."
    compare.values("running_var", theirs["running_var"], ours["running_var"], hint=hint)


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
    x, gamma, beta, dout = inputs
    theirs, ours = both(student, mode="train", eps=eps)
    _, cache = student.batchnorm_forward(x, gamma, beta, theirs)
    _, expected_cache = reference.batchnorm_forward(x, gamma, beta, ours)
    return backward(dout, cache), reference.batchnorm_backward(dout, expected_cache)


@pytest.mark.question("batchnorm_backward", weight=4)
def test_dx_matches(student: Student, rng: np.random.RandomState) -> None:
    """Looks at dx: the straight path and the paths through mean and variance, summed."""
    for inputs in two_sizes(rng):
        (dx, _, _), (expected, _, _) = gradients(student, student.batchnorm_backward, inputs)
        compare.values("dx", dx, expected, hint=BRANCHES)


@pytest.mark.question("batchnorm_backward")
def test_dgamma_matches(student: Student, rng: np.random.RandomState) -> None:
    """Looks at dgamma: the upstream gradient times x̂, summed over the rows."""
    for inputs in two_sizes(rng):
        (_, dgamma, _), (_, expected, _) = gradients(student, student.batchnorm_backward, inputs)
        compare.values("dgamma", dgamma, expected, hint=PARAMETERS)


@pytest.mark.question("batchnorm_backward")
def test_dbeta_matches(student: Student, rng: np.random.RandomState) -> None:
    """Looks at dbeta: the upstream gradient, summed over the rows."""
    (_, _, dbeta), (_, _, expected) = gradients(student, student.batchnorm_backward, layer(rng))
    compare.values("dbeta", dbeta, expected, hint=PARAMETERS)


@pytest.mark.question("batchnorm_backward", carried=False)
def test_dx_with_large_eps(student: Student, rng: np.random.RandomState) -> None:
    """Looks at dx with a large eps, which shows whether eps stands in every factor."""
    inputs = layer(rng, rows=7, features=5)
    answers, expected = gradients(student, student.batchnorm_backward, inputs, LARGE_EPS)
    compare.values("dx", answers[0], expected[0], hint=ROOT)


@pytest.mark.question("batchnorm_backward")
def test_shapes_of_gradients(student: Student, rng: np.random.RandomState) -> None:
    """Looks at the shapes of dgamma and dbeta, (D,), and at a second call with the same cache."""
    compare_shapes(*gradients(student, student.batchnorm_backward, layer(rng, features=3)))
    compare_twice(student, student.batchnorm_backward, layer(rng))


def compare_twice(student: Student, backward: Callable[..., Gradients], inputs: Layer) -> None:
    """A second call with the same cache and a multiple of dout gives so much of the gradients."""
    x, gamma, beta, dout = inputs
    theirs, ours = both(student, mode="train")
    _, cache = student.batchnorm_forward(x, gamma, beta, theirs)
    _, expected_cache = reference.batchnorm_forward(x, gamma, beta, ours)
    first, second = backward(dout, cache), backward(AGAIN * dout, cache)
    right = reference.batchnorm_backward(dout, expected_cache)
    second_call.something_is_right(first, right, BRANCHES)
    for name, one, two, wanted in zip(GRADIENTS, first, second, right, strict=True):
        second_call.compare_second_call(name, one, two, AGAIN, wanted)


def compare_shapes(answers: Gradients, expected: Gradients) -> None:
    """The parameters' gradients are exactly (D,); the other checks look at dx."""
    hint = "A gradient has the shape of what it is the gradient of; keepdims leaves one axis more."
    compare.exact("dgamma", answers[1], expected[1], hint=hint)
    compare.exact("dbeta", answers[2], expected[2], hint=hint)


@pytest.mark.question("batchnorm_backward_alt", weight=3)
def test_alt_dx_matches(student: Student, rng: np.random.RandomState) -> None:
    """Looks at dx by the simplified formula."""
    for inputs in two_sizes(rng):
        (dx, _, _), (expected, _, _) = gradients(student, student.batchnorm_backward_alt, inputs)
        compare.values("dx", dx, expected, hint=BRANCHES)


@pytest.mark.question("batchnorm_backward_alt")
def test_alt_dgamma_and_dbeta_match(student: Student, rng: np.random.RandomState) -> None:
    """Looks at dgamma and dbeta of the simplified backward pass."""
    for inputs in two_sizes(rng):
        answers, expected = gradients(student, student.batchnorm_backward_alt, inputs)
        compare.values("dgamma", answers[1], expected[1], hint=PARAMETERS)
        compare.values("dbeta", answers[2], expected[2], hint=PARAMETERS)


@pytest.mark.question("batchnorm_backward_alt", carried=False)
def test_alt_dx_with_large_eps(student: Student, rng: np.random.RandomState) -> None:
    """Looks at dx by the simplified formula with a large eps."""
    inputs = layer(rng, rows=7, features=5)
    answers, expected = gradients(student, student.batchnorm_backward_alt, inputs, LARGE_EPS)
    compare.values("dx", answers[0], expected[0], hint=ROOT)


@pytest.mark.question("batchnorm_backward_alt")
def test_alt_twice(student: Student, rng: np.random.RandomState) -> None:
    """Looks at a second call with the same cache and a multiple of dout, which all follow."""
    compare_twice(student, student.batchnorm_backward_alt, layer(rng))


@pytest.mark.question("batchnorm_backward_alt")
def test_alt_shapes(student: Student, rng: np.random.RandomState) -> None:
    """Looks at the shapes of dgamma and dbeta: (D,), as gamma and beta have."""
    compare_shapes(*gradients(student, student.batchnorm_backward_alt, layer(rng, features=3)))
