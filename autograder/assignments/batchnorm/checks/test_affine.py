"""Hidden checks of the fully connected layer."""

from collections.abc import Iterator

import numpy as np
import pytest

from autograder.assignments.batchnorm import reference
from autograder.assignments.batchnorm.checks import derived
from autograder.checking import compare
from autograder.checking.compare import Array
from autograder.checking.inputs import made_once, normal
from autograder.checking.student import Student

FORWARD = "Each row of x is multiplied with w, then b is added to every row."
FLATTEN = "Only the first axis of x counts examples; all others together are the D features."
WIDE = (2, 33_000, 2)
"""Rows, features and outputs of a further layer (see `derived`): measured, dx and dw take a forward
pass for each feature."""

BACKWARD = "Each gradient is the upstream gradient times the layer's other factor, as a matrix."


def layer(
    rng: np.random.RandomState, *features: int, rows: int = 6, outputs: int = 5
) -> tuple[Array, Array, Array]:
    """Inputs x (rows, *features), w (D, outputs) and b (outputs,); odd sizes, no two alike."""
    x = normal(rng, rows, *features) - 0.4
    w = normal(rng, int(np.prod(features)), outputs)
    return x, w, rng.standard_normal(outputs) + 1.0


@pytest.mark.question("affine_forward", weight=2)
def test_out_matches(student: Student, rng: np.random.RandomState) -> None:
    """Looks at out for rows of features: x times w plus b."""
    x, w, b = layer(rng, 7)
    out, _ = student.affine_forward(x, w, b)
    compare.values("out", out, reference.affine_forward(x, w, b)[0], hint=FORWARD)


@pytest.mark.question("affine_forward")
def test_out_matches_for_images(student: Student, rng: np.random.RandomState) -> None:
    """Looks at out when each example is an image of several axes, as (N, 3, 2, 4)."""
    x, w, b = layer(rng, 3, 2, 4)
    out, _ = student.affine_forward(x, w, b)
    compare.values("out", out, reference.affine_forward(x, w, b)[0], hint=FLATTEN)


@pytest.mark.question("affine_forward")
def test_shape_of_out(student: Student, rng: np.random.RandomState) -> None:
    """Looks at the shape of out: (N, M), also for a single example."""
    x, w, b = layer(rng, 3, 5, rows=1)
    out, _ = student.affine_forward(x, w, b)
    compare.exact("out", out, reference.affine_forward(x, w, b)[0], hint=FORWARD)


Gradients = tuple[Array, Array, Array]
GRADIENTS = ("dx", "dw", "db")


Case = tuple[Array, Array, Array, Array, Gradients]
"""x, w, b, dout, and the right gradients."""


def gradients(
    student: Student, rng: np.random.RandomState, *features: int
) -> tuple[Gradients, Gradients]:
    """(dx, dw, db) of the student's own forward and backward, and of the reference."""
    case = drawn(rng, *features)
    return own_gradients(student, case), case[-1]


def own_gradients(student: Student, case: Case) -> Gradients:
    """(dx, dw, db) of the student's own forward and backward."""
    x, w, b, dout, _ = case
    _, cache = student.affine_forward(x, w, b)
    return student.affine_backward(dout, cache)  # type: ignore[no-any-return]


def drawn(rng: np.random.RandomState, *features: int, rows: int = 6, outputs: int = 5) -> Case:
    """Inputs, and what is right for them."""
    x, w, b = layer(rng, *features, rows=rows, outputs=outputs)
    dout = rng.standard_normal((rows, outputs)) + 0.5
    _, cache = reference.affine_forward(x, w, b)
    return x, w, b, dout, reference.affine_backward(dout, cache)


def two_sizes(
    student: Student, rng: np.random.RandomState
) -> Iterator[tuple[Gradients, Gradients]]:
    """`gradients` of a small layer, where mistakes are told apart, then of a wide one."""
    yield gradients(student, rng, 7)
    if student.timed:
        yield derived.once(student, "wide", lambda: wide(student, rng))


def wide(student: Student, rng: np.random.RandomState) -> tuple[Gradients, Gradients]:
    """`gradients` of the wide layer."""
    rows, features, outputs = WIDE
    case = made_once(
        rng, f"a wide layer {WIDE}", lambda: drawn(rng, features, rows=rows, outputs=outputs)
    )
    return own_gradients(student, case), case[-1]


@pytest.mark.question("affine_backward", weight=2)
def test_dx_matches(student: Student, rng: np.random.RandomState) -> None:
    """Looks at dx: how the loss changes with the layer's input."""
    for (dx, _, _), (expected, _, _) in two_sizes(student, rng):
        compare.values("dx", dx, expected, hint=BACKWARD)


@pytest.mark.question("affine_backward", weight=2)
def test_dw_matches(student: Student, rng: np.random.RandomState) -> None:
    """Looks at dw: how the loss changes with the weights, summed over the examples."""
    for (_, dw, _), (_, expected, _) in two_sizes(student, rng):
        compare.values("dw", dw, expected, hint=BACKWARD)


@pytest.mark.question("affine_backward")
def test_db_matches(student: Student, rng: np.random.RandomState) -> None:
    """Looks at db: how the loss changes with the biases, summed over the examples."""
    for (_, _, db), (_, _, expected) in two_sizes(student, rng):
        compare.values("db", db, expected, hint="b is added to every row, so every row sends back.")


@pytest.mark.question("affine_backward")
def test_dw_matches_for_images(student: Student, rng: np.random.RandomState) -> None:
    """Looks at dw when each example is an image of several axes, as (N, 3, 2, 4)."""
    answers, expected = gradients(student, rng, 3, 2, 4)
    compare.values("dw", answers[1], expected[1], hint=FLATTEN)
    derived.when_wide(student, lambda: wide(student, rng), GRADIENTS, (answers, expected))


@pytest.mark.question("affine_backward")
def test_shapes_of_gradients(student: Student, rng: np.random.RandomState) -> None:
    """Looks at the shapes: dx like x with all its axes, dw like w, db like b."""
    answers, expected = gradients(student, rng, 3, 2, 4)
    hint = "A gradient has the shape of what it is the gradient of."
    for name, answer, right in zip(GRADIENTS, answers, expected, strict=True):
        compare.exact(name, answer, right, hint=hint)
    derived.when_wide(student, lambda: wide(student, rng), GRADIENTS, (answers, expected))
