"""The numbers that usual mistakes give, so that a check can name the mistake.

Right or wrong, a layer is a graph of gates; a mistake is a graph with one gate exchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from .graph import Compute, measured_gradients, run
from .layers import softmax_loss
from .mode import refuse_to_answer

Array = npt.NDArray[Any]
Exchanged = Mapping[str, Compute]

UNBIASED: Exchanged = {"var": lambda v: v["square"].sum(0) / (len(v["square"]) - 1)}

FORWARD: Mapping[str, Exchanged] = {
    "an unbiased variance, with m − 1 below the sum": UNBIASED,
    "an ε that is added outside the root": {"std": lambda v: np.sqrt(v["var"]) + v["eps"]},
    "a layer without its ε": {"std": lambda v: np.sqrt(v["var"])},
    "an ε of 1e-5, whatever bn_param says": {"std": lambda v: np.sqrt(v["var"] + 1e-5)},
    "a division by the variance in place of its root": {"std": lambda v: v["var"] + v["eps"]},
    "a layer without γ and β": {"out": lambda v: v["xhat"]},
    "a layer without β": {"out": lambda v: v["scaled"]},
    "a layer without γ": {"scaled": lambda v: v["xhat"]},
    "a mean and a variance over the features of each row": {
        "mean": lambda v: np.mean(v["x"], axis=1, keepdims=True),
        "var": lambda v: np.mean(v["square"], axis=1, keepdims=True),
    },
    "one mean and one variance for the whole batch": {
        "mean": lambda v: np.mean(v["x"]),
        "var": lambda v: np.mean(v["square"]),
    },
    "a layer that scales after it has shifted": {
        "out": lambda v: v["gamma"] * (v["xhat"] + v["beta"])
    },
}
"""What is exchanged in the graph by each mistake of the forward pass."""

BACKWARD: Mapping[str, tuple[str, ...]] = {
    "a walk on which nothing comes back through gate 4, the variance": ("var",),
    "a walk on which nothing comes back through gate 1, the mean": ("mean",),
    "the straight way alone: nothing comes back through the mean or the variance": ("mean", "var"),
}
"""Values that count as fixed in each mistake of a backward pass."""


def forward(inputs: Mapping[str, Array], exchanged: Exchanged | None = None) -> dict[str, Array]:
    """Return what each usual mistake makes of these inputs, by the mistake's name.

    Args:
        inputs: "x", "gamma", "beta" and "eps", as for `graph.run`.
        exchanged: gates that differ anyway, such as the running averages of test mode.
    """
    same = exchanged or {}
    return {name: run(inputs, gates={**gates, **same})["out"] for name, gates in FORWARD.items()}


def backward(name: str, inputs: Mapping[str, Array], dout: Array) -> dict[str, Array]:
    """Return the gradients called `name` of usual mistakes, by the mistake's name."""
    values = run(inputs)
    found = {
        mistake: measured_gradients(inputs, dout, fixed=fixed)[name]
        for mistake, fixed in BACKWARD.items()
    }
    without_gamma = {**inputs, "gamma": np.ones_like(inputs["gamma"])}
    right = measured_gradients(inputs, dout)[name]
    rows = len(dout)
    more = {
        "a walk that forgets γ": measured_gradients(without_gamma, dout)[name],
        "a walk that forgets `dout`": measured_gradients(inputs, np.ones_like(dout))[name],
        "the right gradient divided by m": right / rows,
        "the right gradient times m": right * rows,
        "the right gradient with the other sign": -right,
    }
    if name == "dgamma":
        more |= {
            "a sum with the centred values in place of x̂": np.sum(dout * values["centred"], 0),
            "a sum with out in place of x̂": np.sum(dout * values["out"], 0),
            "`dbeta`": np.sum(dout, 0),
            "a sum that forgets `dout`": np.sum(values["xhat"], 0),
        }
    if name == "dx":
        more |= _ways(right, found, rows)
    return {**found, **more}


def _ways(right: Array, found: Mapping[str, Array], rows: int) -> dict[str, Array]:
    """Return gradients in which one of the three ways to x has another size or sign."""
    without_variance, without_mean, straight = found.values()
    through = {
        "the variance": (right - without_variance, "gates 3 to 6"),
        "the mean": (right - without_mean, "gates 1 and 2"),
    }
    ways = {"the ways through mean and variance, without the straight one": right - straight}
    for name, (part, gates) in through.items():
        ways |= {
            f"a way through {name} with the other sign: look at {gates}": right - 2 * part,
            f"a way through {name} of half the size: look at {gates}": right - part / 2,
            f"a way through {name} of twice the size: look at {gates}": right + part,
            f"a way through {name} of m times the size: look at {gates}": right + (rows - 1) * part,
        }
    return ways


def averages(old: Array, new: Array, momentum: float) -> dict[str, Array]:
    """Return what usual mistakes make of a running average, by the mistake's name.

    Args:
        old: (D,), the average before the batch.
        new: (D,), the value of the batch.
        momentum: the share that stays.
    """
    share = 1 - momentum
    once = momentum * old + share * new
    return {
        "a momentum the other way round": share * old + momentum * new,
        "an average that never changes": old,
        "the value of the last batch alone": new,
        "an average that is updated twice": momentum * once + share * new,
        "a momentum of 0.9, whatever bn_param says": 0.9 * old + 0.1 * new,
        "a sum of both, without 1 − momentum": momentum * old + new,
    }


