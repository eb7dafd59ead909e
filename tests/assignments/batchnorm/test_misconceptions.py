"""Every known mistake costs no other question, and is called by its name wherever it shows.

That it fails its own question's checks, and which, and that each calls it by its name, is proven by
`autograder verify batchnorm`.
"""

import ast
from pathlib import Path

import numpy as np
import pytest
from check_runs import (
    ASSIGNMENT,
    MISTAKES,
    QUESTIONS,
    RELEASE,
    SECRET,
    collected_checks,
    named,
    not_passed,
    outcomes,
    student_of,
)
from student_answers import float32, plain

from autograder.assignments.batchnorm import mistakes
from autograder.checking import collect
from autograder.checking.faults import CheckFailed
from autograder.diagnosis.diagnose import Diagnosis
from autograder.diagnosis.shared import diagnosis_of
from autograder.model import Verdict
from autograder.proof.given import Given

BUILD_ON = {
    "affine_forward": {"affine_backward"},
    "relu_forward": {"relu_backward"},
    "batchnorm_forward": {"batchnorm_backward", "batchnorm_backward_alt"},
    # one Python name in two notebooks
    "fully_connected_net": {"batchnorm_net"},
    "batchnorm_net": {"fully_connected_net"},
}
"""Questions whose checks call the answer to another one."""

SAME_IN_A_NET = {
    "everything_passes": "relu_not_walked_back",
    "batch_statistics_at_test_time": "always_train_mode",
    "dgamma_and_dbeta_exchanged": "gamma_and_beta_gradients_exchanged",
}
"""In a net, no number tells the layer's mistake from the net's; the sentence is true of both."""

ALL = [mistake for question in QUESTIONS for mistake in MISTAKES.of(question)]
UPSTREAM = {question.id: question.upstream for question in ASSIGNMENT.questions}


ALSO_LENT = {"batchnorm_backward_alt"}
"""A net may be built on it in place of the staged backward pass."""


def described(mistake):
    return f"{mistake.question}-{mistake.name}"


NETS = {"two_layer_net", "fully_connected_net", "batchnorm_net"}


def reached(mistake):
    """Its question, and those that are built on it alone; the first of each question runs all.

    A net's own mistakes cost its own question, as `verify` proves, and nothing is built on it.
    """
    if mistake == MISTAKES.of(mistake.question)[0]:
        return QUESTIONS
    alone = [q for q in QUESTIONS if UPSTREAM[q] == (mistake.question,)]
    return alone if mistake.question in NETS else [mistake.question, *alone]


def questions_of(checks):
    return {question for question, _ in checks}


@pytest.fixture(scope="module")
def checks():
    return collected_checks()


@pytest.fixture(scope="module")
def results(checks):
    """The outcomes of every mistake, each worked out once."""
    np.random.seed(5)
    return {
        described(mistake): outcomes(
            checks, {mistake.defines: mistake.implementation}, reached(mistake)
        )
        for mistake in ALL
    }


def test_there_are_many_of_them():
    assert len({mistake.name for mistake in ALL}) >= 150
    assert all(len(MISTAKES.of(question)) >= 3 for question in QUESTIONS)


def test_sentences_are_one_sentence_and_hints_are_there():
    for mistake in ALL:
        assert mistake.sentence.endswith("."), described(mistake)
        assert 15 <= len(mistake.sentence) <= 110, described(mistake)
        assert mistake.hint.endswith((".", "?")), described(mistake)
        assert mistake.sentence != mistake.hint, described(mistake)


def test_no_sentence_gives_the_solution_away():
    """No line of the solutions' code: a sentence may name a NumPy option, not a formula in code."""
    for mistake in ALL:
        for text in (mistake.sentence, mistake.hint):
            assert "np." not in text
            assert "@" not in text


def test_every_written_mistake_is_found():
    """The registry misses none that carries the mark."""
    folder = Path(mistakes.__file__).parent
    marked = [
        node.name
        for file in folder.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        for mark in node.decorator_list
        if isinstance(mark, ast.Call) and getattr(mark.func, "id", "") == "misconception"
    ]
    found = {mistake.implementation.__name__ for mistake in ALL}
    assert set(marked) == found


# Laws of all mistakes at once: their outcomes are worked out together, and each failure names
# every mistake that breaks the law.


def test_none_costs_a_question_that_does_not_build_on_it(results):
    hurt = {}
    for mistake in ALL:
        allowed = {mistake.question} | BUILD_ON.get(mistake.question, set())
        more = questions_of(not_passed(results[described(mistake)])) - allowed
        if more:
            hurt[described(mistake)] = more
    assert not hurt, hurt


def test_the_looks_right_forwards_lose_most_of_what_they_break(results):
    """Four forwards look right when they are only printed."""
    for name, check in (
        ("unbiased_variance", "train_output"),
        ("eps_outside_root", "train_output_with_large_eps"),
        ("momentum_swapped", "running_averages"),
        ("batch_statistics_at_test_time", "test_mode"),
    ):
        failed = not_passed(results[f"batchnorm_forward-{name}"])
        assert ("batchnorm_forward", check) in failed


def test_a_wrong_shape_alone_costs_the_shapes_check_alone(results):
    for question, name, check in (
        ("affine_backward", "db_kept_as_row", "shapes_of_gradients"),
        ("affine_backward", "dx_left_flat", "shapes_of_gradients"),
        ("batchnorm_forward", "running_averages_as_rows", "shapes"),
        ("batchnorm_backward", "parameter_gradients_as_rows", "shapes_of_gradients"),
        ("batchnorm_backward_alt", "parameter_gradients_as_rows", "alt_shapes"),
    ):
        assert list(not_passed(results[f"{question}-{name}"])) == [(question, check)]


