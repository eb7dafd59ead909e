"""From the student's side to the checks: a reply as a value."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from autograder.checking.answers import Returned
from autograder.checking.faults import StudentFault, WrongShape
from autograder.sandbox.requests import Item

Array = npt.NDArray[np.float64]
ASKED_FOR = {
    "text": "text",
    "dict": "a dictionary",
    "value": "a plain value",
    "frame": "a data frame",
    "figure": "a figure",
}
TYPES = {"text": str, "dict": dict, "frame": dict, "figure": list}
"""What a value of each kind arrives as."""


def read(item: Item, returned: Returned, function: str) -> Any:
    """A reply's item as the check gets it; handles are the caller's business.

    Raises:
        StudentFault: it is not of the declared kind.
    """
    if returned.kind == "array":
        return numbers(item, returned.name, function)
    if returned.kind == "number":
        return one_number(numbers(item, returned.name, function), returned.name)
    if item.kind == "NoneType" and returned.kind not in ("value", "figure"):
        _none(returned.name, function)
    wanted = TYPES.get(returned.kind, object)
    if not item.has_value or not isinstance(item.value, wanted):
        raise StudentFault(
            f"`{returned.name}` is a {item.kind}; {ASKED_FOR[returned.kind]} is asked for."
        )
    return item.value


def numbers(item: Item, name: str, function: str) -> Array:
    """A reply's item as a float64 copy, its shape as the student returned it.

    Raises:
        StudentFault: if it is not an array or a number.
    """
    if item.kind == "NoneType":
        _none(name, function)
    if item.has_value and isinstance(item.value, np.ndarray) and item.value.dtype.kind not in REAL:
        raise StudentFault(f"`{name}` has dtype {_family(item.value)}; numbers are asked for.")
    array = as_array(item.value) if item.has_value else None
    if array is None:
        raise StudentFault(f"`{name}` is a {item.kind}; an array of numbers is asked for.")
    return array.astype(np.float64)


def _family(array: npt.NDArray[Any]) -> str:
    """The type's name without the length of its texts, which an answer could tell numbers by."""
    return "str" if array.dtype.kind == "U" else str(array.dtype)


REAL = "biuf"
"""The kinds of NumPy types that are real numbers or truth values."""


def as_array(value: Any) -> npt.NDArray[Any] | None:
    """A plain value as an array of real numbers; None if it is something else.

    An integer too large for an array is infinite.
    """
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        try:
            return np.asarray(float(value))
        except OverflowError:
            return np.asarray(np.inf if value > 0 else -np.inf)
    if not isinstance(value, (bool, int, float, np.ndarray, list, tuple)):
        return None
    try:
        array = np.asarray(value)
    except (ValueError, OverflowError):  # ragged lists
        return None
    return array if array.dtype.kind in REAL else None


def one_number(array: Array, name: str) -> float:
    """The only number of an array.

    Raises:
        WrongShape: it holds more or fewer.
    """
    if array.size != 1:
        holds = "several numbers" if array.size else "no number"
        message = f"`{name}` holds {holds}; one number is asked for."
        raise WrongShape(message, "", name, array)
    return float(array.reshape(()))


def _none(name: str, function: str) -> NoReturn:
    raise StudentFault(f"`{name}` is None.", f"Does `{function}` compute and return it?")
