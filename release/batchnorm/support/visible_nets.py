"""What the visible checks of nets and of a training look at.

Each function gets a `Check` and the answers by their names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from . import slips
from .checks import Check
from .compare import kind
from .experiment import NotRun
from .layers import softmax_loss
from .mode import autograding, shortened
from .training import TIERS, settings_problems

Array = npt.NDArray[Any]
SHARE = 1e-3  # of a gradient's regularization
LOSS = 1e-6  # a loss is rounded at every layer


def two_layer_net(check: Check, TwoLayerNet: Callable[..., Any]) -> None:
    """Look at a fresh net, then at fixed parameters, then at gradients."""
    np.random.seed(231)
    fresh = TwoLayerNet(input_dim=300, hidden_dim=50, num_classes=10, weight_scale=1e-2)
    net = TwoLayerNet(input_dim=6, hidden_dim=7, num_classes=4)
    X = np.cos(np.arange(18)).reshape(3, 2, 3)
    y = np.array([3, 0, 2])
    names = _parameters(check, fresh, 4)
    for name, shape in zip(names, ((300, 50), (50, 10), (50,), (10,)), strict=True):
        found = np.shape(fresh.params[name])
        check.true(f"{name} is {shape}", found == shape, f"{name} has shape {found}.")
        spread = float(np.std(fresh.params[name]))
        wanted = 0.01 if len(shape) == 2 else 0.0
        sentence = f"{name} has a spread of {spread:.2g} and should have {wanted:.2g}."
        check.true(f"spread of {name}", abs(spread - wanted) <= 0.1 * wanted, sentence)
    pictures, labels = np.random.randn(40, 300), np.arange(40) % 10
    began = softmax_loss(slips.scores(fresh.params, pictures, slips.bend, slips.same), labels)[0]
    check.close(
        "first loss",
        loss_of(check, fresh, pictures, labels),
        np.log(10),
        within=0.02,
        slips=lambda: slips.losses({}, labels, began),
    )

    W1, W2, b1, b2 = names
    shape = np.shape(net.params[W2])
    check.true("W2 of four classes", shape == (7, 4), f"W2 of four classes has shape {shape}.")
    net.params[W1] = np.sin(np.arange(42)).reshape(6, 7)
    net.params[b1] = np.cos(np.arange(7))
    net.params[W2] = np.cos(np.arange(28)).reshape(7, 4)
    net.params[b2] = np.sin(np.arange(4))
    right = slips.scores(net.params, X, slips.bend, slips.same)
    wrong = slips.plain_scores(net.params, X)
    check.close("scores", net.loss(X.copy()), right, slips=lambda: wrong)
    _plain_losses(check, "", net, X, y, (1.8469888852, 13.8923348079), 0.7, wrong)
    _gradients(check, net, X, y)


def _parameters(check: Check, net: Any, count: int) -> list[str]:
    """Return the names of a net's parameters in order, or end the check."""
    params = getattr(net, "params", None)
    if not isinstance(params, dict):
        check.stop("params", kind(params), "a dictionary", "The net has no dictionary params.")
    names = sorted(net.params)
    if len(names) != count:
        found = ", ".join(names) or "nothing"
        sentence = f"params holds {found}: there should be {count} parameters."
        check.stop("params", f"{len(names)} parameters", f"{count}", sentence)
    return names


def loss_of(check: Check, net: Any, X: Array, y: Array) -> Any:
    """Return the loss of a net that returns loss and gradients."""
    return check.returned("loss(X, y)", net.loss(X.copy(), y), "loss", "grads")[0]


def _plain_losses(
    check: Check,
    words: str,
    net: Any,
    X: Array,
    y: Array,
    expected: tuple[float, float],
    reg: float,
    wrong: Mapping[str, Array],
) -> None:
    """Look at a net's loss without and with regularization, and name what is wrong with it."""
    name = f"loss {words}".strip()
    for factor, right in zip((0.0, reg), expected, strict=True):
        net.reg = factor
        found = loss_of(check, net, X, y)

        def made(factor: float = factor) -> Mapping[str, Any]:
            if factor:
                return slips.penalties(net.params, factor, expected[0])
            return slips.losses(wrong, y, expected[0])

        check.close(f"{name}, reg {factor:g}", found, right, within=LOSS, slips=made)


