"""Junk in place of an answer is the student's verdict: never points, never our fault."""

import numpy as np
import pytest
from check_runs import FUNCTIONS, QUESTIONS, collected_checks, outcomes

from autograder.assignments.batchnorm import reference
from autograder.model import Verdict

DEFINES = dict.fromkeys(QUESTIONS, "FullyConnectedNet") | {"two_layer_net": "TwoLayerNet"}
DEFINES |= {name: name for name in FUNCTIONS}


def deep(levels):
    nested = []
    for _ in range(levels):
        nested = [nested]
    return nested


VALUES = {
    "None": None,
    "an empty dict": {},
    "an empty tuple": (),
    "an empty list": [],
    "a string": "0.5",
    "a number": 0.0,
    "True": True,
    "a NumPy number": np.float64(1.5),
    "an empty array": np.zeros(0),
    "an array of strings": np.array(["a"]),
    "an array of objects": np.array([None, 1], dtype=object),
    "complex numbers": np.full((6, 5), 1j),
    "NaN": np.full((6, 5), np.nan),
    "huge": np.full((6, 5), 1e308),
    "minus infinity": float("-inf"),
    "a large integer": 2**200,
    "thirty axes": np.zeros((1,) * 30),
    "ragged": [[1.0], [2.0, 3.0]],
    "nested": deep(200),
    "a function": len,
    "a class": int,
    "one value": (1.0,),
    "five values": (1.0, 2.0, 3.0, 4.0, 5.0),
    "Nones": (None, None),
    "three Nones": (None, None, None),
    "strings": ("out", "cache"),
    "three huge arrays": (np.full((7, 9), 1e308),) * 3,
    "a list of Nones": [None, None, None],
    "dicts": ({}, {}),
}


def anything_that_answers(value):
    """A class whose instances give `value` for whatever is asked of them."""

    class Net:
        def __init__(self, *args, **kwargs):
            self.params = value

        def loss(self, *args, **kwargs):
            return value

    return Net


def net_of(params, loss):
    """The same with these params, and `loss(X, y)` as the loss."""

    class Net:
        def __init__(self, *args, **kwargs):
            self.params = dict(params)

        def loss(self, X, y=None):
            return loss(X, y)

    return Net


@pytest.fixture(scope="module")
def checks():
    return collected_checks()


def junk_fails(checks, question, answer):
    for (_, name), (outcome, *_) in outcomes(
        checks, {DEFINES[question]: answer}, [question]
    ).items():
        assert outcome.verdict not in (Verdict.PASSED, Verdict.GRADER_ERROR), name
        assert outcome.message.endswith((".", ". Is it transposed?"))
        assert outcome.hint


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
@pytest.mark.parametrize("question", QUESTIONS)
def test_junk_fails_every_check(checks, question, value):
    is_net = DEFINES[question] in ("TwoLayerNet", "FullyConnectedNet")
    answer = anything_that_answers(value) if is_net else lambda *_: value
    junk_fails(checks, question, answer)


@pytest.mark.parametrize("question", FUNCTIONS)
def test_zeros_in_the_right_shapes_fail_every_check(checks, question):
    right = getattr(reference, question)

    def zeros(*arguments):
        answers = right(*arguments)
        if question.endswith("forward"):
            for name in {"running_mean", "running_var"} & getattr(arguments[-1], "keys", set)():
                arguments[-1][name] = 0.0 * arguments[-1][name]
            return np.zeros_like(answers[0]), answers[1]
        if isinstance(answers, tuple):
            return tuple(np.zeros_like(answer) for answer in answers)
        return np.zeros_like(answers)

    junk_fails(checks, question, zeros)


@pytest.mark.parametrize("question", FUNCTIONS)
def test_ones_in_the_right_shapes_fail_nearly_every_check(checks, question):
    right = getattr(reference, question)

    def ones(*arguments):
        answers = right(*arguments)
        if question.endswith("forward"):
            return np.ones_like(answers[0]), answers[1]
        if isinstance(answers, tuple):
            return tuple(np.ones_like(answer) for answer in answers)
        return np.ones_like(answers)

    ran = outcomes(checks, {question: ones}, [question])
    by_accident = [name for (_, name), (o, *_) in ran.items() if o.verdict is Verdict.PASSED]
    allowed = {
        "batchnorm_forward": [
            "running_averages",
            "defaults",
            "test_mode_changes_nothing",
        ],
    }
    assert by_accident == allowed.get(question, [])


