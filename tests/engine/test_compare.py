"""Comparisons look at shape, finiteness, values, in this order, and never say too much."""

import numpy as np
import pytest

from autograder.checking import compare
from autograder.checking.faults import CheckFailed, StudentFault

RIGHT = np.array([[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]])


def said(compare_them, *arguments, **options) -> str:
    with pytest.raises(CheckFailed) as failed:
        compare_them(*arguments, **options)
    return failed.value.message


def test_right_values_pass():
    compare.values("out", RIGHT.copy(), RIGHT)


def test_float32_passes():
    compare.values("out", RIGHT.astype(np.float32), RIGHT)


def test_lists_pass():
    compare.values("out", RIGHT.tolist(), RIGHT)


def test_an_axis_of_length_one_is_let_through_by_values_and_named_by_exact():
    row, wanted = np.array([[1.0, 2.0]]), np.array([1.0, 2.0])
    compare.values("db", row, wanted)
    assert said(compare.exact, "db", row, wanted) == "db has shape (1, 2); it should be (2,)."


def test_broadcasting_does_not_hide_a_wrong_shape():
    assert "shape (3,)" in said(compare.values, "out", np.ones(3), np.ones((2, 3)))
    assert "shape ()" in said(compare.values, "out", np.float64(1.0), np.ones((2, 3)))
    assert "shape (0,)" in said(compare.values, "out", [], np.ones((2, 3)))


def test_a_transposed_array_is_recognised():
    assert said(compare.values, "dw", RIGHT.T, RIGHT).endswith("Is it transposed?")


def test_values_that_are_not_finite_are_counted_before_any_comparison():
    wrong = RIGHT.copy()
    wrong[1, 2], wrong[0, 1] = np.nan, np.inf
    message = said(compare.values, "dx", wrong, RIGHT)
    assert "2 of 6 values that are not finite" in message
    assert "the first at index (0, 1)" in message


def test_sentences_begin_with_a_capital_and_names_do_not():
    assert said(compare.values, "the loss", 1.0, 2.0) == "The loss is off by 0.5 (relative)."
    assert said(compare.values, "dx", 1.0, 2.0) == "dx is off by 0.5 (relative)."


def test_the_worst_element_is_named():
    wrong = RIGHT.copy()
    wrong[1, 0] += 3.0
    message = said(compare.values, "dx", wrong, RIGHT)
    assert message == (
        "dx is off by 0.5 (relative), worst at index (1, 0). All other entries are right."
    )


def test_a_common_factor_is_named():
    assert "Every entry is 0.25 times" in said(compare.values, "dw", RIGHT / 4, RIGHT)


def test_zeros_are_called_zeros():
    assert said(compare.values, "dx", np.zeros((2, 3)), RIGHT) == "dx is zero everywhere."


def test_absurdly_large_values_are_just_wrong():
    assert "off by" in said(compare.values, "dx", np.full((2, 3), 1e308), RIGHT / 1e9)


def test_nan_against_nan_is_no_pass():
    with pytest.raises(CheckFailed):
        compare.values("scores", RIGHT, np.full((2, 3), np.nan))


def test_a_zero_gradient_is_measured_by_the_scale_given():
    dust = np.array([1e-9, -1e-9])
    compare.values("db", dust, np.zeros(2), scale=1.0)
    with pytest.raises(CheckFailed):
        compare.values("db", dust, np.zeros(2))


def test_spread_is_that_of_the_draws():
    draws = np.random.RandomState(1).standard_normal((50, 60))
    compare.spread("W1", 0.03 * draws, 0.03)
    assert "standard deviation of 1" in said(compare.spread, "W1", draws, 0.03)
    assert "standard deviation of 0;" in said(compare.spread, "W1", 0.0 * draws, 0.03)
    shifted = 0.03 * (0.9 * draws + np.sqrt(1 - 0.81))
    assert "mean zero" in said(compare.spread, "W1", shifted, 0.03)


def test_constants_are_constants():
    compare.constant("b1", np.zeros(4), 0.0)
    assert said(compare.constant, "gamma1", np.zeros(4), 1.0) == "gamma1 should start as all 1."


def test_messages_hold_no_expected_value():
    wanted = np.array([123.456, -654.321])
    for wrong in (wanted + 1, wanted * 2, wanted[:1], np.array([np.nan, 1.0])):
        message = said(compare.values, "dx", wrong, wanted)
        assert not any(secret in message for secret in ("123.4", "654.3", "123", "654"))


def test_evidence_is_gathered_only_on_failure():
    asked = []
    with compare.evidence(lambda: asked.append("passed")):
        pass
    with pytest.raises(CheckFailed), compare.evidence(lambda: asked.append("failed")):
        raise CheckFailed("wrong")
    assert asked == ["failed"]


def test_evidence_that_fails_does_not_change_the_verdict():
    def gather():
        raise StudentFault("something else")

    with pytest.raises(CheckFailed, match="wrong"), compare.evidence(gather):
        raise CheckFailed("wrong")
