"""What is seen of wrong values: one sentence for each pattern, and never a hidden number."""

import re

import numpy as np
import pytest

from autograder.checking import compare
from autograder.checking.faults import CheckFailed
from autograder.checking.seen import seen

RNG = np.random.RandomState(4)
WANT = RNG.standard_normal((6, 5)) + 0.5
LINE = RNG.standard_normal(7) + 2.0
X = RNG.standard_normal((6, 5))


def told(got, want, **options):
    got, want = np.asarray(got, dtype=float), np.asarray(want, dtype=float)
    return seen(got, want, np.abs(got - want) <= 1e-6, **options)


def put(place, value):
    got = WANT.copy()
    got[place] = value
    return got


def columns(factors):
    return np.asarray(factors)[np.newaxis, :]


PATTERNS = {
    "zero": (0 * WANT, "Every entry is zero."),
    "sign": (-WANT, "Every entry has the wrong sign."),
    "factor": (2 * WANT, "Every entry is 2 times what it should be."),
    "negative factor": (-0.5 * WANT, "Every entry is -0.5 times what it should be."),
    "some signs": (abs(WANT), "The sizes are right; some signs are wrong."),
    "number": (WANT + 3.0, "Every entry is off by the same number."),
    "upside down": (WANT[::-1], "The rows are right but in another order."),
    "left to right": (WANT[:, ::-1], "The columns are right but in another order."),
    "reshaped": (
        WANT.reshape(-1, order="F").reshape(WANT.shape),
        "The values are right but in another order.",
    ),
    "one entry": (put((1, 2), 9.0), "All other entries are right."),
    "one row": (put(2, 9.0), "Only row 2 is wrong."),
    "two rows": (put([0, 4], RNG.standard_normal((2, 5))), "Only rows 0, 4 are wrong."),
    "five rows": (put(slice(1, None), 0.0), "Only row 0 is right."),
    "four rows": (put(slice(2, None), 7.0), "4 of 6 rows are wrong, the others right."),
    "one column": (put((slice(None), 3), 9.0), "Only column 3 is wrong."),
    "the first column": (
        put((slice(None), slice(1, None)), RNG.standard_normal((6, 4))),
        "Only column 0 is right.",
    ),
    "columns by factors": (
        WANT * columns([1.0, 2.0, 3.0, -1.0, 0.5]) * 1.1,
        "Each column is off by a factor of its own.",
    ),
    "rows by factors": (
        WANT * np.arange(2.0, 8.0)[:, np.newaxis],
        "Each row is off by a factor of its own.",
    ),
    "columns by numbers": (
        WANT + columns([1.0, 2.0, 3.0, -1.0, 0.5]),
        "Within a column, every entry is off by the same number.",
    ),
    "rows by numbers": (
        WANT + np.arange(2.0, 8.0)[:, np.newaxis],
        "Within a row, every entry is off by the same number.",
    ),
    "some": (WANT + (X > 0) * X, f"{(X <= 0).sum()} of 30 entries are right."),
    "some zero": (
        WANT * (X > 0),
        f"{(X > 0).sum()} of 30 entries are right. The wrong ones are all zero.",
    ),
    "nothing": (WANT + RNG.standard_normal(WANT.shape), ""),
}


@pytest.mark.parametrize(("got", "sentence"), PATTERNS.values(), ids=PATTERNS)
def test_a_pattern_is_told(got, sentence):
    assert told(got, WANT) == sentence


def test_parts_are_told_by_the_words_for_them():
    where = {"x is positive": X > 0, "x is negative": X < 0}
    assert told(WANT + (X < 0), WANT, where=where) == "It is wrong only where x is negative."
    assert "x is" not in told(WANT + X, WANT, where=where)


def test_a_square_array_can_be_transposed():
    assert told(WANT[:5].T, WANT[:5]) == "The values are right but transposed."


def test_entries_of_a_line_are_told():
    got = LINE.copy()
    got[2:4] = 9.0
    assert told(got, LINE) == "Only entries 2, 3 are wrong."
    assert told(LINE[::-1], LINE) == "The values are right but in another order."


def test_images_have_rows_only():
    want = RNG.standard_normal((4, 3, 2, 2))
    got = want.copy()
    got[1] = 5.0
    assert told(got, want) == "Only row 1 is wrong."


def test_one_number_shows_nothing():
    assert told(2.0, 3.0) == ""
    assert told([2.0], [3.0]) == ""


def test_two_numbers_show_no_order_and_no_difference():
    assert told([1.0, 2.0], [2.0, 3.0]) == ""
    assert told([1.0, 2.0], [2.0, 1.0]) == ""


@pytest.mark.filterwarnings("error")
def test_absurd_numbers_show_nothing_and_warn_nobody():
    with pytest.raises(CheckFailed):
        compare.values("dx", WANT / WANT.max() * 1e308, WANT / 1e9)


def test_no_sentence_holds_a_number_of_the_arrays():
    """Rows, columns, counts and one factor are told; no order, and no difference."""
    for _, sentence in PATTERNS.values():
        assert re.findall(r"\d+\.\d\d", sentence) == []


def test_a_comparison_tells_it_behind_how_far_off_it_is():
    with pytest.raises(CheckFailed, match=r"worst at index .* Only row 2 is wrong\.$"):
        compare.values("dx", put(2, 9.0), WANT)