DICTIONARIES = {
    "train_two_layer_net": "settings",
    "deep_net_report": "deep_net_answers",
    "weight_scale_report": "weight_scale_answers",
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
@pytest.mark.parametrize("question", DICTIONARIES)
def test_junk_for_a_dictionary_fails_every_check(checks, question, value):
    ran = outcomes(checks, {DICTIONARIES[question]: value}, [question])
    assert ran
    assert Verdict.PASSED not in {outcome.verdict for outcome, *_ in ran.values()}


NAMES = [f"{letter}{layer}" for letter in ("W", "b", "gamma", "beta") for layer in range(1, 5)]
ODD_NETS = {
    "params without names": net_of({}, lambda X, y: np.zeros(3)),
    "params named by numbers": net_of({1: np.zeros(2)}, lambda X, y: np.zeros(3)),
    "params named by tuples": net_of({("W", 1): np.zeros(2)}, lambda X, y: np.zeros(3)),
    "params of strings": net_of(dict.fromkeys(NAMES, "x"), lambda X, y: ("x", "y")),
    "params of Nones": net_of(dict.fromkeys(NAMES), lambda X, y: (None, None)),
    "zero scores": net_of(
        dict.fromkeys(NAMES, np.zeros(2)),
        lambda X, y: np.zeros((len(X), 4)) if y is None else (0.0, {}),
    ),
    "zero gradients": net_of(
        dict.fromkeys(NAMES, np.zeros(2)),
        lambda X, y: (
            np.zeros((len(X), 4)) if y is None else (np.log(4), dict.fromkeys(NAMES, np.zeros(3)))
        ),
    ),
    "NaN": net_of(
        dict.fromkeys(NAMES, np.full(2, np.nan)),
        lambda X, y: (
            np.full((len(X), 4), np.nan)
            if y is None
            else (np.nan, dict.fromkeys(NAMES, np.full((2, 2), np.nan)))
        ),
    ),
    "a loss that is an array": net_of(
        dict.fromkeys(NAMES, np.ones(2)), lambda X, y: (np.ones((3, 3)), {"W1": np.ones(2)})
    ),
    "grads that are a list": net_of(
        dict.fromkeys(NAMES, np.ones(2)), lambda X, y: (1.0, [np.ones(2)])
    ),
    "huge": net_of(
        dict.fromkeys(NAMES, np.full((2, 2), 1e308)),
        lambda X, y: (
            np.full((len(X), 4), 1e308)
            if y is None
            else (1e308, dict.fromkeys(NAMES, np.full((2, 2), 1e308)))
        ),
    ),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("net", ODD_NETS.values(), ids=ODD_NETS)
@pytest.mark.parametrize("question", ["two_layer_net", "fully_connected_net", "batchnorm_net"])
def test_odd_nets_fail_every_check(checks, question, net):
    junk_fails(checks, question, net)


def test_a_bn_param_full_of_junk_fails_the_checks_that_look_at_it(checks):
    for junk in (None, "x", np.full(3, np.nan), [1, [2]], {}, 2**100):

        def batchnorm_forward(x, gamma, beta, bn_param, junk=junk):
            answers = reference.batchnorm_forward(x, gamma, beta, dict(bn_param))
            bn_param["running_mean"] = bn_param["running_var"] = junk
            return answers

        ran = outcomes(checks, {"batchnorm_forward": batchnorm_forward}, ["batchnorm_forward"])
        for name in ("running_averages", "defaults", "test_mode_changes_nothing", "shapes"):
            assert ran["batchnorm_forward", name][0].verdict is not Verdict.PASSED


def test_a_cleared_bn_param_fails_the_checks_that_look_at_it(checks):
    def batchnorm_forward(x, gamma, beta, bn_param):
        answers = reference.batchnorm_forward(x, gamma, beta, dict(bn_param))
        bn_param.clear()
        return answers

    ran = outcomes(checks, {"batchnorm_forward": batchnorm_forward}, ["batchnorm_forward"])
    for name in ("defaults", "test_mode_changes_nothing", "shapes"):
        outcome, *_ = ran["batchnorm_forward", name]
        assert outcome.verdict is Verdict.FAILED
        assert "no entry 'running_mean'" in outcome.message
