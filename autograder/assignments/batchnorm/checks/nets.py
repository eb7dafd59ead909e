"""What the checks of all nets share: naming parameters, copying them, one set of hidden inputs.

A student's net and the reference get the same parameters; then scores, loss and gradients can be
compared number by number, whatever either of them drew at the start.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograder.assignments.batchnorm import reference
from autograder.checking import compare
from autograder.checking.faults import CheckFailed
from autograder.checking.remote import RemoteMapping, RemoteObject
from autograder.checking.student import Student
from autograder.sandbox.wire import Handle

Array = NDArray[np.float64]
Names = Mapping[str, str]

PARAMETER = re.compile(r"(W|b|gamma|beta)_?(\d{1,4})", re.IGNORECASE)

NET_TOLERANCE = 5e-4
"""A whole net, relative: rounding grows through four layers and back. Honest float32 answers stay
below a tenth of it, every known mistake above ten times it."""

SMALL_GRADIENT = 0.01
"""A gradient is measured by its own size, or by this share of the net's largest one: a
bias in front of batch normalization has gradient zero, and float32 leaves only dust of it."""


class Batch(NamedTuple):
    """A mini-batch of hidden inputs: X (N, D) and integer labels y (N,)."""

    X: Array
    y: NDArray[np.int64]


def random_batch(rng: np.random.RandomState, rows: int, features: int, classes: int) -> Batch:
    """Inputs around 0.3 with spread 1, and labels."""
    X = rng.standard_normal((rows, features)) + 0.3
    return Batch(X, rng.randint(classes, size=rows).astype(np.int64))


def randomize(rng: np.random.RandomState, net: reference.FullyConnectedNet) -> None:
    """Give the reference parameters that hide nothing: no zero bias, no gamma of one.

    Weights are spread so that every layer keeps the size of its input.
    """
    for name, value in net.params.items():
        draw = rng.standard_normal(value.shape)
        if name.startswith("W"):
            net.params[name] = draw * np.sqrt(2.0 / value.shape[0])
        elif name.startswith("gamma"):
            net.params[name] = 1.5 + 0.5 * draw
        else:
            net.params[name] = 0.5 * draw


def names(held: RemoteMapping, wanted: Mapping[str, object]) -> Names:
    """Which key of the student's dictionary stands for which of W1, b1, gamma1, ….

    Keys are told apart by their letters and ordered by their number, so a net that
    counts from W0 is understood.

    Raises:
        CheckFailed: parameters are missing, with the names that are asked for.
    """
    found: dict[str, list[tuple[int, str]]] = {}
    keys = held.keys()
    if any(not isinstance(key, str) for key in keys):
        raise CheckFailed(f"`{held.name}` has keys that are not strings.")
    for key in keys:
        if match := PARAMETER.fullmatch(key):
            found.setdefault(match[1].lower(), []).append((int(match[2]), key))
    ordered = {letters: [key for _, key in sorted(keys)] for letters, keys in found.items()}
    matched = {}
    for name in wanted:
        keys = ordered.get(name.rstrip("0123456789").lower(), [])
        if layer_of(name) > len(keys):
            raise CheckFailed(
                f"`{held.name}` has no `{name}`; it should hold {', '.join(wanted)}.",
                "One weight matrix and one bias for every layer; gamma and beta for every "
                "hidden layer of a net with batch normalization.",
            )
        matched[name] = keys[layer_of(name) - 1]
    return matched


def layer_of(name: str) -> int:
    """The number in W1, b1, gamma1, …, counted from 1."""
    return int(name.lstrip("Wbgamet"))


def copy_parameters(net: RemoteObject, expected: reference.FullyConnectedNet) -> None:
    """Put the reference's parameters into the student's net, under the student's names."""
    params = net.params
    keys = names(params, expected.params)
    params.update({keys[name]: value for name, value in expected.params.items()})


def float64(student: Student) -> Handle:
    """The `np.float64` of the student's side, for a net's `dtype`; a string is not the same."""
    return student.get("np.float64")


def check_initialization(
    net: RemoteObject, expected: reference.FullyConnectedNet, weight_scale: float
) -> None:
    """A new net holds every parameter in the right shape, drawn or set as it should be.

    gamma and beta may be single numbers: they broadcast.

    Raises:
        CheckFailed: one is missing, misshapen or starts wrong.
    """
    for name, value in read(net.params, expected.params).items():
        if not (name.startswith(("gamma", "beta")) and value.size == 1):
            compare.fitted(name, value, expected.params[name].shape)
        if name.startswith("W"):
            hint = "The same weight_scale for every layer."
            compare.spread(name, value, weight_scale, hint, asked_by="weight_scale")
        else:
            compare.constant(name, value, 1.0 if name.startswith("gamma") else 0.0)


def compare_loss(net: RemoteObject, expected: reference.FullyConnectedNet, batch: Batch) -> None:
    """The student's loss is the reference's.

    Raises:
        CheckFailed: it is not.
    """
    wanted, gradients = expected.loss(*batch)
    loss, grads = net.loss(*batch)
    with compare.evidence(lambda: read(grads, gradients)):
        compare.values(
            "the loss",
            loss,
            wanted,
            tolerance=NET_TOLERANCE,
            hint="Softmax loss averaged over the batch, plus 0.5·reg·ΣW² over the weights of every "
            "layer and nothing else.",
        )


def read(held: RemoteMapping, wanted: Mapping[str, object]) -> dict[str, Array]:
    """All parameters or gradients, under the reference's names.

    Raises:
        CheckFailed: one is missing.
    """
    keys = names(held, wanted)
    return dict(zip(keys, held.many(list(keys.values())), strict=True))


def compare_gradients(
    net: RemoteObject, expected: reference.FullyConnectedNet, batch: Batch
) -> None:
    """Every gradient is there and is the reference's.

    Raises:
        CheckFailed: one is missing or wrong; the last layer is looked at first, as backward goes.
    """
    _, wanted = expected.loss(*batch)
    _, grads = net.loss(*batch)
    gradients = read(grads, wanted)
    largest = max(float(np.abs(gradient).max()) for gradient in wanted.values())
    for name in sorted(wanted, key=layer_of, reverse=True):
        compare.values(
            f"the gradient of {name}",
            gradients[name],
            wanted[name],
            tolerance=NET_TOLERANCE,
            scale=SMALL_GRADIENT * largest,
            hint="Layers further back than this one are built on it: mend it first.",
        )
