"""Plain values of any kind held against each other: text, dictionaries, sets, lists, numbers.

A difference is told by its kind and its place, never by a value: what is expected, and what the
hidden inputs were, stays here.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.checking import margins
from autograder.checking.faults import WrongValue
from autograder.checking.values import as_array

TOLERANCE = 1e-9
"""Relative, of single numbers: room for another order of adding up in float64."""

LONGEST_SHOWN = 999
"""Larger counts are not told: an answer could carry hidden inputs out by them."""


def equal(name: str, actual: Any, expected: Any, hint: str = "") -> None:
    """The value is the expected one: same kind, same members, numbers up to rounding.

    Lists and tuples are the same kind; so are 1 and 1.0, but not True and 1.

    Raises:
        WrongValue: it is not, with the first difference.
    """
    if told := difference(actual, expected):
        raise WrongValue(f"`{name}` {told}.", hint, name, actual)


def difference(actual: Any, expected: Any) -> str:
    """How two plain values differ, as half a sentence about the first; "" if they do not."""
    if isinstance(expected, dict) or isinstance(actual, dict):
        return _of_dicts(actual, expected) if _both(dict, actual, expected) else _kind(actual)
    if _both((set, frozenset), actual, expected):
        return _of_sets(actual, expected)
    if _both((list, tuple), actual, expected):
        return _of_lists(actual, expected)
    if _both(str, actual, expected) or _both(bytes, actual, expected):
        return _of_texts(actual, expected)
    if _both(bool, actual, expected) or _both(type(None), actual, expected):
        return "" if actual is expected else "is not right"
    return _of_numbers(actual, expected)


def _both(kind: type | tuple[type, ...], one: Any, other: Any) -> bool:
    return isinstance(one, kind) and isinstance(other, kind)


def _kind(value: Any) -> str:
    return f"is of the wrong type ({type(value).__name__})"


def _of_dicts(actual: dict[Any, Any], expected: dict[Any, Any]) -> str:
    if lacks := len(expected.keys() - actual.keys()):
        return f"lacks {_counted(lacks, 'entry', 'entries')}"
    if more := len(actual.keys() - expected.keys()):
        return f"has {_counted(more, 'entry', 'entries')} too many"
    wrong = [told for key in expected if (told := difference(actual[key], expected[key]))]
    entries = _counted(len(wrong), "wrong entry", "wrong entries")
    return f"has {entries} of {len(expected)}; the first {wrong[0]}" if wrong else ""


def _of_sets(actual: Any, expected: Any) -> str:
    lacks, more = len(expected - actual), len(actual - expected)
    if lacks and more:
        return f"lacks {_counted(lacks, 'member', 'members')} and has {more} that do not belong"
    if lacks:
        return f"lacks {_counted(lacks, 'member', 'members')}"
    return f"has {_counted(more, 'member', 'members')} too many" if more else ""


def _of_lists(actual: Any, expected: Any) -> str:
    if len(actual) != len(expected):
        return f"holds {_length(len(actual))} values; there should be {len(expected)}"
    for index, (one, other) in enumerate(zip(actual, expected, strict=True)):
        if told := difference(one, other):
            return f"is wrong at index {index}: that {told}"
    return ""


def _of_texts(actual: Any, expected: Any) -> str:
    if actual == expected:
        return ""
    if isinstance(actual, str) and actual.split() == expected.split():
        return "differs in its blanks only"
    if isinstance(actual, str) and actual.casefold() == expected.casefold():
        return "differs in capitals only"
    same = next(
        (i for i, (a, b) in enumerate(zip(actual, expected, strict=False)) if a != b),
        min(len(actual), len(expected)),
    )
    return f"is right for {_counted(same, 'character', 'characters')} and wrong from there"


def _of_numbers(actual: Any, expected: Any) -> str:
    if _both(complex, actual, expected):
        return "" if _close(actual, expected).all() else "is not right"
    one, other = as_array(actual), as_array(expected)
    if one is None or other is None:
        if type(actual) is not type(expected):
            return _kind(actual)
        return "" if np.array_equal(actual, expected) else "is not right"
    if isinstance(actual, bool) != isinstance(expected, bool):
        return _kind(actual)
    if one.shape != other.shape:
        return "has another shape"
    exact = isinstance(actual, int) and isinstance(expected, int)
    right = actual == expected if exact else _close(one.astype(float), other.astype(float)).all()
    return "" if right else "is not right"


def _close(one: Any, other: Any) -> Any:
    """Up to rounding; a missing value, which is NaN, is right where one is expected."""
    if np.size(one) and np.isfinite(one).all() and np.all(other):
        margins.note("a number", float(np.max(np.abs(one - other) / np.abs(other))), TOLERANCE)
    return np.isclose(one, other, rtol=TOLERANCE, atol=0.0, equal_nan=True)


def _length(count: int) -> str:
    return str(count) if count <= LONGEST_SHOWN else "many more"


def _counted(count: int, one: str, many: str) -> str:
    return f"{count if count <= LONGEST_SHOWN else 'many'} {one if count == 1 else many}"
