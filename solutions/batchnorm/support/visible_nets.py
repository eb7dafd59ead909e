"""What the visible checks of nets and of a training look at.

Each function gets a `Check` and the answers by their names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from . import graph, slips
from .checks import Check
from .compare import kind
from .experiment import NotRun
from .mode import autograding, shortened
from .training import TIERS, settings_problems

Array = npt.NDArray[Any]
LOSS = 1e-6  # a loss is rounded at every layer
SMALL_ENOUGH = 1e-8  # of a gradient that is zero but for rounding


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
        fine = 0.009 < spread < 0.011 if len(shape) == 2 else spread == 0
        check.true(f"spread of {name}", fine, f"The values of {name} spread {spread:.2g}.")
    pictures, labels = np.random.randn(40, 300), np.arange(40) % 10
    check.close("first loss", _loss(check, fresh, pictures, labels), np.log(10), within=0.02)

    W1, W2, b1, b2 = names
    net.params[W1] = np.sin(np.arange(42)).reshape(6, 7)
    net.params[b1] = np.cos(np.arange(7))
    net.params[W2] = np.cos(np.arange(28)).reshape(7, 4)
    net.params[b2] = np.sin(np.arange(4))
    right = slips.scores(net.params, X, slips.bend, slips.same)
    wrong = slips.plain_scores(net.params, X)
    check.close("scores", net.loss(X.copy()), right, slips=lambda: wrong)
    _plain_losses(check, "", net, X, y, (1.8469888852, 13.8923348079), 0.7, wrong)
    for reg in (0.0, 3.14):
        net.reg = reg
        check.network(f"reg {reg}", net, X, y, entries=shortened(None, 8))


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


def _loss(check: Check, net: Any, X: Array, y: Array) -> Any:
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
        found = _loss(check, net, X, y)

        def made(factor: float = factor) -> Mapping[str, Any]:
            if factor:
                return slips.penalties(net.params, factor, expected[0])
            return slips.losses(wrong, y, expected[0])

        check.close(f"{name}, reg {factor:g}", found, right, within=LOSS, slips=made)


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
    expected = (2.3004790897684924, 7.052114776533016)
    net = None
    for reg, right in zip((0.0, 3.14), expected, strict=True):
        net = FullyConnectedNet([H1, H2], input_dim=D, reg=reg, weight_scale=5e-2, dtype=np.float64)
        _parameters(check, net, 6)
        params, found = net.params, _loss(check, net, X, y)

        def made(reg: float = reg, params: Any = params, net: Any = net) -> Mapping[str, Any]:
            if reg:
                net.reg = 0.0
                return slips.penalties(params, reg, float(net.loss(X.copy(), y)[0]))
            return slips.losses(slips.plain_scores(params, X), y, expected[0])

        check.close(f"loss, reg {reg:g}", found, right, within=LOSS, slips=made)
        net.reg = reg
        check.network(f"reg {reg:g}", net, X, y, entries=shortened(None, 8))

    net = FullyConnectedNet([30, 50, 40, 60], 48, num_classes=30, weight_scale=0.1, seed=1)
    weights = [net.params[name] for name in sorted(net.params) if name.startswith("W")]
    spreads = [float(w.std()) for w in weights]
    sentence = f"The weights spread {np.round(spreads, 3)}, and all should spread 0.1."
    check.true("five weights of spread 0.1", np.allclose(spreads, [0.1] * 5, rtol=0.1), sentence)
    kinds = {np.asarray(p).dtype.name for p in net.params.values()}
    sentence = f"The parameters are {' and '.join(sorted(kinds))}."
    check.true("parameters are float32", kinds == {"float32"}, sentence)
    shape = np.shape(net.loss(np.ones((3, 4, 12))))
    check.true("scores are (3, 30)", shape == (3, 30), f"The scores have shape {shape}.")


def batchnorm_net(check: Check, FullyConnectedNet: Callable[..., Any]) -> None:
    """Look at the plain net, then at the normalized one, then at its test mode."""
    small = {"input_dim": 15, "num_classes": 10, "weight_scale": 5e-2, "dtype": np.float64}
    known = {
        False: (2.3004790897684924, 7.052114776533016, 5.744217927289),
        True: (2.2611955101340957, 6.996533220108303, 5.728356075495),
    }
    X, y = _nine()
    for flag, (*seeded, elsewhere) in known.items():
        words = "with" if flag else "without"
        _seeded(check, FullyConnectedNet, small, flag, seeded)
        net = FullyConnectedNet([8, 6], reg=0.3, seed=5, use_batchnorm=flag, **small)
        rng = np.random.RandomState(4)
        for name in sorted(net.params):  # away from zeros and ones
            net.params[name] = net.params[name] + 0.3 * rng.randn(*net.params[name].shape)
        found = _loss(check, net, X, y)
        check.close(
            f"loss {words}, elsewhere",
            found,
            elsewhere,
            slips=partial(_net_slips, net, X, y, flag),
        )
        no_effect = ("b1", "b2") if flag else ()  # the mean takes these biases away
        if flag:
            grads = check.returned("loss(X, y)", net.loss(X.copy(), y), "loss", "grads")[1]
            for name in no_effect:
                size = float(np.abs(grads.get(name, 0.0)).max())
                check.below(f"size of d{name} {words}", size, SMALL_ENOUGH)
        check.network(words, net, X, y, entries=shortened(12, 4), without=no_effect)
        if check.problems and not flag:  # the plain net comes first
            return
    _test_mode(check, FullyConnectedNet([8, 6], seed=5, use_batchnorm=True, **small))


def _nine() -> tuple[Array, Array]:
    """Nine examples of fifteen numbers."""
    return np.random.RandomState(3).randn(9, 15) + 1, np.arange(9)


def _seeded(
    check: Check,
    make: Callable[..., Any],
    small: Mapping[str, Any],
    flag: bool,
    expected: list[float],
) -> None:
    """Look at the losses that everybody has, and at which parameters there are."""
    words = "with" if flag else "without"
    np.random.seed(231)
    X, y = np.random.randn(2, 15), np.random.randint(10, size=2)
    for reg, right in zip((0.0, 3.14), expected, strict=True):
        net = make([20, 30], reg=reg, use_batchnorm=flag, **small)
        if reg == 0:
            _right_names(check, net, flag)
        check.close(f"loss {words}, reg {reg:g}", _loss(check, net, X, y), right)


def _right_names(check: Check, net: Any, flag: bool) -> None:
    words = "with" if flag else "without"
    there = [name for name in net.params if name.startswith(("gamma", "beta"))]
    wanted = 4 if flag else 0
    if len(there) == wanted:
        check.true(f"parameters {words}", True, "")
        for name in there:
            size = np.size(net.params[name])
            units = {"1": 20, "2": 30}.get(name[-1], size)
            sentence = f"{name} has {size} numbers: one for each unit of its layer are {units}."
            if size not in (1, units):
                check.stop(f"size of {name}", str(size), str(units), sentence)
        return
    found = ", ".join(sorted(there)) or "neither gamma nor beta"
    why = (
        "with the flag there is one of each for every hidden layer, and none for the last."
        if flag
        else "without the flag there is no gamma and no beta."
    )
    sentence = f"params holds {found}: {why}"
    check.stop(f"parameters {words}", str(len(there)), str(wanted), sentence)


def _net_slips(net: Any, X: Array, y: Array, flag: bool) -> Mapping[str, Any]:
    """Return the losses of usual mistakes with these parameters."""
    params, reg = net.params, net.reg
    weights = sum(float(np.sum(p * p)) for n, p in params.items() if n.startswith("W"))
    ways = dict(slips.plain_scores(params, X))
    if flag:

        def normalize(layer: int, a: Array, *, moved: bool = True) -> Array:
            gamma = params[f"gamma{layer}"] if moved else np.ones(a.shape[1])
            beta = params[f"beta{layer}"] if moved else np.zeros(a.shape[1])
            inputs = {"x": a, "gamma": gamma, "beta": beta, "eps": np.array(1e-5)}
            return np.asarray(graph.run(inputs)["out"])

        def chain(between: slips.Between) -> Array:
            return slips.scores(params, X, between, slips.same)

        ways = {
            "a net that normalizes behind the relu": chain(
                lambda i, a: normalize(i, slips.bend(i, a))
            ),
            "a net that never normalizes": chain(slips.bend),
            "a net that has no relu": chain(normalize),
            "a net that normalizes without its γ and β": chain(
                lambda i, a: slips.bend(i, normalize(i, a, moved=False))
            ),
            "a net with a relu after its last layer": slips.scores(
                params, X, lambda i, a: slips.bend(i, normalize(i, a)), slips.bend
            ),
        }
    return {
        name: loss + 0.5 * reg * weights for name, loss in slips.losses(ways, y, np.nan).items()
    }


def _test_mode(check: Check, net: Any) -> None:
    """Look at what a loss cannot show: the averages count, other rows do not, nothing changes."""
    X, y = _nine()
    for _ in range(3):
        net.loss(X.copy(), y)
    scores = net.loss(X.copy())
    right = [0.319805552263, 0.169016917050, 0.340631612646]
    if np.ndim(scores) != 2:
        check.stop("scores", kind(scores), "(9, 10)", "loss(X) should return scores (N, C).")

    def made() -> Mapping[str, Any]:
        own = net.forward(X.copy(), "train")[0]
        return {"the batch's own mean and variance": own[0, :3]}

    hint = "They follow the running averages of training, updated once a batch."
    check.close("scores in test mode", scores[0, :3], right, hint=hint, slips=made)
    alone = np.concatenate([net.loss(row[None].copy()) for row in X])
    hint = "Other rows must not matter in test mode."
    check.close("rows one by one", alone, scores, hint=hint)
    check.close(
        "scores asked again", net.loss(X.copy()), scores, hint="A test must change nothing."
    )
