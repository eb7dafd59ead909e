"""A visible check says what is wrong in one sentence, and how it looks in a table."""

from __future__ import annotations

import linecache

import numpy as np
import pytest
import student_folder  # noqa: F401 - makes `support` importable
from support import calm
from support.checks import Check, CheckEndsError
from support.compare import named_slip
from support.rows import Row, table

EXPECTED = np.arange(6.0).reshape(2, 3)


@pytest.fixture(autouse=True)
def no_colours(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")


def told(yours, expected=EXPECTED, **kwargs) -> str:
    """What a check of `yours` says; empty if it passes."""
    check = Check("q")
    check.close("out", yours, expected, **kwargs)
    return " ".join(check.problems)


@pytest.mark.parametrize(
    "right",
    [EXPECTED, EXPECTED.astype(np.float32), EXPECTED.tolist(), EXPECTED.astype(int)],
    ids=["array", "float32", "list", "integers"],
)
def test_right_values_pass_in_any_type(right):
    assert told(right) == ""


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (None, "out is None, and should hold real numbers."),
        ({}, "out is a dict, and should hold real numbers."),
        ("text", "out is a str, and should hold real numbers."),
        ([[1.0], [1.0, 2.0]], "out is a list, and should hold real numbers."),
        (EXPECTED * 1j, "out is an array of complex128, and should hold real numbers."),
        (EXPECTED.T, "out has shape (3, 2) and should have shape (2, 3)."),
        (EXPECTED[None], "out has shape (1, 2, 3) and should have shape (2, 3)."),
        (EXPECTED + np.array([[0, 0, 0], [0, 0.5, 0]]), "out[1, 1] is 4.5 and should be 4."),
        (EXPECTED / np.inf + np.nan, "out[0, 0] is nan, which is not finite."),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(wrong, sentence):
    assert told(wrong) == sentence


def test_inputs_of_shapes_that_broadcast_do_not_pass():
    assert "shape" in told(np.ones((3, 1)), np.ones(3))


def test_a_hint_is_said_only_where_something_is_wrong():
    assert told(EXPECTED, hint="Look at b.") == ""
    assert told(EXPECTED + 1, hint="Look at b.").endswith("Look at b.")


def test_a_usual_mistake_is_named_in_place_of_the_hint():
    slips = {"twice the right numbers": 2 * EXPECTED}
    said = told(2 * EXPECTED, hint="Look at b.", slips=lambda: slips)
    assert said.endswith("should be 1. Your numbers are those of twice the right numbers.")
    assert told(EXPECTED + 1, hint="Look at b.", slips=lambda: slips).endswith("Look at b.")
    assert "3 times the right one" in told(3 * EXPECTED, slips=lambda: slips)


def test_mistakes_that_cannot_be_worked_out_are_left_out():
    assert told(EXPECTED + 1, slips=lambda: {"x": 1 / 0}) == told(EXPECTED + 1)


def test_the_table_shows_both_numbers_at_the_worst_place():
    check = Check("q")
    check.close("out", EXPECTED + np.array([[0, 0, 0.25], [0, 0, 3]]), EXPECTED)
    lines = table(check.rows).splitlines()
    assert lines[0].split() == ["verdict", "yours", "expected", "error"]
    assert lines[1].split() == ["out[1,", "2]", "wrong", "8", "5", "2e-01"]


def test_a_verdict_is_coloured_and_still_a_word(monkeypatch):
    monkeypatch.delenv("NO_COLOR")
    rows = [Row("a", "1", "1"), Row("b", "B", "a letter", unchecked=True)]
    assert "\x1b[32mok\x1b[0m" in table(rows)
    assert "\nb   not checked   " in table(rows), "what nobody looked at is never green"


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (None, "f returns None and should return dx, dw and db. Is its last line a return?"),
        (EXPECTED, "f returns an array of shape (2, 3) and should return dx, dw and db."),
        ((1, 2), "f returns 2 values and should return dx, dw and db."),
        (7, "f returns an int and should return dx, dw and db."),
    ],
)
def test_what_is_no_answer_ends_the_check_in_a_sentence(answer, sentence):
    check = Check("q")
    with pytest.raises(CheckEndsError):
        check.returned("f", answer, "dx", "dw", "db")
    assert check.problems == [sentence]
    assert check.returned("f", [1, 2, 3], "dx", "dw", "db") == [1, 2, 3]


def test_a_net_without_a_gradient_is_told():
    class Net:
        def __init__(self):
            self.params = {"W1": np.ones((2, 2)), "b1": np.zeros(2)}

        def loss(self, X, y=None):
            return 1.0, {"W1": np.ones((2, 2))}

    check = Check("q")
    with pytest.raises(CheckEndsError):
        check.network("", Net(), np.ones((1, 2)), [0])
    assert check.problems == ["loss(X, y) returns no gradient for b1."]


def test_an_error_is_told_with_the_student_s_own_line():
    namespace = {}
    source = "def f(x):\n    return x.shape[7]\n"
    linecache.cache["<cell of a student>"] = (len(source), None, source.splitlines(True), "")
    exec(compile(source, "<cell of a student>", "exec"), namespace)
    with pytest.raises(IndexError) as raised:
        namespace["f"](EXPECTED)
    assert calm.told(raised.value) == (
        "IndexError: tuple index out of range, in the line `return x.shape[7]`."
    )


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_right_gradient_passes_in_either_precision_and_a_wrong_one_fails(dtype):
    x, dout = np.linspace(-1, 2, 5), np.cos(np.arange(5))

    def square(x):
        return (x * x).astype(dtype)

    check = Check("q")
    check.gradient("dx", (2 * x * dout).astype(dtype), square, x, dout)
    assert not check.problems
    check.gradient("dx", (2.1 * x * dout).astype(dtype), square, x, dout)
    assert check.problems


def test_of_mistakes_with_the_same_numbers_the_first_is_named_and_else_the_nearest():
    yours, right = np.array([1.0, 2.0]), np.array([5.0, 5.0])
    same = {"other weights": yours, "a mistake that changes nothing here": yours * (1 + 1e-15)}
    assert named_slip(yours, right, lambda: same) == "Your numbers are those of other weights."
    near = {"almost this": yours * (1 + 5e-7), "this": yours}
    assert named_slip(yours, right, lambda: near) == "Your numbers are those of this."
