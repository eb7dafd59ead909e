"""A backward pass is right if it is the exact gradient of the student's own forward pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from carrying import CHECKS, carried, opened
from check_runs import ASSIGNMENT, MISTAKES, RELEASE, SECRET, student_of
from student_answers import plain

from autograder.checking import collect
from autograder.model import Verdict

BACKWARD = ("batchnorm_backward", "batchnorm_backward_alt")


def exact_backward(forward: Callable[..., Any]) -> Callable[..., Any]:
    """The gradient of any forward pass whose cache holds its arguments, feature by feature.

    Measured with steps of both signs in float64 and Richardson's rule, so exact to nine digits.
    """

    def backward(dout: Any, cache: Any) -> Any:
        x, gamma, beta, entries = cache
        gradients = []
        for place, argument in enumerate((x, gamma, beta)):
            gradient = np.zeros_like(argument)
            for index in np.ndindex(argument.shape):
                slopes = []
                for step in (1e-3, 2e-3):
                    ends = []
                    for sign in (1.0, -1.0):
                        moved = [x.copy(), gamma.copy(), beta.copy()]
                        moved[place][index] += sign * step
                        ends.append((forward(*moved, dict(entries))[0] * dout).sum())
                    slopes.append((ends[0] - ends[1]) / (2 * step))
                gradient[index] = (4 * slopes[0] - slopes[1]) / 3
            gradients.append(gradient)
        return tuple(gradients)

    return backward


def submission(forward: Callable[..., Any], backward: Callable[..., Any] | None = None) -> Any:
    """A forward pass that keeps its arguments, and its exact backward pass or another."""

    def keeping(x: Any, gamma: Any, beta: Any, bn_param: Any) -> Any:
        entries = dict(bn_param)
        return forward(x, gamma, beta, bn_param)[0], (x, gamma, beta, entries)

    made = backward or exact_backward(forward)
    return {
        "batchnorm_forward": keeping,
        "batchnorm_backward": made,
        "batchnorm_backward_alt": made,
    }


@pytest.fixture(autouse=True)
def _no_wide_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """The exact gradients of these tests are measured number by number.

    What other tests have made once is wide, and what is made here is for nobody else.
    """
    for check in CHECKS.of("batchnorm_backward"):
        known = check.function.__globals__
        monkeypatch.setitem(known, "WIDE", (7, 5))
        monkeypatch.setitem(known, "made_once", lambda rng, what, make: make())


@pytest.mark.parametrize("mistake", MISTAKES.of("batchnorm_backward"), ids=lambda m: m.name)
def test_a_wrong_gradient_of_a_wrong_forward_loses_what_it_would_lose(mistake: Any) -> None:
    """The mistakes' backward passes read the reference's cache, of a variance that is biased."""

    forward = MISTAKES.of("batchnorm_forward")[0].implementation
    namespace = {"batchnorm_forward": forward, "batchnorm_backward": mistake.implementation}
    lost = {
        check.name
        for check in CHECKS.of("batchnorm_backward")
        if collect.run(
            check, student_of({"batchnorm_backward": mistake.implementation}), SECRET, RELEASE
        ).outcome.verdict
        is not Verdict.PASSED
    }
    saved = saved_by(namespace)
    assert not saved & lost, saved


def saved_by(namespace: Any) -> set[str]:
    """The checks of the backward pass that are carried."""
    again = carried(namespace, "batchnorm_backward")
    return {name for name, outcome in again.items() if outcome == "carried"}


def test_the_sentence_says_whose_gradient_it_is() -> None:
    mistake = MISTAKES.of("batchnorm_forward")[0]
    fork = next(opened(submission(mistake.implementation), "batchnorm_backward"))
    told = fork.run(CHECKS.of("batchnorm_backward")[0], SECRET, RELEASE).outcome.message
    assert told == (
        "Passed as the exact gradient of your own `batchnorm_forward`, which is not right itself."
    )


def test_a_right_forward_leaves_a_wrong_backward_wrong() -> None:
    assert not list(opened({}, "batchnorm_backward"))


def test_where_the_own_forward_raises_a_right_one_is_lent() -> None:
    mistakes = {mistake.name: mistake for mistake in MISTAKES.of("affine_forward")}
    forward = mistakes["images_not_flattened"].implementation
    again = carried(plain() | {"affine_forward": forward}, "affine_backward")
    assert again == {"dw_matches_for_images": "carried", "shapes_of_gradients": "carried"}
    for mistake in MISTAKES.of("affine_backward"):
        wrong = {"affine_forward": forward, "affine_backward": mistake.implementation}
        assert set(carried(plain() | wrong, "affine_backward").values()) - {"carried"}, mistake.name


# Forward passes made wrong on purpose, so that little is left to walk back through


def pretend(step: Callable[[Any, Any, Any], Any]) -> Callable[..., Any]:
    """A forward pass that is right but for the output in train mode."""

    def forward(x: Any, gamma: Any, beta: Any, bn_param: Any) -> Any:
        out, cache = ASSIGNMENT.namespace()["batchnorm_forward"](x, gamma, beta, bn_param)
        return (step(x, gamma, beta) if bn_param["mode"] == "train" else out), cache

    return forward


def scaled(x: Any, gamma: Any, beta: Any) -> Any:
    return gamma * x + beta


def centred(x: Any, gamma: Any, beta: Any) -> Any:
    return gamma * (x - x.mean(axis=0)) + beta


def guessed(x: Any, gamma: Any, beta: Any) -> Any:
    return gamma * (x - 3.0) / 2.0 + beta


def rounded(digits: int) -> Callable[[Any, Any, Any], Any]:
    def step(x: Any, gamma: Any, beta: Any) -> Any:
        mean, std = x.mean(axis=0).round(digits), x.std(axis=0).round(digits)
        return gamma * (x - mean) / np.maximum(std, 0.1) + beta

    return step


ROUNDED = tuple(map(rounded, (0, 1, 2, 4, 9)))


@pytest.mark.parametrize("step", [scaled, centred, guessed, *ROUNDED])
def test_a_path_that_is_left_out_on_purpose_earns_nothing(step: Any) -> None:
    def measured(dout: Any, cache: Any) -> Any:  # over steps too small to see the rounding
        x, gamma, beta, _ = cache
        gradients = []
        for place, argument in enumerate((x, gamma, beta)):
            gradient = np.zeros_like(argument)
            for index in np.ndindex(argument.shape):
                ends = []
                for sign in (1.0, -1.0):
                    moved = [x.copy(), gamma.copy(), beta.copy()]
                    moved[place][index] += sign * 1e-9
                    ends.append((step(*moved) * dout).sum())
                gradient[index] = (ends[0] - ends[1]) / 2e-9
            gradients.append(gradient)
        return tuple(gradients)

    namespace = submission(pretend(step), measured)
    saved = saved_by(namespace)
    # With a rounded mean x̂ is there all the same, and dgamma is the work of any dgamma.
    assert not saved - ({"dgamma_matches", "shapes_of_gradients"} if step in ROUNDED else set())
