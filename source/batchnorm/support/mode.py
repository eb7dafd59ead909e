"""Is this the full run of a student, or the short one of the autograder?"""

from __future__ import annotations

import os
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")

# Whether a visible check is running.
checking: ContextVar[bool] = ContextVar("checking", default=False)


def autograding() -> bool:
    """Return whether the autograder runs this notebook (nbgrader sets the variable)."""
    return os.environ.get("NBGRADER_EXECUTION") == "autograde"


def shortened(full: T, short: T) -> T:
    """Return `short` while autograding, else `full`.

    Given experiments are for you, not for the grade, so the autograder keeps them short.
    """
    return short if autograding() else full


def refuse_to_answer(tool: str) -> None:
    """Raise if a tool that measures is called in grading, other than by a visible check.

    Raises:
        RuntimeError: it is.
    """
    if autograding() and not checking.get():
        raise RuntimeError(
            f"{tool} measures a gradient, to check one that was derived. Grading runs without it."
        )
