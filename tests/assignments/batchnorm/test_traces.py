"""How the diagnosis tells answers apart: what is alike, and that one mistake is made at a time."""

import numpy as np
from check_runs import MISTAKES, QUESTIONS

from autograder.diagnosis.diagnose import alike


def test_traces_are_alike_up_to_rounding_and_axes_of_length_one():
    one = [np.array([1.0, 2.0]), 3.0]
    assert alike(one, [np.array([[1.0, 2.0 + 1e-6]]), 3.0])
    assert not alike(one, [np.array([1.0, 2.1]), 3.0])
    assert not alike(one, [np.array([1.0, 2.0])])
    assert not alike(one, [np.array([1.0, np.nan]), 3.0])
    assert not alike(one, [np.array([[1.0, 2.0]]), 3.0], shapes=True)
    assert alike([np.array([1.0, -1.0])], [np.array([-0.9, 1.1])], drawn=True)
    assert not alike([np.array([1.0, -1.0])], [np.array([-3.0, 3.0])], drawn=True)


def test_the_trusted_namespace_makes_one_mistake_at_most():
    right = MISTAKES.namespace()
    for mistake in (mistake for question in QUESTIONS for mistake in MISTAKES.of(question)):
        wrong = MISTAKES.namespace(mistake)
        assert [name for name in right if wrong[name] is not right[name]] == [mistake.defines]


def test_names_are_unique_within_a_question():
    for question in QUESTIONS:
        names = [mistake.name for mistake in MISTAKES.of(question)]
        assert len(names) == len(set(names))
