"""A gradient that is measured in place of derived earns nothing, however it is measured.

Measuring takes runs of the forward pass: on the small inputs of a check some hundreds, on the wide
ones 26,000 and more, each of which takes its time (benchmarks/measure_cheats.py). Here a count of
runs stands for the end of a check's time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from check_runs import collected_checks, not_passed, outcomes
from student_answers import plain
from student_folder import ROOT  # noqa: F401 - `support` can be imported
from support import gradient_check, graph, slips
from support.visible import look_at

from autograder.assignments.batchnorm import reference
from autograder.checking.collect import Checks
from autograder.checking.peers import LocalPeer
from autograder.sandbox.errors import StudentTimeout

ENOUGH = {"numbers": 400, "columns": 60}
"""Runs that the small inputs take, and some more."""


class Clock:
    """Counts runs of a forward pass, and ends the check that makes too many."""

    def __init__(self) -> None:
        self.enough = ENOUGH["numbers"]
        self.left, self.over = self.enough, False

    def tick(self) -> None:
        self.left -= 1
        if self.left < 0:
            self.over = True
            raise StopIteration

    def timed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **options: Any) -> Any:
            self.tick()
            return function(*arguments, **options)

        return run


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock, request = Clock(), LocalPeer.request

    def in_time(peer: LocalPeer, *arguments: Any, **fields: Any) -> Any:
        clock.left, clock.over = clock.enough, False
        try:
            return request(peer, *arguments, **fields)
        except Exception as error:
            raise (StudentTimeout() if clock.over else error) from None

    monkeypatch.setattr(LocalPeer, "request", in_time)
    return clock


@pytest.fixture(scope="module")
def checks() -> Checks:
    return collected_checks()


def passed(checks: Checks, question: str, namespace: dict[str, Any]) -> set[str]:
    """The names of the question's checks that this answer passes."""
    ran = outcomes(checks, namespace, [question])
    return {name for _, name in ran.keys() - not_passed(ran).keys()}


USUAL = plain()


def number_by_number(clock: Clock) -> dict[str, Any]:
    """By the course's own tool."""
    forward = clock.timed(lambda *given: USUAL["affine_forward"](*given)[0])

    def affine_backward(dout: Any, cache: Any) -> Any:
        def measure(place: int) -> Any:
            def moved(v: Any) -> Any:
                return forward(*cache[:place], v, *cache[place + 1 :])

            return gradient_check.numeric_gradient(moved, cache[place], dout)

        return tuple(map(measure, range(3)))

    relu = clock.timed(lambda x: USUAL["relu_forward"](x)[0])

    def relu_backward(dout: Any, cache: Any) -> Any:
        return gradient_check.numeric_gradient(relu, cache, dout)

    normalize = clock.timed(lambda *given: USUAL["batchnorm_forward"](*given)[0])

    def batchnorm_backward(dout: Any, cache: Any) -> Any:
        x, gamma, beta, eps = cache

        def out(*given: Any) -> Any:
            return normalize(*given, {"mode": "train", "eps": eps})

        return (
            gradient_check.numeric_gradient(lambda v: out(v, gamma, beta), x, dout),
            gradient_check.numeric_gradient(lambda v: out(x, v, beta), gamma, dout),
            gradient_check.numeric_gradient(lambda v: out(x, gamma, v), beta, dout),
        )

    return {
        "affine_backward": affine_backward,
        "relu_backward": relu_backward,
        "batchnorm_forward": keeps_all,
        "batchnorm_backward": batchnorm_backward,
        "batchnorm_backward_alt": batchnorm_backward,
    }


def keeps_all(x: Any, gamma: Any, beta: Any, bn_param: Any) -> Any:
    out, _ = USUAL["batchnorm_forward"](x, gamma, beta, bn_param)
    return out, (x, gamma, beta, bn_param.get("eps", 1e-5))


def one_column_or_row_at_a_time(clock: Clock) -> dict[str, Any]:
    """Rows do not touch each other in an affine layer, nor features in batch normalization."""
    clock.enough = ENOUGH["columns"]

    def affine_backward(dout: Any, cache: Any) -> Any:
        x, w, _ = cache
        rows = x.reshape(len(x), -1)
        dx, dw = np.zeros_like(rows), np.zeros_like(w)
        for j in range(rows.shape[1]):
            clock.tick()
            nudge = np.zeros(rows.shape[1])
            nudge[j] = 1.0  # the layer is linear
            change = (rows + nudge) @ w - rows @ w
            dx[:, j] = (dout * change).sum(axis=1)
            clock.tick()
            dw[j] = (dout * (rows @ (w + nudge[:, None]) - rows @ w)).sum(axis=0)
        return dx.reshape(x.shape), dw, dout.sum(axis=0)

    def batchnorm_backward(dout: Any, cache: Any) -> Any:
        x, gamma, beta, eps = cache
        dx = np.zeros_like(x)
        for i in range(len(x)):
            clock.tick()
            nudge = np.zeros(x.shape, complex)
            nudge[i] = 1e-30j
            inputs = {"x": x, "gamma": gamma, "beta": beta, "eps": np.array(eps)}
            dx[i] = (graph.run(inputs, "x", nudge)["out"] * dout).sum(axis=0).imag / 1e-30
        xhat = (keeps_all(x, gamma, beta, {"mode": "train", "eps": eps})[0] - beta) / gamma
        return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)

    return {
        "affine_backward": affine_backward,
        "batchnorm_forward": keeps_all,
        "batchnorm_backward": batchnorm_backward,
        "batchnorm_backward_alt": batchnorm_backward,
    }


