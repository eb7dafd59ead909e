"""Hidden checks of batch normalization's forward pass, layer alone."""

from typing import Any

import numpy as np
import pytest

from autograder.assignments.batchnorm import reference
from autograder.assignments.batchnorm.checks.batches import LARGE_EPS, ROOT, both, layer
from autograder.checking import compare
from autograder.checking.compare import Array
from autograder.checking.remote import RemoteMapping
from autograder.checking.student import Student

TINY_STD = 0.004  # its square is near the default eps, so a fixed eps shows
NORMALIZE = (
    "Each feature (a column) by its own mean and its own biased variance over the rows, then "
    "gamma and beta."
)
AVERAGES = "running = momentum · running + (1 − momentum) · batch value, stored back into bn_param."
TEST_MODE = "The running averages take the place of the batch's; eps, gamma and beta stay."


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
