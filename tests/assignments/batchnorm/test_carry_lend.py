"""Nets lose nothing to a layer that is not right, whatever their layers keep in their caches."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from carrying import CARRIER, CHECKS, QUESTIONS, carried, opened, score
from check_runs import ASSIGNMENT, FUNCTIONS, MISTAKES, RELEASE, SECRET
from student_answers import (
    caches_of_any_kind,
    everything_in_place,
    float32,
    lists_for_tuples,
    plain,
    with_nets,
)
from test_solutions_and_reference import SOURCE, solved

from autograder.model import QuestionScore

NETS = {
    "two_layer_net": ("fully_connected_nets", ["sandwich_layer", "two_layer_net_answer"]),
    "fully_connected_net": (
        "fully_connected_nets",
        ["sandwich_layer", "fully_connected_net_answer"],
    ),
    "batchnorm_net": ("batch_normalization", ["net-given", "batchnorm_net_answer"]),
}
PAIRS = [(net, up) for net in NETS for up in QUESTIONS[net].upstream]
HARMLESS = {"neighbours_do_not_matter"}
"""What is right of a net even if it turns all its scores around."""
CHECKED = tuple(id_ for id_, q in QUESTIONS.items() if q.kind == "code" and q.defines != "settings")
STYLES = (plain, float32, everything_in_place, caches_of_any_kind, lists_for_tuples)


@pytest.fixture
def softmax_loss(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The loss that the notebooks are given."""
    monkeypatch.syspath_prepend(str(SOURCE))
    return importlib.import_module("support.layers").softmax_loss


@pytest.fixture
def made(softmax_loss: Any) -> Callable[..., dict[str, Any]]:
    """A notebook's own net on top of these layers, which it calls by their global names."""

    def make(net: str, layers: dict[str, Any]) -> dict[str, Any]:
        given = {"np": np, "softmax_loss": softmax_loss, "pairwise": pairwise}
        functions = {name: layers[name] for name in FUNCTIONS if name in layers}
        return solved(*NETS[net], given | functions)

    return make


def spoiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """A layer whose first value is wrong."""

    def wrong(*args: Any) -> Any:
        returned = function(*args)
        if not isinstance(returned, (tuple, list)) or isinstance(returned[0], (float, list)):
            return 1.2 * np.asarray(returned) + 0.3
        return 1.2 * np.asarray(returned[0]) + 0.3, *returned[1:]

    return wrong


@cache
def alone(question: str, *, right: bool) -> QuestionScore:
    """What the reference's answer to a question earns, or a spoiled one."""
    wrong = {} if right else {question: spoiled(ASSIGNMENT.namespace()[question])}
    return score(wrong, question)


def judged(wrong: str, net: str) -> dict[str, QuestionScore]:
    """Upstream of a net, all right but for one."""
    return {up: alone(up, right=up != wrong) for up in {*QUESTIONS[net].upstream, wrong}}


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(("net", "upstream"), PAIRS)
def test_a_net_on_a_wrong_layer_is_carried(
    made: Callable[..., dict[str, Any]], net: str, upstream: str, style: Callable[[], Any]
) -> None:
    layers = style()
    namespace = made(net, layers | {upstream: spoiled(layers[upstream])})
    again = carried(namespace, net, judged(upstream, net))
    assert again
    assert set(again.values()) == {"carried"}, again


@pytest.mark.parametrize(("net", "upstream"), PAIRS)
def test_a_net_that_does_not_call_its_layers_by_name_is_not_carried(
    net: str, upstream: str
) -> None:
    layers = plain()
    nets = with_nets(layers | {upstream: spoiled(layers[upstream])})
    assert "carried" not in carried(nets, net, judged(upstream, net)).values()


@pytest.mark.parametrize("net", NETS)
def test_a_net_s_own_mistake_stays(made: Callable[..., dict[str, Any]], net: str) -> None:
    layers = plain()
    namespace = made(net, layers | {"affine_forward": spoiled(layers["affine_forward"])})
    right = namespace[QUESTIONS[net].defines or ""]

    class Wrong(right):  # type: ignore[misc]
        def loss(self, X: Any, y: Any = None) -> Any:
            if y is None:
                return -super().loss(X)
            loss, grads = super().loss(X, y)
            return loss + 0.1, {name: 1.5 * grad for name, grad in grads.items()}

    failed = carried(namespace | {right.__name__: Wrong}, net, judged("affine_forward", net))
    assert failed
    assert not {name for name, again in failed.items() if again == "carried"} - HARMLESS, failed


def test_forward_and_backward_of_a_layer_are_lent_together() -> None:
    def lent(net: str, wrong: str) -> tuple[str, ...]:
        [plan] = CARRIER.plans(QUESTIONS[net], judged(wrong, net))
        return plan.lent

    for wrong in ("affine_forward", "affine_backward"):
        assert lent("two_layer_net", wrong) == ("affine_forward", "affine_backward")
    # A net may walk back by either formula, and neither reads a cache of ours.
    assert lent("batchnorm_net", "batchnorm_forward") == (
        "batchnorm_forward", "batchnorm_backward", "batchnorm_backward_alt",
    )  # fmt: skip


def test_no_question_is_lent_its_own_answer() -> None:
    for question in QUESTIONS.values():
        for plan in CARRIER.plans(question, {}):
            assert question.defines not in plan.lent


def test_nothing_is_lent_for_nothing() -> None:
    right = {id_: alone(id_, right=True) for id_ in QUESTIONS if id_ in CHECKED}
    assert [plan for id_ in CHECKED for plan in CARRIER.plans(QUESTIONS[id_], right)] == []


@pytest.mark.parametrize("layer", ["affine", "relu"])
@pytest.mark.parametrize("style", [plain, float32, everything_in_place])
def test_a_backward_pass_without_a_forward_reads_the_inputs_as_its_cache(
    layer: str, style: Callable[[], Any]
) -> None:
    def broken(*_args: Any) -> None:
        raise ZeroDivisionError

    question = f"{layer}_backward"
    again = carried(style() | {f"{layer}_forward": broken}, question)
    assert len(again) == len(CHECKS.of(question))
    assert set(again.values()) == {"carried"}, again
    for mistake in MISTAKES.of(question):
        wrong = {f"{layer}_forward": broken, question: mistake.implementation}
        assert set(carried(wrong, question).values()) - {"carried"}, mistake.name


def test_the_sentence_names_what_was_lent(made: Callable[..., dict[str, Any]]) -> None:
    layers = plain()
    namespace = made(
        "two_layer_net", layers | {"affine_forward": spoiled(layers["affine_forward"])}
    )
    fork = next(opened(namespace, "two_layer_net", judged("affine_forward", "two_layer_net")))
    told = {
        check.name: fork.run(check, SECRET, RELEASE).outcome.message
        for check in CHECKS.of("two_layer_net")
    }
    lent = "Passed with right `affine_forward` and `affine_backward` lent in place of yours."
    assert told["gradients_match"] == lent
    assert told["initialization"] == ""