def spreads(old: Array, var: Array, rows: int, eps: float, momentum: float) -> dict[str, Array]:
    """Return what usual mistakes store as running variance, by the mistake's name."""
    of = {
        "an unbiased variance, with m − 1 below the sum": var * rows / (rows - 1),
        "the standard deviation in place of the variance": np.sqrt(var),
        "a variance to which ε is already added": var + eps,
        "the standard deviation, ε included": np.sqrt(var + eps),
        "1/√(variance + ε) in place of the variance": 1 / np.sqrt(var + eps),
    }
    stored = {name: momentum * old + (1 - momentum) * value for name, value in of.items()}
    return stored | averages(old, var, momentum)


Between = Callable[[int, Array], Array]


def scores(params: Mapping[str, Array], X: Array, between: Between, last: Between) -> Array:
    """Return the scores of a chain of affine layers with something between them.

    Args:
        params: W and b of each layer, in any names that sort by layer.
        X: (N, ...) examples.
        between: what happens to the output of the hidden layer of this number.
        last: what happens to the output of the last layer.

    Raises:
        RuntimeError: an answer calls it in grading.
    """
    refuse_to_answer("slips.scores")
    weights = [params[name] for name in sorted(params) if name.startswith("W")]
    shifts = [params[name] for name in sorted(params) if name.startswith("b") and name[1].isdigit()]
    values = np.reshape(X, (len(X), -1)).astype(np.float64)
    for number, (weight, shift) in enumerate(zip(weights, shifts, strict=True), start=1):
        values = np.einsum("nd,dm->nm", values, weight) + shift
        values = (last if number == len(weights) else between)(number, values)
    return values


def bend(_: int, a: Array) -> Array:
    """Return max(0, a)."""
    return np.where(a > 0, a, 0.0)


def same(_: int, a: Array) -> Array:
    """Return a."""
    return a


OTHER_WEIGHTS = "a right net that began with other parameters: look at how they are drawn"


def plain_scores(params: Mapping[str, Array], X: Array) -> dict[str, Array]:
    """Return the scores of plain nets with a usual mistake, by the mistake's name."""
    still = {n: np.zeros_like(p) if n[0] == "b" else p for n, p in params.items()}
    return {
        OTHER_WEIGHTS: scores(params, X, bend, same),
        "a net with a relu after its last layer": scores(params, X, bend, bend),
        "a net without relu": scores(params, X, same, same),
        "a net without its biases": scores(still, X, bend, same),
    }


def losses(of: Mapping[str, Array], y: Array, right: float) -> dict[str, float]:
    """Return the softmax losses of these scores, and usual mistakes with the right ones."""
    made = {name: softmax_loss(values, y)[0] for name, values in of.items()}
    return made | {
        "a loss that is summed over the batch": right * len(y),
        "a loss divided by the batch's size twice": right / len(y),
    }


def penalties(params: Mapping[str, Array], reg: float, data_loss: float) -> dict[str, float]:
    """Return losses whose regularization has a usual mistake, by the mistake's name."""
    squares = {name: float(np.sum(np.square(p, dtype=np.float64))) for name, p in params.items()}
    weights = [squares[name] for name in sorted(squares) if name.startswith("W")]
    half = 0.5 * reg
    found = {
        "a loss without regularization": 0.0,
        "a regularization without its half": reg * sum(weights),
        "a regularization that leaves the last layer out": half * sum(weights[:-1]),
        "a regularization that leaves the first layer out": half * sum(weights[1:]),
        "a regularization of the first layer alone": half * weights[0],
        "a regularization of the last layer alone": half * weights[-1],
        "a regularization of the last layer once a layer": half * weights[-1] * len(weights),
        "a regularization of the biases too": half
        * sum(v for n, v in squares.items() if n[0] in "Wb" and not n.startswith("beta")),
        "a regularization of every parameter": half * sum(squares.values()),
        "a regularization of γ too": half
        * sum(v for n, v in squares.items() if n[0] == "W" or n.startswith("gamma")),
        "a regularization of γ and β too": half
        * sum(v for n, v in squares.items() if n[0] == "W" or n.startswith(("gamma", "beta"))),
        "a regularization by the weights' size in place of their squares": half
        * sum(float(np.sum(np.abs(p))) for n, p in params.items() if n[0] == "W"),
        "a regularization by the weights in place of their squares": half
        * sum(float(np.sum(p)) for n, p in params.items() if n[0] == "W"),
        "a regularization by the weights' norm in place of its square": half
        * sum(float(np.sqrt(square)) for square in weights),
        "a regularization of half the size": half / 2 * sum(weights),
        "a regularization divided by the number of layers": half / len(weights) * sum(weights),
        "a regularization that is taken away": -half * sum(weights),
    }
    return {name: data_loss + penalty for name, penalty in found.items()}
