"""Plain values are held against each other by kind and place, and no value is ever told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.checking.compare import equal
from autograder.checking.equal import difference
from autograder.checking.faults import WrongValue

SAME = [
    (1, 1.0), (0.1 + 0.2, 0.3), (2**70, 2**70), ((1, 2), [1, 2]), ({1: "a"}, {1: "a"}),
    ({1, 2}, frozenset({2, 1})), ("é", "é"), (b"x", b"x"), (None, None), (True, True),
    (1 + 2j, 1 + 2j), (np.arange(3), [0, 1, 2]), (np.array(["a"]), np.array(["a"])),
    (float("nan"), float("nan")), ([1.0, float("nan")], [1.0, float("nan")]),
    (np.array([np.nan, 2.0]), np.array([np.nan, 2.0])), ({}, {}), (set(), set()), ([], ()),
    ({"a": [1, {"b": (2.0,)}]}, {"a": [1, {"b": [2]}]}),
]  # fmt: skip


@pytest.mark.parametrize(("actual", "expected"), SAME, ids=repr)
def test_the_same_up_to_rounding_is_right(actual: Any, expected: Any) -> None:
    if isinstance(actual, np.ndarray) and isinstance(expected, list):
        expected = np.array(expected)
    equal("value", actual, expected)


DIFFERENT = [
    (2, 3, "is not right"),
    (2**70, 2**70 + 1, "is not right"),
    (float("nan"), 1.0, "is not right"),
    (1.0, float("nan"), "is not right"),
    (True, 1, "is of the wrong type (bool)"),
    (1, True, "is of the wrong type (int)"),
    ("1", 1, "is of the wrong type (str)"),
    (1, "1", "is of the wrong type (int)"),
    (None, 0, "is of the wrong type (NoneType)"),
    ([1], {1}, "is of the wrong type (list)"),
    ({1: 2}, [1, 2], "is of the wrong type (dict)"),
    ([], {}, "is of the wrong type (list)"),
    ({"a": 1}, {"a": 1, "b": 2}, "lacks 1 entry"),
    ({"a": 1, "b": 2, "c": 3}, {"a": 1}, "has 2 entries too many"),
    ({"a": 1, "b": 2}, {"a": 1, "b": 3}, "has 1 wrong entry of 2; the first is not right"),
    ({1}, {1, 2, 3}, "lacks 2 members"),
    ({1, 2}, {1}, "has 1 member too many"),
    ({1, 4}, {1, 2, 3}, "lacks 2 members and has 1 that do not belong"),
    ([1, 2], [1, 2, 3], "holds 2 values; there should be 3"),
    ([1, 5, 3], [1, 2, 3], "is wrong at index 1: that is not right"),
    ("a  b", "a b", "differs in its blanks only"),
    ("Ab", "AB", "differs in capitals only"),
    ("abX", "abc", "is right for 2 characters and wrong from there"),
    ("ab", "abc", "is right for 2 characters and wrong from there"),
    (b"ab", b"ac", "is right for 1 character and wrong from there"),
    (np.zeros(2), np.zeros(3), "has another shape"),
    (1j, 2j, "is not right"),
]


@pytest.mark.parametrize(("actual", "expected", "told"), DIFFERENT, ids=repr)
def test_the_first_difference_is_told(actual: Any, expected: Any, told: str) -> None:
    with pytest.raises(WrongValue) as caught:
        equal("value", actual, expected, hint="look")
    assert caught.value.message == f"`value` {told}."
    assert (caught.value.name, caught.value.answer, caught.value.hint) == ("value", actual, "look")


def test_no_sentence_tells_a_value_or_a_large_count() -> None:
    secret = "the hidden text 4711"
    for actual in ("", "the hidden", secret.upper(), secret[::-1], [secret], 4711):
        told = difference(actual, secret)
        assert told
        assert not any(word in told for word in ("4711", "hidden", "the hid"))
    assert difference([0] * 4711, [1, 2]) == "holds many more values; there should be 2"
    assert difference(dict.fromkeys(range(4711)), {0: None}) == "has many entries too many"
