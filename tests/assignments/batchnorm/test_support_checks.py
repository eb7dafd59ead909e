"""A visible check says what is wrong in one sentence, and how it looks in a table."""

from __future__ import annotations

import numpy as np
import pytest
import student_folder  # noqa: F401 - makes `support` importable
from support.checks import Check, VisibleCheckError

EXPECTED = np.arange(6.0).reshape(2, 3)


@pytest.fixture(autouse=True)
def no_colours(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")


def told(yours, expected=EXPECTED, **kwargs) -> str:
    """What a check of `yours` says; empty if it passes."""
    try:
        with Check("q") as check:
            check.close("out", yours, expected, **kwargs)
    except AssertionError as error:
        return str(error)
    return ""


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
        (None, "q: out is None, which holds no numbers."),
        ({}, "q: out is dict, which holds no numbers."),
        ("text", "q: out is str, which holds no numbers."),
        ([[1.0], [1.0, 2.0]], "q: out is list, which holds no numbers."),
        (EXPECTED * 1j, "q: out is ndarray, which holds no numbers."),
        (EXPECTED.T, "q: out has shape (3, 2) and should have shape (2, 3)."),
        (EXPECTED[None], "q: out has shape (1, 2, 3) and should have shape (2, 3)."),
        (EXPECTED + np.array([[0, 0, 0], [0, 0.5, 0]]), "q: out[1, 1] is 4.5 and should be 4."),
        (EXPECTED / np.inf + np.nan, "q: out[0, 0] is nan, which is not finite."),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(wrong, sentence):
    assert told(wrong) == sentence


def test_inputs_of_shapes_that_broadcast_do_not_pass():
    assert "shape" in told(np.ones((3, 1)), np.ones(3))


def test_a_hint_is_said_only_where_something_is_wrong():
    assert told(EXPECTED, hint="Look at b.") == ""
    assert told(EXPECTED + 1, hint="Look at b.").endswith("Look at b.")


def test_the_table_shows_both_numbers_at_the_worst_place(capsys):
    told(EXPECTED + np.array([[0, 0, 0.25], [0, 0, 3]]))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["yours", "expected", "error", "verdict"]
    assert lines[1].split() == ["out[1,", "2]", "8", "5", "2e-01", "wrong"]


def test_a_verdict_is_coloured_and_still_a_word(capsys, monkeypatch):
    monkeypatch.delenv("NO_COLOR")
    told(EXPECTED)
    assert "\x1b[32mok\x1b[0m" in capsys.readouterr().out


def test_the_first_of_several_mistakes_is_told_and_the_others_counted():
    check = Check("q")
    check.close("a", None, 1.0)
    check.reaches("accuracy", 0.1, 0.6)
    check.below("error", 1e-9, 1e-6)
    with pytest.raises(VisibleCheckError, match=r"^q: a is None.*\(and 1 more\)$"), check:
        pass


def test_an_error_of_the_student_passes_through_behind_the_table(capsys):
    check = Check("q")
    check.close("a", 1.0, 1.0)
    with pytest.raises(ZeroDivisionError), check:
        _ = 1 / 0
    assert "ok" in capsys.readouterr().out


def test_a_notebook_shows_the_sentence_and_no_traceback():
    assert VisibleCheckError("q: out is None.")._render_traceback_() == ["q: out is None."]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_right_gradient_passes_in_either_precision_and_a_wrong_one_fails(dtype):
    x, dout = np.linspace(-1, 2, 5), np.cos(np.arange(5))

    def square(x):
        return (x * x).astype(dtype)

    with Check("q") as check:
        check.gradient("dx", (2 * x * dout).astype(dtype), square, x, dout)
    with pytest.raises(AssertionError), Check("q") as check:
        check.gradient("dx", (2.1 * x * dout).astype(dtype), square, x, dout)
