"""What the checks of all nets share: naming parameters, copying them, comparing.

A student's net and the reference get the same parameters; then scores, loss and gradients can be
compared number by number, whatever either of them drew at the start.
"""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from autograder.assignments.batchnorm import reference
from autograder.assignments.batchnorm.checks.random_nets import Batch
from autograder.checking import compare
from autograder.checking.faults import CheckFailed, StudentFault
from autograder.checking.remote import RemoteMapping, RemoteObject
from autograder.checking.student import Student
from autograder.sandbox.wire import Named

Array = NDArray[np.float64]
Names = Mapping[str, str]

LOSS = (
    "Softmax loss averaged over the batch, plus 0.5·reg·ΣW² over the weights of every layer and "
    "nothing else."
)
PARAMETER = re.compile(r"(W|b|gamma|beta)_?(\d{1,4})", re.IGNORECASE)

NET_TOLERANCE = 1e-3
"""Scores and gradients of a whole net, relative: rounding grows through four layers and back."""
LOSS_TOLERANCE = 2e-5
"""Its loss: one number, to which a wrong net comes near by chance. In float32 it is off by 1e-7."""

AS_MADE = 0.01
"""The same where parameters are the student's draws: enough to see that those are used; what else
is wrong is seen where nothing is left to chance."""

SIZES = "Every size follows from hidden_dims, input_dim and num_classes."
SMALL_GRADIENT = 0.05
"""A gradient is measured by its own size, or by this share of the net's largest one: a
bias in front of batch normalization has gradient zero, and float32 leaves only dust of it."""


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


def copy_parameters(
    student: Student, net: RemoteObject, expected: reference.FullyConnectedNet, *, hold: bool
) -> None:
    """Put the reference's parameters into the student's net, under the student's names.

    Biases are put in as rows where the net has made rows of them.

    Args:
        student: the submission.
        net: the student's net, as its constructor has left it.
        expected: the reference.
        hold: whether the shapes that the net itself has made have to be right, so that what is
            put in does not mend a net that could not run.

    Raises:
        CheckFailed: a parameter is missing; or misshapen, if that is looked at.
    """
    params = net.params
    keys = names(params, expected.params)
    known = len(student.trace)
    made = dict(zip(keys, params.many(list(keys.values())), strict=True))
    del student.trace[known:]  # what was drawn tells no mistake apart
    values = dict(expected.params)
    for name, own in made.items():
        if hold:
            _hold_shape(name, own, values[name])
        if is_bias(name) and own.size == values[name].size:
            values[name] = values[name].reshape(own.shape)
    params.update({keys[name]: value for name, value in values.items()})


def is_bias(name: str) -> bool:
    """Whether it is b1, b2, …; beta1 is none."""
    return name.startswith("b") and not name.startswith("beta")


def _hold_shape(name: str, own: Array, wanted: Array) -> None:
    """A parameter can take what is put in; gamma and beta may be single numbers, which broadcast.

    Raises:
        WrongShape: it cannot.
    """
    if not (own.size == 1 and name.startswith(("gamma", "beta"))):
        compare.fitted(name, np.zeros(own.shape), wanted.shape, SIZES)


def compare_as_made(
    student: Student, net: RemoteObject, expected: reference.FullyConnectedNet, batch: Batch
) -> None:
    """A net with the parameters it has made itself runs, and has the reference's loss.

    Raises:
        CheckFailed: it has not.
    """
    known = len(student.trace)
    try:
        own = read(net.params, expected.params)
        loss, _ = net.loss(*batch)
    finally:
        del student.trace[known:]  # what was drawn tells no mistake apart
    for name, value in own.items():
        wanted = expected.params[name].shape
        number = value.size == 1 and name.startswith(("gamma", "beta"))
        expected.params[name] = np.broadcast_to(
            value.reshape(()) if number else compare.fitted(name, value, wanted), wanted
        )
    compare.values(
        "the loss of a net as its constructor has made it",
        loss,
        expected.loss(*batch)[0],
        tolerance=AS_MADE,
    )


def something_is_right(what: str, *compares: Callable[[], None]) -> None:
    """One of these comparisons passes: what only agrees with itself is not worth points alone.

    Args:
        what: what agrees, as a sentence without its end.
        compares: each raises if the values it looks at are wrong.

    Raises:
        CheckFailed: none passes.
    """
    for each in compares:
        with suppress(StudentFault):
            return each()
    raise CheckFailed(
        f"{what}, but no value of this net is right yet.",
        "This counts as soon as scores, loss or gradients are right.",
    )


def float64(student: Student) -> Named:
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
        if is_bias(name):
            hint = "One bias for each unit; as a row it would be a matrix to the layers."
            compare.shape(name, value, expected.params[name].shape, hint)


def compare_loss(
    net: RemoteObject, expected: reference.FullyConnectedNet, batch: Batch, hint: str = LOSS
) -> None:
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
            tolerance=LOSS_TOLERANCE,
            hint=hint,
        )


def read(held: RemoteMapping, wanted: Mapping[str, object]) -> dict[str, Array]:
    """All parameters or gradients, under the reference's names.

    Raises:
        CheckFailed: one is missing.
    """
    keys = names(held, wanted)
    return dict(zip(keys, held.many(list(keys.values())), strict=True))


def compare_gradients(
    net: RemoteObject, expected: reference.FullyConnectedNet, batch: Batch, *, shapes: bool = False
) -> None:
    """Every gradient is there and is the reference's.

    Args:
        net: the student's.
        expected: the reference.
        batch: for both.
        shapes: whether the gradient of a bias has to have the bias's shape.

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
    if shapes:
        _compare_bias_shapes(gradients, read(net.params, wanted))


def _compare_bias_shapes(gradients: Mapping[str, Array], params: Mapping[str, Array]) -> None:
    """The gradient of a bias is (M,), or a row if the net has made a row of the bias.

    Raises:
        WrongShape: it is another one; the values are right.
    """
    hint = "A gradient has the shape of what it is the gradient of; keepdims leaves one axis more."
    for name in filter(is_bias, gradients):
        if gradients[name].shape != params[name].shape:
            compare.shape(f"the gradient of {name}", gradients[name], (params[name].size,), hint)