LAYERS = ("affine_backward", "batchnorm_backward", "batchnorm_backward_alt")


@pytest.mark.parametrize("question", LAYERS)
@pytest.mark.parametrize("measured", [number_by_number, one_column_or_row_at_a_time])
def test_a_measured_backward_pass_earns_nothing(
    checks: Checks, clock: Clock, measured: Any, question: str
) -> None:
    assert passed(checks, question, measured(clock)) == set()


def gives_up(dout: Any, cache: Any) -> Any:
    raise MemoryError


def makes_up(dout: Any, cache: Any) -> Any:
    x, other, another = cache[:3]
    return np.ones_like(x), np.ones_like(other), np.ones_like(another)


@pytest.mark.parametrize("question", LAYERS)
@pytest.mark.parametrize("of_large", [gives_up, makes_up])
def test_nor_does_one_that_measures_only_what_is_small(
    checks: Checks, clock: Clock, of_large: Any, question: str
) -> None:
    measured = number_by_number(clock)
    of_small = measured[question]

    def backward(dout: Any, cache: Any) -> Any:
        return (of_large if cache[0].size > ENOUGH["numbers"] else of_small)(dout, cache)

    assert passed(checks, question, {**measured, question: backward}) == set()


def test_relu_measured_number_by_number_runs_out_of_time(checks: Checks, clock: Clock) -> None:
    """All numbers in one go it can be measured: it is element by element."""
    shapes_only = {"shape_of_dx", "zeros_in_x"}
    assert passed(checks, "relu_backward", number_by_number(clock)) <= shapes_only


def measured_nets(clock: Clock, of_large: Callable[..., Any] | None = None) -> dict[str, Any]:
    """Right nets whose gradients are measured from their loss, one parameter after the other.

    With `of_large`, it makes the gradients of a net with too many parameters.
    """

    class Measured:
        def loss(self, X: Any, y: Any = None) -> Any:
            answer = super().loss(X, y)  # type: ignore[misc]
            if y is None:
                return answer
            if of_large is not None and self.params["W1"].size > ENOUGH["numbers"]:  # type: ignore[attr-defined]
                return answer[0], of_large(self.params)  # type: ignore[attr-defined]
            grads = {}
            for name, value in self.params.items():  # type: ignore[attr-defined]
                grads[name] = self.slopes(name, value, X, y)
            return answer[0], grads

        def slopes(self, name: str, value: Any, X: Any, y: Any) -> Any:
            def at(moved: Any) -> float:
                clock.tick()
                self.params[name] = moved  # type: ignore[attr-defined]
                return float(super(Measured, self).loss(X, y)[0])  # type: ignore[misc]

            try:
                return gradient_check.numeric_gradient(at, value)
            finally:
                self.params[name] = value  # type: ignore[attr-defined]

    bases = reference.FullyConnectedNet, reference.TwoLayerNet
    return {base.__name__: type(base.__name__, (Measured, base), {}) for base in bases}


FORWARD = {
    "two_layer_net": {"initialization", "scores_match", "loss_matches",
                      "loss_with_regularization"},
    "fully_connected_net": {"initialization", "scores_match", "scores_match_for_one_hidden_layer",
                            "loss_matches", "loss_with_regularization"},
    "batchnorm_net": {"initialization", "loss_matches", "neighbours_do_not_matter"},
}  # fmt: skip
"""Measuring moves the running averages too, so the scores in test mode go wrong by it."""


@pytest.mark.parametrize("question", FORWARD)
def test_a_net_whose_gradients_are_measured_earns_its_forward_pass(
    checks: Checks, clock: Clock, question: str
) -> None:
    assert passed(checks, question, measured_nets(clock)) == FORWARD[question]


def no_gradients(params: dict[str, Any]) -> Any:
    raise MemoryError


def invented(params: dict[str, Any]) -> Any:
    return {name: np.ones_like(value) for name, value in params.items()}


@pytest.mark.parametrize("question", FORWARD)
@pytest.mark.parametrize("of_large", [no_gradients, invented])
def test_nor_does_one_that_measures_only_small_nets(
    checks: Checks, clock: Clock, of_large: Any, question: str
) -> None:
    assert passed(checks, question, measured_nets(clock, of_large)) == FORWARD[question]


def test_the_graph_answers_for_nobody_in_grading(monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = {"x": np.ones((3, 2)), "gamma": np.ones(2), "beta": np.ones(2), "eps": np.array(0.1)}
    graph.run(inputs)  # at home it is there to be looked at
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    with pytest.raises(RuntimeError, match="is there to check an answer, not to be one"):
        graph.run(inputs)
    with pytest.raises(RuntimeError, match="is there to check an answer, not to be one"):
        graph.measured_gradients(inputs, np.ones((3, 2)))
    with pytest.raises(RuntimeError, match=r"slips\.scores is there to check an answer"):
        slips.scores({}, inputs["x"], slips.bend, slips.same)
    answers = {f.__name__: f for f in (reference.batchnorm_forward, reference.batchnorm_backward)}
    assert look_at("batchnorm_backward", answers).state[0] == "green", "a check may ask it"
