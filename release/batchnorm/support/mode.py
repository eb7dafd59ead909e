"""Who runs this notebook: a student, or nbgrader?"""

from __future__ import annotations

import os
from typing import TypeVar

T = TypeVar("T")


def autograding() -> bool:
    """Return whether the autograder runs this notebook (nbgrader sets the variable)."""
    return os.environ.get("NBGRADER_EXECUTION") == "autograde"


def nbgrader_runs() -> bool:
    """Return whether nbgrader grades or validates: it knows a wrong check by its exception."""
    return os.environ.get("NBGRADER_EXECUTION") in ("autograde", "validate")


def shortened(full: T, short: T) -> T:
    """Return `short` while autograding, else `full`: visible checks are for you, not the grade."""
    return short if autograding() else full
