"""Is a gradient derived, or measured?

Walking back takes about as long as the forward pass. Measuring takes a forward pass for every row,
column or unit that is moved, if not for every number. So each backward pass is asked once for the
gradients of a wide input, for which measuring takes ten times the time that is given to it, and
more (docs/measurements.md). What comes back is remembered: every check of the question looks at it,
and what has run out of time is not called again.

What is element by element, such as relu or dgamma, is measured in one go and cannot be told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from autograder.checking.faults import StudentFault
from autograder.checking.student import Student
from autograder.model import Verdict

T = TypeVar("T")
SECONDS = 2.5
"""CPU seconds for each call with a wide input: enough for loops over every single number."""


def once(student: Student, what: str, ask: Callable[[], T]) -> T:
    """What `ask` gives; the checks of a question ask once, and all get the same.

    Raises:
        StudentFault: whatever it raised the first time.
    """
    if what not in student.memory:
        known = len(student.trace)
        try:
            with student.within(SECONDS):
                student.memory[what] = ask()
        except StudentFault as fault:
            student.memory[what] = fault
        finally:
            del student.trace[known:]  # too large to tell mistakes apart
    found = student.memory[what]
    if isinstance(found, StudentFault):
        raise found
    return found  # type: ignore[no-any-return]


def in_time(student: Student, what: str, ask: Callable[[], object]) -> None:
    """For checks that look at something else: the wide input is answered in time, rightly or not.

    Raises:
        StudentFault: it ran out of time.
    """
    if not student.timed:
        return
    try:
        once(student, what, ask)
    except StudentFault as fault:
        if fault.verdict is Verdict.TIMEOUT:
            raise
