"""What the visible checks of batch normalization look at. Inputs are copied.

Each function gets a `Check` and the answers by their names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from . import graph, slips
from .checks import Check
from .plots_batchnorm import feature_histograms
from .plots_graph import computational_graph

Function = Callable[..., Any]
Array = npt.NDArray[np.float64]

FIGURES = 5e-5  # means and spreads that the text gives to four digits behind the point
ROUNDING = 1e-12
NO_TRACE = "Put gradients into `trace` as you find them, and this check names the gate."


def batchnorm_forward(check: Check, batchnorm_forward: Function) -> None:
    """Look at training and test mode with averages that are there, and without."""
    x = np.array(
        [[1.0, -2.0, 0.5], [3.0, 0.0, -1.5], [-2.0, 4.0, 2.0], [0.5, 1.0, -0.5], [4.0, -1.0, 3.0]]
    )
    gamma, beta, eps, momentum = np.array([1.5, -0.5, 2.0]), np.array([0.25, -1.0, 3.0]), 0.5, 0.7
    before = {"running_mean": np.array([0.4, -0.2, 0.1]), "running_var": np.array([2.0, 1.0, 0.5])}
    inputs = {"x": x, "gamma": gamma, "beta": beta, "eps": np.array(eps)}
    values = graph.run(inputs)
    mean, var = values["mean"], values["var"]

    def call(x: Array, bn_param: dict[str, Any]) -> Any:
        answer = batchnorm_forward(x.copy(), gamma.copy(), beta.copy(), bn_param)
        return check.returned("batchnorm_forward", answer, "out", "a cache")[0]

    bn_param: dict[str, Any] = {"mode": "train", "eps": eps, "momentum": momentum}
    bn_param |= {name: value.copy() for name, value in before.items()}
    out = call(x, bn_param)
    check.close("out", out, values["out"], slips=lambda: slips.forward(inputs))
    right = {
        "running_mean": momentum * before["running_mean"] + (1 - momentum) * mean,
        "running_var": momentum * before["running_var"] + (1 - momentum) * var,
    }
    check.close(
        "running_mean",
        bn_param.get("running_mean"),
        right["running_mean"],
        slips=lambda: slips.averages(before["running_mean"], mean, momentum),
    )
    check.close(
        "running_var",
        bn_param.get("running_var"),
        right["running_var"],
        slips=lambda: slips.spreads(before["running_var"], var, len(x), eps, momentum),
    )

    fresh: dict[str, Any] = {"mode": "train"}
    call(x, fresh)
    for name, value in (("running_mean", mean), ("running_var", var)):
        _from_nothing(check, name, fresh, value, len(x))

    stored = {name: value.copy() for name, value in right.items()}
    in_test: dict[str, Any] = {"mode": "test", "eps": eps, "momentum": momentum, **stored}
    fixed: slips.Exchanged = {
        "mean": lambda v: right["running_mean"],
        "var": lambda v: right["running_var"],
    }
    expected = graph.run(inputs, gates=fixed)["out"]
    out = call(x, in_test)
    check.close(
        "out in test mode",
        out,
        expected,
        slips=lambda: (
            {"the batch's own mean and variance": values["out"]}
            | slips.forward(inputs, fixed)
            | _unrooted(inputs, fixed, right)
        ),
    )
    after = in_test.get("running_mean")
    hint = "Test mode must change nothing."
    check.close("running_mean after a test", after, right["running_mean"], hint=hint)
    alone = call(x[:1], in_test)
    check.close("one row alone", alone, expected[:1], hint="Test mode must not look at other rows.")


def _unrooted(
    inputs: Mapping[str, Array], fixed: slips.Exchanged, right: Mapping[str, Array]
) -> dict[str, Array]:
    """Return test modes that take the running variance for something else."""
    gates: slips.Exchanged = {
        "a running_var that is divided by without a root": lambda v: right["running_var"],
        "a root of the running_var without ε": lambda v: np.sqrt(right["running_var"]),
    }
    return {
        name: graph.run(inputs, gates={**fixed, "std": gate})["out"] for name, gate in gates.items()
    }


def _from_nothing(
    check: Check, name: str, bn_param: Mapping[str, Any], value: Array, rows: int
) -> None:
    """Look at an average that training began, from zeros and with momentum 0.9."""
    if name not in bn_param:
        sentence = f"bn_param has no {name} after a batch: training has to put it there."
        check.stop(f"{name}, begun", "none", f"shape {value.shape}", sentence)
    zeros = np.zeros_like(value)
    made = slips.spreads if name == "running_var" else None
    check.close(
        f"{name}, begun",
        bn_param[name],
        0.1 * value,
        slips=lambda: (
            {
                "an average that begins with the first batch": value,
                "a running variance that begins at one": 0.9 + 0.1 * value,
            }
            | (made(zeros, value, rows, 1e-5, 0.9) if made else slips.averages(zeros, value, 0.9))
        ),
    )


def forward_figures(check: Check, batchnorm_forward: Function) -> None:
    """Look at the means and spreads of three features, and show them."""
    np.random.seed(231)
    X, W1, W2 = np.random.randn(200, 50), np.random.randn(50, 60), np.random.randn(60, 3)
    before = np.maximum(0, X @ W1) @ W2
    ones, counted = np.ones(3), np.array([1.0, 2, 3])
    stages = {
        "before": before,
        "normalized": _trained(check, batchnorm_forward, before, ones, 0 * ones),
        "scaled by γ, shifted by β": _trained(
            check, batchnorm_forward, before, counted, counted + 10
        ),
    }
    expected = (
        ([-2.3814598, -13.18038246, 1.91780462], [27.18502186, 34.21455511, 37.68611762]),
        ([0, 0, 0], [1, 1, 1]),
        ([11, 12, 13], [1, 2, 3]),
    )
    for (stage, values), (means, spreads) in zip(stages.items(), expected, strict=True):
        check.close(f"means {stage}", _tidy(values.mean(axis=0)), means, within=FIGURES)
        check.close(f"spreads {stage}", values.std(axis=0), spreads, within=FIGURES)
    check.picture = lambda: feature_histograms(stages)


def _trained(
    check: Check, forward: Function, x: Array, gamma: Array, beta: Array, bn_param: Any = None
) -> Array:
    """Return the output of a forward pass in training mode, or in that of bn_param."""
    answer = forward(x.copy(), gamma.copy(), beta.copy(), bn_param or {"mode": "train"})
    return np.asarray(check.returned("batchnorm_forward", answer, "out", "a cache")[0], np.float64)


def _tidy(values: Array) -> Array:
    """Return values without the rounding that is left where they should be 0."""
    return np.where(np.abs(values) < ROUNDING, 0.0, values)


@lru_cache(maxsize=1)
def figure_batches() -> list[Array]:
    """Return fifty-one batches of shape (200, 3), the same whatever the answer is."""
    rng = np.random.RandomState(231)
    W1, W2 = rng.randn(50, 60), rng.randn(60, 3)
    return [np.maximum(0, rng.randn(200, 50) @ W1) @ W2 for _ in range(51)]


def test_figures(check: Check, batchnorm_forward: Function) -> None:
    """Look at the means and spreads of a batch in test mode, after fifty in training mode."""
    bn_param: dict[str, Any] = {"mode": "train"}
    for batch, a in enumerate(figure_batches()):
        bn_param["mode"] = "train" if batch < 50 else "test"
        tested = _trained(check, batchnorm_forward, a, np.ones(3), np.zeros(3), bn_param)
    own = (np.abs(tested.mean(axis=0)) < ROUNDING).all()
    hint = "Exactly 0 and 1 would mean that test mode looks at its own batch." if own else ""
    means, spreads = [-0.03927354, -0.04349152, -0.10452688], [1.01531428, 1.01238373, 0.97819988]
    check.close("means", tested.mean(axis=0), means, within=FIGURES, hint=hint)
    check.close("spreads", tested.std(axis=0), spreads, within=FIGURES, hint=hint)


def batchnorm_backward(
    check: Check, batchnorm_forward: Function, batchnorm_backward: Function
) -> None:
    """Look at the gradients gate by gate as far as they were traced, then at the results."""
    rng = np.random.RandomState(7)
    x, dout = 3 * rng.randn(7, 3) + 2, rng.randn(7, 3)
    inputs, cache = _forward_first(check, batchnorm_forward, x, rng, 0.4)
    right = graph.measured_gradients(inputs, dout)
    results, trace, error = graph.walk_back(batchnorm_backward, dout, cache)
    lit: dict[str, bool] = {}

    def look(name: str, yours: Any) -> None:
        done = len(check.problems)
        made = (lambda: slips.backward(name, inputs, dout)) if name in _RESULTS else None
        hint = NO_TRACE if name == "dx" and not trace else graph.where_from(name)
        check.close(name, yours, right[name], hint=hint, slips=made)
        lit[name] = len(check.problems) == done

    for name in graph.WALK:
        if name in trace:
            look(name, graph.in_shape(trace[name], right[name]))
    check.picture = lambda: computational_graph(graph.lights(lit))
    unknown = [name for name in trace if name not in right]
    if unknown:
        near = get_close_matches(str(unknown[0]), graph.WALK, 1)
        advice = f"did you mean {near[0]}?" if near else f"it knows {', '.join(graph.WALK)}."
        sentence = f"trace has {unknown[0]}, which the drawing does not: {advice}"
        check.true(f"trace[{unknown[0]!r}] is known", False, sentence)
    if error is not None:
        raise error
    parts = check.returned("batchnorm_backward", results, *_RESULTS)
    for name, yours in zip(_RESULTS, parts, strict=True):
        look(name, yours)
    _second_call(check, batchnorm_backward, dout, cache, right)


_RESULTS = ("dx", "dgamma", "dbeta")


def _forward_first(
    check: Check, batchnorm_forward: Function, x: Array, rng: Any, eps: float
) -> tuple[dict[str, Array], Any]:
    """Return the inputs of the graph and the cache of a forward pass that is right."""
    gamma, beta = rng.randn(x.shape[1]), rng.randn(x.shape[1])
    inputs = {"x": x, "gamma": gamma, "beta": beta, "eps": np.array(eps)}
    answer = batchnorm_forward(x.copy(), gamma.copy(), beta.copy(), {"mode": "train", "eps": eps})
    out, cache = check.returned("batchnorm_forward", answer, "out", "a cache")
    hint = "First get batchnorm_forward right."
    check.close("out", out, graph.run(inputs)["out"], hint=hint)
    if not check.problems:
        check.rows.clear()  # it has a check of its own
    return inputs, cache


def _second_call(
    check: Check, backward: Function, dout: Array, cache: Any, right: Mapping[str, Array]
) -> None:
    if check.problems:
        return
    again = check.returned("the second call", backward(dout.copy(), cache), *_RESULTS)
    hint = "It was right the first time: your function changes its cache."
    check.close("dx, second call", again[0], right["dx"], hint=hint)


def backward_figures(
    check: Check, batchnorm_forward: Function, batchnorm_backward: Function
) -> None:
    """Look at the gradients against centred differences of the student's own forward pass."""
    np.random.seed(231)
    x = 5 * np.random.randn(4, 5) + 12
    gamma, beta, dout = np.random.randn(5), np.random.randn(5), np.random.randn(4, 5)
    _, cache = batchnorm_forward(x.copy(), gamma.copy(), beta.copy(), {"mode": "train"})
    answer = batchnorm_backward(dout.copy(), cache)
    dx, dgamma, dbeta = check.returned("batchnorm_backward", answer, *_RESULTS)

    def output(x: Array = x, gamma: Array = gamma, beta: Array = beta) -> Array:
        return _trained(check, batchnorm_forward, x, gamma, beta)

    check.gradient("dx", dx, lambda v: output(x=v), x, dout)
    check.gradient("dgamma", dgamma, lambda v: output(gamma=v), gamma, dout)
    check.gradient("dbeta", dbeta, lambda v: output(beta=v), beta, dout)


def batchnorm_backward_alt(
    check: Check, batchnorm_forward: Function, batchnorm_backward_alt: Function
) -> None:
    """Look at the results of the short way, with a large ε, twice."""
    rng = np.random.RandomState(11)
    x, dout = 3 * rng.randn(6, 4) - 1, rng.randn(6, 4)
    inputs, cache = _forward_first(check, batchnorm_forward, x, rng, 0.6)
    right = graph.measured_gradients(inputs, dout)
    results = check.returned(
        "batchnorm_backward_alt", batchnorm_backward_alt(dout.copy(), cache), *_RESULTS
    )

    def made(name: str) -> Callable[[], Mapping[str, Array]]:
        return lambda: slips.backward(name, inputs, dout)

    for name, yours in zip(_RESULTS, results, strict=True):
        check.close(name, yours, right[name], slips=made(name))
    _second_call(check, batchnorm_backward_alt, dout, cache, right)
