"""A right answer passes every hidden check, however unusual it looks, for every course."""

import numpy as np
import pytest

from autograder.checks import compare
from autograder.checks.runner import Checks
from tests.check_runs import QUESTIONS, not_passed, outcomes
from tests.student_answers import STYLES, float32


@pytest.fixture(scope="module")
def checks():
    with Checks() as collected:
        yield collected


def test_all_check_modules_can_be_collected(checks):
    assert checks.broken == {}
    assert checks.missing(QUESTIONS) == []


def test_every_question_has_three_to_eight_checks_that_say_what_they_look_at(checks):
    for question in QUESTIONS:
        assert 3 <= len(checks.of(question)) <= 8
        for check in checks.of(question):
            assert check.describes.startswith("Looks at ")
            assert check.describes.endswith(".")


@pytest.mark.parametrize("course", range(5))
def test_the_reference_passes_for_every_courses_inputs(checks, course):
    assert not_passed(outcomes(checks, {}, secret=bytes([course]) * 32)) == {}


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.__name__)
def test_right_answers_pass_in_every_style(checks, style):
    np.random.seed(1)
    assert not_passed(outcomes(checks, style())) == {}


@pytest.mark.parametrize("course", range(5))
def test_single_precision_passes_with_room_to_spare(checks, monkeypatch, course):
    np.random.seed(1)
    monkeypatch.setattr(compare, "LAYER_TOLERANCE", compare.LAYER_TOLERANCE / 10)
    monkeypatch.setattr(compare, "NET_TOLERANCE", compare.NET_TOLERANCE / 10)
    secret = bytes([course]) * 32
    assert not_passed(outcomes(checks, float32(), secret=secret)) == {}


def test_hidden_inputs_differ_between_courses_and_not_between_submissions(checks):
    one, same, other = (outcomes(checks, {}, ["affine_forward"], secret) for secret in (
        b"one" * 9, b"one" * 9, b"two" * 9))  # fmt: skip
    for key, (_, _, trace) in one.items():
        assert np.array_equal(trace[0], same[key][2][0])
        assert not np.array_equal(trace[0], other[key][2][0])
