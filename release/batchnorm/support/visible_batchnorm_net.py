"""What the visible check of the net with batch normalization looks at: the plain net first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from . import graph, slips
from .checks import Check
from .compare import kind
from .layers import softmax_loss
from .mode import shortened
from .rows import Row
from .visible_nets import loss_of

Array = npt.NDArray[Any]
SMALL_ENOUGH = 1e-8  # of a gradient that is zero but for rounding


def batchnorm_net(check: Check, FullyConnectedNet: Callable[..., Any]) -> None:
    """Look at the plain net, then at the normalized one, then at its test mode."""
    small = {"input_dim": 15, "num_classes": 10, "weight_scale": 5e-2, "dtype": np.float64}
    known = {
        False: (2.3004790897684924, 7.052114776533016, 5.744217927289),
        True: (2.2611955101340957, 6.996533220108303, 5.728356075495),
    }
    X, y = _nine()
    for flag, (*seeded, moved) in known.items():
        words = "with" if flag else "without"
        _seeded(check, FullyConnectedNet, small, flag, seeded)
        net = FullyConnectedNet([8, 6], reg=0.3, seed=5, use_batchnorm=flag, **small)
        rng = np.random.RandomState(4)
        for name in sorted(net.params):  # away from zeros and ones
            net.params[name] = net.params[name] + 0.3 * rng.randn(*net.params[name].shape)
        found = loss_of(check, net, X, y)
        check.close(
            f"loss {words}, other weights",
            found,
            moved,
            slips=partial(_net_slips, net, X, y, flag),
        )
        no_effect = ("b1", "b2") if flag else ()  # the mean takes these biases away
        if flag:
            grads = check.returned("loss(X, y)", net.loss(X.copy(), y), "loss", "grads")[1]
            for name in no_effect:
                size = float(np.abs(grads.get(name, 0.0)).max())
                check.below(f"size of d{name}, {words}", size, SMALL_ENOUGH)
        check.network(words, net, X, y, entries=shortened(12, 2), without=no_effect)
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
            _right_pieces(check, net, X)
        found = loss_of(check, net, X, y)
        made = partial(_net_slips, net, X, y, flag)
        check.close(f"loss {words}, reg {reg:g}", found, right, slips=made)


def _right_pieces(check: Check, net: Any, X: Array) -> None:
    """Look at what forward and backward return, before the frame uses it."""
    answer = net.forward(X.copy(), "train")
    scores, caches = check.returned("forward(X, mode)", answer, "scores", "caches")
    grads = net.backward(np.zeros_like(scores), caches)
    if not hasattr(grads, "keys"):
        sentence = (
            f"backward(dscores, caches) returns {kind(grads)} and should return a dictionary."
        )
        check.stop("backward(dscores, caches)", kind(grads), "a dictionary", sentence)


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
            _neutral(check, name, net.params[name])
        return
    found = ", ".join(sorted(there)) or "neither gamma nor beta"
    why = (
        "with the flag there is one of each for every hidden layer, and none for the last."
        if flag
        else "without the flag there is no gamma and no beta."
    )
    sentence = f"params holds {found}: {why}"
    check.stop(f"parameters {words}", str(len(there)), str(wanted), sentence)


def _neutral(check: Check, name: str, values: Array) -> None:
    """Look whether gamma or beta begins so that normalization only normalizes."""
    if np.all(np.asarray(values) == name.startswith("gamma")):
        return
    low, high = float(np.min(values)), float(np.max(values))
    yours = f"{low:.3g}" if low == high else f"{low:.3g} to {high:.3g}"
    sentence = f"{name} begins at {yours}, so the layer does more than normalize."
    check.add(Row(f"{name} at the start", yours, "no effect", problem=sentence))


def _net_slips(net: Any, X: Array, y: Array, flag: bool) -> Mapping[str, Any]:
    """Return the losses of usual mistakes with these parameters."""
    params, reg = net.params, net.reg
    ways = _normalized_scores(params, X) if flag else slips.plain_scores(params, X)
    data_loss = softmax_loss(ways[slips.OTHER_WEIGHTS], y)[0]
    made = slips.losses(ways, y, data_loss)
    if not reg:
        return made
    weights = sum(float(np.sum(p * p)) for n, p in params.items() if n.startswith("W"))
    found = {name: loss + 0.5 * reg * weights for name, loss in made.items()}
    return found | slips.penalties(params, reg, data_loss)


def _normalized_scores(params: Mapping[str, Array], X: Array) -> dict[str, Array]:
    """Return the scores of normalized nets with a usual mistake, by the mistake's name."""

    def normalize(layer: int, a: Array, *, moved: bool = True) -> Array:
        gamma = params[f"gamma{layer}"] if moved else np.ones(a.shape[1])
        beta = params[f"beta{layer}"] if moved else np.zeros(a.shape[1])
        inputs = {"x": a, "gamma": gamma, "beta": beta, "eps": np.array(1e-5)}
        return np.asarray(graph.run(inputs)["out"])

    def only_normalize(layer: int, a: Array) -> Array:
        inputs = {"x": a, "gamma": np.ones(1), "beta": np.zeros(1), "eps": np.array(1e-5)}
        return np.asarray(graph.run(inputs)["out"])

    def normalize_first(layer: int, a: Array) -> Array:
        return slips.bend(layer, normalize(layer, a))

    def bend_first(layer: int, a: Array) -> Array:
        return normalize(layer, slips.bend(layer, a))

    def unmoved(layer: int, a: Array) -> Array:
        return slips.bend(layer, normalize(layer, a, moved=False))

    return {
        slips.OTHER_WEIGHTS: slips.scores(params, X, normalize_first, slips.same),
        "a net that normalizes behind the relu": slips.scores(params, X, bend_first, slips.same),
        "a net that never normalizes": slips.scores(params, X, slips.bend, slips.same),
        "a net that has no relu": slips.scores(params, X, normalize, slips.same),
        "a net that normalizes without its γ and β": slips.scores(params, X, unmoved, slips.same),
        "a net with a relu after its last layer": slips.scores(
            params, X, normalize_first, slips.bend
        ),
        "a net that normalizes its scores too": slips.scores(
            params, X, normalize_first, only_normalize
        ),
        "a net that normalizes its scores and sends them through a relu": slips.scores(
            params, X, normalize_first, lambda i, a: slips.bend(i, only_normalize(i, a))
        ),
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