# Diagnosis


def test_hardly_any_ends_in_an_exception_only(checks):
    """Those have no name: at most a tenth. The first check that catches one tells the others."""
    accepted = Given(ASSIGNMENT).caught
    unnamed = [
        described(mistake)
        for mistake in ALL
        if not any(
            collect.run(
                check, student_of({mistake.defines: mistake.implementation}), SECRET, RELEASE
            ).outcome.verdict
            is Verdict.FAILED
            for check in checks.of(mistake.question)
            if check.name in accepted[mistake.question][mistake.name]
        )
    ]
    assert len(unnamed) <= 0.1 * len(ALL), unnamed


@pytest.mark.parametrize("style", [plain, float32])
def test_a_right_answer_is_never_diagnosed(checks, style):
    np.random.seed(1)
    for ran in outcomes(checks, style()).values():
        assert ran.fault is None
        assert named(ran._replace(fault=CheckFailed("Any."))) is None


def test_a_mistake_made_in_single_precision_is_recognised(checks):
    right = float32()

    def batchnorm_backward(dout, cache):
        _, dgamma, dbeta = right["batchnorm_backward"](dout, cache)
        gamma, _, std = cache
        dx = np.asarray(dout, np.float32) * gamma / std
        return dx - dx.mean(axis=0), dgamma, dbeta

    ran = outcomes(checks, right | {"batchnorm_backward": batchnorm_backward})
    found = named(ran["batchnorm_backward", "dx_matches"])
    assert found is not None
    assert found.name == "variance_path_dropped"


def test_a_mistake_of_the_forward_pass_is_recognised_behind_a_right_backward_pass(results):
    unrecognised = {}
    for mistake in ALL:
        for (question, name), ran in results[described(mistake)].items():
            behind = UPSTREAM.get(question) == (mistake.question,)
            if not behind or ran.outcome.verdict is not Verdict.FAILED:
                continue
            found = named(ran)
            told = f"(This is in your `{mistake.question}`.)"
            if found is None or found.question != mistake.question or told not in found.sentence:
                unrecognised[described(mistake), question, name] = found
    assert not unrecognised, unrecognised


@pytest.mark.parametrize("question", ["two_layer_net", "fully_connected_net", "batchnorm_net"])
def test_a_mistake_of_a_layer_is_recognised_in_a_right_net(checks, question):
    """Its trace there is known already: it is what the diagnosis compares with."""
    diagnosis = diagnosis_of(ASSIGNMENT, SECRET)
    recognised = 0
    for mistake in MISTAKES.underneath(question):
        for check in checks.of(question):
            wrong = diagnosis.failure(check, mistake)
            if wrong is not None:
                found = diagnosis.name(check, wrong.trace, wrong.fault)
                assert found is not None
                assert found.name in (mistake.name, SAME_IN_A_NET.get(mistake.name))
                recognised += 1
    assert recognised


@pytest.mark.parametrize("question", ["batchnorm_backward", "two_layer_net", "batchnorm_net"])
def test_a_mistake_of_a_layer_keeps_its_question_where_it_shows_later(question):
    underneath = MISTAKES.underneath(question)
    layers = {mistake.question for mistake in underneath} - ALSO_LENT
    assert layers <= set(UPSTREAM[question])
    assert underneath


def test_an_unknown_mistake_is_not_given_a_name(checks):
    def relu_backward(dout, cache):
        return dout * (cache > 0) * 0.7

    ran = outcomes(checks, {"relu_backward": relu_backward}, ["relu_backward"])
    for one in ran.values():
        assert one.outcome.verdict is Verdict.FAILED
        assert named(one) is None


def test_two_mistakes_at_once_are_told_apart_by_the_array_that_is_wrong(checks):
    def batchnorm_backward(dout, cache):
        dx = dout * cache.gamma * cache.inverse_std
        return dx, np.sum(dout * cache.centred, axis=0), 3.0 * np.sum(dout, axis=0)

    ran = outcomes(checks, {"batchnorm_backward": batchnorm_backward}, ["batchnorm_backward"])
    told = {}
    for (_, name), one in ran.items():
        found = named(one)
        told[name] = found and found.name
    assert told == {
        "dx_matches": "statistics_held_constant",
        "dx_with_large_eps": "statistics_held_constant",
        "dgamma_matches": "dgamma_uses_centred_x",
        "dbeta_matches": None,
        "shapes_of_gradients": "dgamma_uses_centred_x",
    }


def test_an_answer_without_any_number_is_not_given_a_name(checks):
    ran = outcomes(checks, {"affine_backward": lambda dout, cache: None}, ["affine_backward"])
    for one in ran.values():
        assert named(one._replace(trace=[])) is None


def test_diagnosis_leaves_numpys_generator_alone(checks):
    mistake = next(m for m in ALL if m.name == "weight_scale_ignored")
    ran = outcomes(checks, {mistake.defines: mistake.implementation}, [mistake.question])
    wrong = ran[mistake.question, "initialization"]
    unused = Diagnosis(ASSIGNMENT, SECRET, RELEASE)  # what it works out is worked out now
    np.random.seed(3)
    expected = np.random.randn()
    np.random.seed(3)
    unused.name(wrong.check, wrong.trace, wrong.fault)
    assert np.random.randn() == expected
