"""Who runs this notebook: a student, or nbgrader? And is it a notebook?"""

from __future__ import annotations

import os
from contextvars import ContextVar
from typing import Any, TypeVar

T = TypeVar("T")

# Whether a visible check is running.
checking: ContextVar[bool] = ContextVar("checking", default=False)


def autograding() -> bool:
    """Return whether the autograder runs this notebook (nbgrader sets the variable)."""
    return os.environ.get("NBGRADER_EXECUTION") == "autograde"


def nbgrader_runs() -> bool:
    """Return whether nbgrader grades or validates: it knows a wrong check by its exception."""
    return os.environ.get("NBGRADER_EXECUTION") in ("autograde", "validate")


def in_notebook() -> bool:
    """Return whether a Jupyter kernel runs this code."""
    from IPython import get_ipython  # noqa: PLC0415 - scripts need no IPython

    ask: Any = get_ipython  # IPython's own has no types
    return getattr(ask(), "kernel", None) is not None


def shortened(full: T, short: T) -> T:
    """Return `short` while autograding, else `full`: visible checks are for you, not the grade."""
    return short if autograding() else full


def refuse_to_answer(tool: str) -> None:
    """Raise if a tool that measures is called in grading, other than by a visible check.

    Raises:
        RuntimeError: it is.
    """
    if autograding() and not checking.get():
        raise RuntimeError(
            f"{tool} is there to check an answer, not to be one. Grading runs without it."
        )
