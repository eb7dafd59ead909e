"""Hidden checks of the fully connected net of any depth, without batch normalization."""

from typing import Any, NamedTuple

import numpy as np
import pytest

from autograder.assignments.batchnorm import reference
from autograder.assignments.batchnorm.checks import nets, wide_nets
from autograder.assignments.batchnorm.checks.own_loss import compare_with_own_loss
from autograder.assignments.batchnorm.checks.random_nets import Batch, random_net
from autograder.checking import compare
from autograder.checking.remote import RemoteObject
from autograder.checking.student import Student

REG = 3.14
SCORES = "Affine and relu for every hidden layer, then one affine layer and nothing behind it."
DEEP = (5, 7, 6)
SIZES: dict[str, Any] = {"input_dim": 8, "num_classes": 4}
WITHOUT_REG = "Softmax loss of the scores, averaged over the batch; reg is 0 here."


class Pair(NamedTuple):
    """The student's net and the reference, with the same parameters, and a batch for both."""

    net: RemoteObject
    expected: reference.FullyConnectedNet
    batch: Batch


def pair(
    student: Student,
    rng: np.random.RandomState,
    reg: float = 0.0,
    hidden: tuple[int, ...] = DEEP,
) -> Pair:
    """Nets of 8 inputs and 4 classes in float64, and 9 examples.

    Without regularization, the shapes that the net itself has made are held too.
    """
    net = student.FullyConnectedNet(
        list(hidden), **SIZES, reg=reg, weight_scale=0.1, dtype=nets.float64(student)
    )
    expected = reference.FullyConnectedNet(hidden, **SIZES, reg=reg)
    batch = random_net(rng, expected, 9)
    nets.copy_parameters(student, net, expected, hold=not reg)
    return Pair(net, expected, batch)


@pytest.mark.question("fully_connected_net", draws=True)
def test_initialization(student: Student) -> None:
    """Looks at params of a new net: weights of spread weight_scale in every layer, biases zero."""
    sizes = {"hidden_dims": [60, 50, 45], "input_dim": 40, "num_classes": 50}
    net = student.FullyConnectedNet(**sizes, weight_scale=0.03, dtype=nets.float64(student), seed=7)
    nets.check_initialization(net, reference.FullyConnectedNet([60, 50, 45], 40, 50), 0.03)


@pytest.mark.question("fully_connected_net", weight=2)
def test_scores_match(student: Student, rng: np.random.RandomState) -> None:
    """Looks at loss(X) without labels, for three hidden layers."""
    compare_scores(*pair(student, rng))


def compare_scores(net: RemoteObject, expected: reference.FullyConnectedNet, batch: Batch) -> None:
    """The scores are the reference's."""
    compare.values(
        "the score matrix",
        net.loss(batch.X),
        expected.loss(batch.X),
        tolerance=nets.NET_TOLERANCE,
        hint=SCORES,
    )


@pytest.mark.question("fully_connected_net")
def test_scores_match_for_one_hidden_layer(student: Student, rng: np.random.RandomState) -> None:
    """Looks at loss(X) without labels, for one hidden layer."""
    compare_scores(*pair(student, rng, hidden=(6,)))


@pytest.mark.question("fully_connected_net")
def test_loss_matches(student: Student, rng: np.random.RandomState) -> None:
    """Looks at the loss without regularization, also with the net's own first parameters."""
    made = pair(student, rng)
    nets.compare_loss(*made, hint=WITHOUT_REG)
    net = student.FullyConnectedNet(
        list(DEEP), **SIZES, weight_scale=0.5, dtype=nets.float64(student)
    )
    expected = reference.FullyConnectedNet(DEEP, **SIZES)
    nets.compare_as_made(student, net, expected, made.batch)


@pytest.mark.question("fully_connected_net")
def test_loss_with_regularization(student: Student, rng: np.random.RandomState) -> None:
    """Looks at the loss with regularization: 0.5·reg·ΣW² over every weight matrix."""
    nets.compare_loss(*pair(student, rng, REG))


@pytest.mark.question("fully_connected_net", weight=2)
def test_gradients_match(student: Student, rng: np.random.RandomState) -> None:
    """Looks at the gradients of all parameters without regularization."""
    nets.compare_gradients(*pair(student, rng))
    wide_nets.compare_gradients(student, rng, wide_nets.deep(student))


@pytest.mark.question("fully_connected_net")
def test_gradients_with_regularization(student: Student, rng: np.random.RandomState) -> None:
    """Looks at the gradients with regularization: reg·W more for every weight matrix."""
    nets.compare_gradients(*pair(student, rng, REG), shapes=True)
    wide_nets.compare_gradients(student, rng, wide_nets.deep(student))


@pytest.mark.question("fully_connected_net")
def test_gradients_follow_own_loss(student: Student, rng: np.random.RandomState) -> None:
    """Looks at whether the gradients are the slope of the loss that the net itself computes."""
    compare_with_own_loss(rng, *pair(student, rng, 0.5))
    made = pair(student, rng)
    nets.something_is_right(
        "The gradients follow the net's own loss",
        lambda: compare_scores(*made),
        lambda: nets.compare_loss(*made),
        lambda: nets.compare_gradients(*made),
    )
    wide_nets.as_in_small(
        student, rng, wide_nets.deep(student), lambda: nets.compare_gradients(*made)
    )
