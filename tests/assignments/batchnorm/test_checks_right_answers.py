"""A right answer passes every hidden check, however unusual it looks, for every course."""

from hashlib import sha256

import numpy as np
import pytest
from check_runs import QUESTIONS, collected_checks, not_passed, outcomes
from student_answers import STYLES

COURSES = [bytes([course]) * 32 for course in range(14)]
COURSES += [sha256(b"121").digest()]  # a unit of its first net stands within 1e-5 of relu's bend


@pytest.fixture(scope="module")
def checks():
    return collected_checks()


def test_all_check_modules_can_be_collected(checks):
    assert checks.broken == {}
    assert checks.missing(QUESTIONS) == []


def test_every_question_has_three_to_eight_checks_that_say_what_they_look_at(checks):
    for question in QUESTIONS:
        assert 3 <= len(checks.of(question)) <= 8
        for check in checks.of(question):
            assert check.describes.startswith("Looks at ")
            assert check.describes.endswith(".")


@pytest.mark.parametrize("secret", COURSES, ids=lambda secret: secret.hex()[:2])
def test_the_reference_passes_for_every_courses_inputs(checks, secret):
    assert not_passed(outcomes(checks, {}, secret=secret)) == {}


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.__name__)
def test_right_answers_pass_in_every_style(checks, style):
    np.random.seed(1)
    assert not_passed(outcomes(checks, style())) == {}


def test_hidden_inputs_differ_between_courses_and_not_between_submissions(checks):
    one, same, other = (outcomes(checks, {}, ["affine_forward"], secret) for secret in (
        b"one" * 9, b"one" * 9, b"two" * 9))  # fmt: skip
    for key, (_, _, trace, _) in one.items():
        assert np.array_equal(trace[0], same[key][2][0])
        assert not np.array_equal(trace[0], other[key][2][0])
