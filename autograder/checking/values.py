"""From the student's side to the checks: a reply as numbers, an accident as a verdict."""

from __future__ import annotations

from typing import NoReturn

import numpy as np
import numpy.typing as npt

from autograder.checking.faults import StudentFault
from autograder.model import Verdict
from autograder.sandbox.errors import (
    StudentDied,
    StudentError,
    StudentProtocol,
    StudentRaised,
    StudentTimeout,
)
from autograder.sandbox.requests import Item

Array = npt.NDArray[np.float64]


def numbers(item: Item, name: str, function: str) -> Array:
    """A reply's item as a float64 copy, its shape as the student returned it.

    Raises:
        StudentFault: if it is not an array or a number.
    """
    if item.kind == "NoneType":
        raise StudentFault(f"`{name}` is None.", f"Does `{function}` compute and return it?")
    if not item.has_value or isinstance(item.value, str):
        raise StudentFault(f"`{name}` is a {item.kind}; an array of numbers is asked for.")
    array = np.asarray(item.value)
    if array.dtype.kind not in "biuf":
        raise StudentFault(f"`{name}` has dtype {array.dtype}; numbers are asked for.")
    return array.astype(np.float64)


def blame(what: str, error: StudentError) -> NoReturn:
    """Turn what went wrong on the student's side into their verdict and a sentence."""
    match error:
        case StudentRaised(type_name="NotImplementedError"):
            message, verdict = f"`{what}` is not answered yet.", Verdict.MISSING
        case StudentRaised(type_name="NameError", line=None):
            message = f"`{what}` is not defined when the notebook has run from top to bottom."
            verdict = Verdict.MISSING
        case StudentRaised():
            line = f" in your line `{error.line.strip()}`" if error.line else ""
            message, verdict = f"`{what}` raised {error.type_name}{line}.", Verdict.RAISED
        case StudentTimeout():
            message, verdict = f"`{what}` used up its time.", Verdict.TIMEOUT
        case StudentDied():
            message, verdict = f"`{what}` ended the Python process.", Verdict.RAISED
        case StudentProtocol():
            message, verdict = f"`{what}` gave a reply that cannot be read.", Verdict.FAILED
        case _:
            raise error
    raise StudentFault(message, verdict=verdict) from error