def _plain_slips(net: Any, X: Array, y: Array, reg: float) -> Mapping[str, Any]:
    """Return the losses of usual mistakes of a plain net with these parameters."""
    data_loss = softmax_loss(slips.scores(net.params, X, slips.bend, slips.same), y)[0]
    if reg:
        return slips.penalties(net.params, reg, data_loss)
    return slips.losses(slips.plain_scores(net.params, X), y, data_loss)


def _gradients(check: Check, net: Any, X: Array, y: Array) -> None:
    """Look at all gradients without and with regularization, which is all that differs then."""
    for reg in (0.0, 3.14):
        net.reg = reg
        hints = _regularized(net, X, y, reg) if reg else None
        check.network(f"reg {reg:g}", net, X, y, entries=shortened(None, 3), hints=hints)


def _regularized(net: Any, X: Array, y: Array, reg: float) -> dict[str, str]:
    """Return a sentence for each gradient whose regularization is not `reg` times the weights."""
    with_ = net.loss(X.copy(), y)[1]
    net.reg = 0.0
    without = net.loss(X.copy(), y)[1]
    net.reg = reg
    hints = {}
    for name, parameter in net.params.items():
        added = np.asarray(with_[name]) - np.asarray(without[name])
        share = float(np.sum(added * parameter) / max(reg * np.sum(parameter * parameter), 1e-12))
        wanted = 1 if name.startswith("W") else 0
        if abs(share - wanted) > SHARE:
            hints[name] = f"Its regularization is {share:.2g} times what it should be."
            if not wanted:
                hints[name] = "Biases are not regularized."
            elif abs(share) < SHARE:
                hints[name] = "Its regularization is missing."
    return hints


def train_two_layer_net(check: Check, settings: Any, my_run: Any) -> None:
    """Look at the settings, and at the accuracy that the training with them reached."""
    problems = settings_problems(settings)
    check.true("settings are within bounds", not problems, " ".join(problems))
    if problems or autograding():  # grading trains once, apart from the notebook
        return
    if isinstance(my_run, NotRun):
        raise NotImplementedError("train_two_layer_net is open: its training has not run.")
    for goal in TIERS:
        check.reaches("validation accuracy", my_run.val_acc_history[-1], goal)


def fully_connected_net(check: Check, FullyConnectedNet: Callable[..., Any]) -> None:
    """Look at known losses, at gradients, then at a deeper net's parameters."""
    np.random.seed(231)
    N, D, H1, H2, C = 2, 15, 20, 30, 10
    X = np.random.randn(N, D)
    y = np.random.randint(C, size=N)
    for reg, right in ((0.0, 2.3004790897684924), (3.14, 7.052114776533016)):
        net = FullyConnectedNet([H1, H2], input_dim=D, reg=reg, weight_scale=5e-2, dtype=np.float64)
        _parameters(check, net, 6)
        made = partial(_plain_slips, net, X, y, reg)
        check.close(f"loss, reg {reg:g}", loss_of(check, net, X, y), right, within=LOSS, slips=made)
    for name in sorted(net.params):  # away from biases that are zero
        net.params[name] = net.params[name] + 0.1 * np.random.randn(*net.params[name].shape)
    weights = [p for name, p in net.params.items() if name.startswith("W")]
    scores = slips.scores(net.params, X, slips.bend, slips.same)
    right = softmax_loss(scores, y)[0] + 0.5 * net.reg * sum(float(np.sum(w * w)) for w in weights)
    made = partial(_plain_slips, net, X, y, net.reg)
    check.close("loss, other weights", loss_of(check, net, X, y), right, within=LOSS, slips=made)
    _gradients(check, net, X, y)

    net = FullyConnectedNet([30, 50, 40, 60], 48, num_classes=30, weight_scale=0.1, seed=1)
    weights = [net.params[name] for name in sorted(net.params) if name.startswith("W")]
    spreads = [float(w.std()) for w in weights]
    sentence = f"The weights have spreads of {np.round(spreads, 3)}; all should have 0.1."
    check.true("five weights of spread 0.1", np.allclose(spreads, [0.1] * 5, rtol=0.1), sentence)
    kinds = {np.asarray(p).dtype.name for p in net.params.values()}
    sentence = f"The parameters are {' and '.join(sorted(kinds))}; all should be float32."
    check.true("parameters are float32", kinds == {"float32"}, sentence)
    shape = np.shape(net.loss(np.ones((3, 4, 12))))
    check.true("scores are (3, 30)", shape == (3, 30), f"The scores have shape {shape}.")
