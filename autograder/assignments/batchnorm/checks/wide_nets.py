"""Nets whose gradients take far longer to measure than to derive (see `derived`).

The first layer is wide: measured, a unit at a time, its gradients take a run of the rest of the net
for each. In a net of any depth, thin layers behind it give such a run its length; with batch
normalization it takes one for each unit and row, for there rows depend on each other.

No relu is near its bend, so that rounding decides nothing.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograder.assignments.batchnorm import reference
from autograder.assignments.batchnorm.checks import derived, nets
from autograder.checking import compare
from autograder.checking.compare import Array
from autograder.checking.faults import CheckFailed
from autograder.checking.inputs import away_from_zero, made_once, normal
from autograder.checking.remote import RemoteObject
from autograder.checking.student import Student

TWO_LAYERS = (24_000,)
DEEP = (20_500, *(2,) * 30)
NORMALIZED = (3_000, *(2,) * 36)
"""Hidden units of a two-layer net, of one of any depth, and of one with batch normalization."""

ROWS, CLASSES = 5, 2
THIN = np.array([[0.95, 0.05], [0.05, 0.95]])
"""Weights that hand a signal on through many layers."""

Shares = tuple[dict[str, Array], dict[str, Array]]
Made = Callable[..., RemoteObject]


class Wide(NamedTuple):
    """How the student's net is made, given sizes by name, and what kind of net it is."""

    make: Made
    hidden: Sequence[int]
    use_batchnorm: bool = False


def two_layers(student: Student) -> Wide:
    """The wide two-layer net."""
    return Wide(lambda **sizes: student.TwoLayerNet(hidden_dim=TWO_LAYERS[0], **sizes), TWO_LAYERS)


def deep(student: Student) -> Wide:
    """The wide and deep net without batch normalization."""
    return Wide(_any_depth(student, DEEP), DEEP)


def normalized(student: Student) -> Wide:
    """The wide and deep net with batch normalization."""
    made = _any_depth(student, NORMALIZED, use_batchnorm=True)
    return Wide(made, NORMALIZED, use_batchnorm=True)


def _any_depth(student: Student, hidden: Sequence[int], **options: Any) -> Made:
    return lambda **sizes: student.FullyConnectedNet(
        list(hidden), **sizes, dtype=nets.float64(student), **options
    )


def compare_gradients(student: Student, rng: np.random.RandomState, wide: Wide) -> None:
    """The gradients of the wide layer are the reference's.

    Raises:
        StudentFault: they are not, run out of time, or raise.
    """
    if not student.timed:
        return
    gradients, expected = derived.once(student, str(wide.hidden), lambda: _both(rng, wide))
    for name, right in expected.items():
        hint = "Layers in front of this one are thin; all is handed back through them."
        compare.values(
            f"the gradient of {name} in a wide net",
            gradients[name],
            right,
            tolerance=derived.ROUGHLY,
            hint=hint,
        )


def as_in_small(
    student: Student, rng: np.random.RandomState, wide: Wide, small: Callable[[], None]
) -> None:
    """If the gradients of a small net are right, those of a wide one are, for small ones can be
    measured; else they come at least.

    Args:
        student: whose net it is.
        rng: for the values.
        wide: the wide net.
        small: compares the gradients of a small one.

    Raises:
        StudentFault: they are wrong for the wide net alone, run out of time, or raise.
    """
    try:
        small()
    except CheckFailed:
        with suppress(CheckFailed):
            compare_gradients(student, rng, wide)
    else:
        compare_gradients(student, rng, wide)


class Case(NamedTuple):
    """Inputs of a wide net, and what is right for them."""

    expected: reference.FullyConnectedNet
    X: Array
    y: NDArray[np.int64]
    gradients: dict[str, Array]
    """Of the wide layer."""


def _both(rng: np.random.RandomState, wide: Wide) -> Shares:
    """The gradients of the wide layer, of the student's net and of the reference."""
    expected, X, y, right = made_once(rng, f"{wide.hidden}", lambda: _case(rng, wide))
    net = wide.make(input_dim=X.shape[1], num_classes=CLASSES)
    params = net.params
    keys = nets.names(params, expected.params)
    (last,) = params.many([keys[f"b{expected.num_layers}"]])
    as_rows = last.shape == (1, CLASSES)  # some nets make rows of their biases
    values = {
        keys[name]: value[None] if as_rows and nets.is_bias(name) else value
        for name, value in expected.params.items()
    }
    params.update(values)
    _, grads = net.loss(X, y)
    names = nets.names(grads, expected.params)
    found = grads.many([names[name] for name in right])
    return dict(zip(right, found, strict=True)), right


def _case(rng: np.random.RandomState, wide: Wide) -> Case:
    inputs = 1 + wide.use_batchnorm  # one input, normalized, is the same whatever its weight
    expected = _reference(rng, wide, inputs)
    X = np.linspace(-2.0, 2.0, ROWS)[:, None] ** np.arange(1, inputs + 1)
    X += rng.uniform(-0.05, 0.05, size=X.shape)
    y = np.arange(ROWS) % CLASSES
    _, gradients = expected.loss(X, y)
    looked_at = ("W1", "gamma1") if wide.use_batchnorm else ("W1", "b1")
    return Case(expected, X, y, {name: gradients[name] for name in looked_at})


def _reference(rng: np.random.RandomState, wide: Wide, inputs: int) -> reference.FullyConnectedNet:
    """The reference's net; its parameters are put in, for to draw them takes longer than to run."""
    units, *thin = wide.hidden
    net = reference.FullyConnectedNet([1, *thin], inputs, CLASSES, use_batchnorm=wide.use_batchnorm)
    for layer in range(2, net.num_layers + 1):
        net.params[f"W{layer}"] = THIN + 0.01 * rng.standard_normal(THIN.shape)
        net.params[f"b{layer}"] = np.full(THIN.shape[1], 0.1)
        if f"gamma{layer}" in net.params:  # nothing is cut off: there are too few units for that
            net.params[f"gamma{layer}"] = rng.uniform(0.8, 1.2, size=2)
            net.params[f"beta{layer}"] = np.full(2, 3.0)
    net.params["W1"] = away_from_zero(rng, inputs, units)
    net.params["b1"] = 0.25 * net.params["W1"][0]
    net.params["W2"] = normal(rng, units, 2) / np.sqrt(units)
    net.params["b2"] = np.full(2, 2.0 if thin else 0.1)
    if wide.use_batchnorm:
        net.params["gamma1"] = np.abs(away_from_zero(rng, units)) / 3.0
        net.params["beta1"] = 3.0 + 0.1 * normal(rng, units)
    return net
