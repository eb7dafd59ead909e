"""Hidden checks of the two-layer net: affine – relu – affine – softmax."""

from typing import NamedTuple

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
SCORES = "Affine, relu, affine; without labels, loss returns the scores as they are."

SIZES = {"input_dim": 6, "hidden_dim": 5, "num_classes": 4}
WITHOUT_REG = "Softmax loss of the scores, averaged over the batch; reg is 0 here."


class Pair(NamedTuple):
    """The student's net and the reference, with the same parameters, and a batch for both."""

    net: RemoteObject
    expected: reference.TwoLayerNet
    batch: Batch


def pair(student: Student, rng: np.random.RandomState, reg: float = 0.0) -> Pair:
    """Nets of 6 inputs, 5 hidden units and 4 classes, and 7 examples.

    Without regularization, the shapes that the net itself has made are held too.
    """
    sizes = {**SIZES, "weight_scale": 0.1, "reg": reg}
    net, expected = student.TwoLayerNet(**sizes), reference.TwoLayerNet(6, 5, 4, 0.1, reg)
    batch = random_net(rng, expected, 7)
    nets.copy_parameters(student, net, expected, hold=not reg)
    return Pair(net, expected, batch)


@pytest.mark.question("two_layer_net", draws=True)
def test_initialization(student: Student) -> None:
    """Looks at params of a new net: weights of spread weight_scale, biases zero."""
    sizes = {"input_dim": 70, "hidden_dim": 60, "num_classes": 50}
    net = student.TwoLayerNet(**sizes, weight_scale=0.03)
    nets.check_initialization(net, reference.TwoLayerNet(**sizes), 0.03)


@pytest.mark.question("two_layer_net", weight=2)
def test_scores_match(student: Student, rng: np.random.RandomState) -> None:
    """Looks at loss(X) without labels: the class scores."""
    compare_scores(*pair(student, rng))


def compare_scores(net: RemoteObject, expected: reference.TwoLayerNet, batch: Batch) -> None:
    """The scores are the reference's."""
    compare.values(
        "the score matrix",
        net.loss(batch.X),
        expected.loss(batch.X),
        tolerance=nets.NET_TOLERANCE,
        hint=SCORES,
    )


@pytest.mark.question("two_layer_net")
def test_loss_matches(student: Student, rng: np.random.RandomState) -> None:
    """Looks at the loss without regularization, also with the net's own first parameters."""
    made = pair(student, rng)
    nets.compare_loss(*made, hint=WITHOUT_REG)
    net = student.TwoLayerNet(**SIZES, weight_scale=0.5)
    nets.compare_as_made(student, net, reference.TwoLayerNet(**SIZES), made.batch)


@pytest.mark.question("two_layer_net")
def test_loss_with_regularization(student: Student, rng: np.random.RandomState) -> None:
    """Looks at the loss with regularization: 0.5·reg·ΣW² over both weight matrices."""
    nets.compare_loss(*pair(student, rng, REG))


@pytest.mark.question("two_layer_net", weight=2)
def test_gradients_match(student: Student, rng: np.random.RandomState) -> None:
    """Looks at the gradients of W1, b1, W2 and b2 without regularization."""
    nets.compare_gradients(*pair(student, rng))
    wide_nets.compare_gradients(student, rng, wide_nets.two_layers(student))


@pytest.mark.question("two_layer_net")
def test_gradients_with_regularization(student: Student, rng: np.random.RandomState) -> None:
    """Looks at the gradients with regularization: reg·W more for each weight matrix."""
    nets.compare_gradients(*pair(student, rng, REG), shapes=True)
    wide_nets.compare_gradients(student, rng, wide_nets.two_layers(student))


@pytest.mark.question("two_layer_net")
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
        student, rng, wide_nets.two_layers(student), lambda: nets.compare_gradients(*made)
    )
