"""Is this the full run of a student, or the short one of the autograder?"""

from __future__ import annotations

import os
from typing import TypeVar

T = TypeVar("T")


def autograding() -> bool:
    """Return whether the autograder runs this notebook (nbgrader sets the variable)."""
    return os.environ.get("NBGRADER_EXECUTION") == "autograde"


def shortened(full: T, short: T) -> T:
    """Return `short` while autograding, else `full`.

    Given experiments are for you, not for the grade, so the autograder keeps them short.
    """
    return short if autograding() else full
