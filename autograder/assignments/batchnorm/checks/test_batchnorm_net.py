"""Hidden checks of the fully connected net with batch normalization: what is new in it."""

from typing import Any, NamedTuple

import numpy as np
import pytest

from autograder.assignments.batchnorm import reference
from autograder.assignments.batchnorm.checks import nets, wide_nets
from autograder.assignments.batchnorm.checks.own_loss import compare_with_own_loss
from autograder.assignments.batchnorm.checks.random_nets import Batch, random_batch, random_net
from autograder.checking import compare
from autograder.checking.faults import CheckFailed
from autograder.checking.remote import RemoteObject
from autograder.checking.student import Student

REG = 2.5
TEST_MODE = (
    "Without labels the net is in test mode: every layer uses the running averages that training "
    "left. One bn_param a layer, made once, updated once a training step."
)

ORDER = "In every hidden layer: affine, batch normalization, relu; behind the last affine nothing."
PENALTY = "The given `l2_regularization` has the penalty and its gradient: each is added once."
FLAG = "gamma and beta, and the layers that use them, are there only if use_batchnorm is set."


class Pair(NamedTuple):
    """The student's net and the reference, with the same parameters, and a batch for both."""

    net: RemoteObject
    expected: reference.FullyConnectedNet
    batch: Batch


def pair(
    student: Student, rng: np.random.RandomState, *, hold: bool = False, **options: Any
) -> Pair:
    """Nets of 8 inputs, 6 and 5 hidden units and 4 classes in float64, and 9 examples."""
    options = {"input_dim": 8, "num_classes": 4, "use_batchnorm": True} | options
    net = student.FullyConnectedNet(
        [6, 5], weight_scale=0.1, dtype=nets.float64(student), **options
    )
    expected = reference.FullyConnectedNet([6, 5], **options)
    batch = random_net(rng, expected, 9)
    nets.copy_parameters(student, net, expected, hold=hold)
    return Pair(net, expected, batch)


def train_some(rng: np.random.RandomState, made: Pair) -> None:
    """Three training steps' worth of batches, for the running averages; no parameter moves."""
    for _ in range(3):
        batch = random_batch(rng, 9, 8, 4)
        made.net.loss(*batch)
        made.expected.loss(*batch)


@pytest.mark.question("batchnorm_net", draws=True)
def test_initialization(student: Student) -> None:
    """Looks at params of a new net: gamma one and beta zero for every hidden layer."""
    sizes = {"hidden_dims": [60, 50], "input_dim": 40, "num_classes": 45}
    net = student.FullyConnectedNet(
        **sizes, weight_scale=0.03, dtype=nets.float64(student), seed=7, use_batchnorm=True
    )
    expected = reference.FullyConnectedNet([60, 50], 40, 45, use_batchnorm=True)
    nets.check_initialization(net, expected, 0.03)


@pytest.mark.question("batchnorm_net", weight=2)
def test_loss_matches(student: Student, rng: np.random.RandomState) -> None:
    """Looks at the loss in train mode: batch normalization between affine and relu."""
    made = pair(student, rng, hold=True)
    nets.compare_loss(*made, hint=ORDER)
    options: dict[str, Any] = {"input_dim": 8, "num_classes": 4, "use_batchnorm": True}
    net = student.FullyConnectedNet(
        [6, 5], weight_scale=0.5, dtype=nets.float64(student), **options
    )
    expected = reference.FullyConnectedNet([6, 5], **options)
    nets.compare_as_made(student, net, expected, made.batch)


@pytest.mark.question("batchnorm_net", weight=3)
def test_gradients_match(student: Student, rng: np.random.RandomState) -> None:
    """Looks at the gradients of all parameters, gamma and beta among them."""
    nets.compare_gradients(*pair(student, rng, hold=True))
    wide_nets.compare_gradients(student, rng, wide_nets.normalized(student))


@pytest.mark.question("batchnorm_net")
def test_gradients_follow_own_loss(student: Student, rng: np.random.RandomState) -> None:
    """Looks at whether the gradients are the slope of the loss that the net itself computes."""
    compare_with_own_loss(rng, *pair(student, rng, reg=0.5))
    made = pair(student, rng)
    nets.something_is_right(
        "The gradients follow the net's own loss",
        lambda: nets.compare_loss(*made),
        lambda: nets.compare_gradients(*made),
        lambda: compare_test_scores(rng, made),
    )
    wide_nets.as_in_small(
        student, rng, wide_nets.normalized(student), lambda: nets.compare_gradients(*made)
    )


@pytest.mark.question("batchnorm_net")
def test_regularization(student: Student, rng: np.random.RandomState) -> None:
    """Looks at loss and gradients with regularization: weights only, never gamma and beta."""
    made = pair(student, rng, reg=REG)
    nets.compare_loss(*made, hint=PENALTY)
    nets.compare_gradients(*made, shapes=True)
    wide_nets.compare_gradients(student, rng, wide_nets.normalized(student))


@pytest.mark.question("batchnorm_net", weight=3)
def test_test_mode_scores(student: Student, rng: np.random.RandomState) -> None:
    """Looks at loss(X) without labels after three training steps: the running averages at work."""
    compare_test_scores(rng, pair(student, rng, hold=True))


def compare_test_scores(rng: np.random.RandomState, made: Pair) -> None:
    """The scores in test mode, after some training, are the reference's."""
    train_some(rng, made)
    scores, expected = made.net.loss(made.batch.X), made.expected.loss(made.batch.X)
    compare.values(
        "the score matrix", scores, expected, tolerance=nets.NET_TOLERANCE, hint=TEST_MODE
    )


@pytest.mark.question("batchnorm_net")
def test_neighbours_do_not_matter(student: Student, rng: np.random.RandomState) -> None:
    """Looks at whether a row's scores in test mode depend on the rows and calls around it."""
    made = pair(student, rng)
    train_some(rng, made)
    X = made.batch.X
    alone, together = made.net.loss(X[:2]), made.net.loss(X)
    again = made.net.loss(X[:2])
    if together.shape[:1] != X.shape[:1] or np.allclose(together, together[:1]):
        raise CheckFailed("Different rows get the same scores in test mode.", TEST_MODE)
    for scores in (together[:2], again):
        compare.values(
            "the score matrix of two rows alone", alone, scores, tolerance=nets.NET_TOLERANCE,
            hint=TEST_MODE,
        )  # fmt: skip
    nets.something_is_right(
        "The scores do not depend on the rows around them",
        lambda: nets.compare_loss(*made),
        lambda: compare_test_scores(rng, made),
    )


@pytest.mark.question("batchnorm_net")
def test_without_the_flag(student: Student, rng: np.random.RandomState) -> None:
    """Looks at loss and gradients with use_batchnorm=False: the plain net."""
    made = pair(student, rng, use_batchnorm=False)
    letters = {match[1].lower() for key in made.net.params if (match := nets.PARAMETER.match(key))}
    if letters & {"gamma", "beta"}:
        raise CheckFailed("Without use_batchnorm, `params` holds gamma or beta as well.", FLAG)
    nets.compare_loss(*made, hint=FLAG)
    nets.compare_gradients(*made)
    wide_nets.compare_gradients(student, rng, wide_nets.deep(student))
