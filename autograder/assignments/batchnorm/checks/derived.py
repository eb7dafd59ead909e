"""Is a gradient derived, or measured?

Walking back takes about as long as the forward pass. Measuring takes a forward pass for every row,
column or unit that is moved, if not for every number. So each backward pass is asked once for the
gradients of a wide input, for which measuring takes ten times the time that is given to it, and
more (docs/measurements.md). What comes back is remembered: every check of the question looks at it,
for its own gradient, and what has run out of time is not called again.

What is element by element, such as relu or dgamma, is measured in one go and cannot be told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from autograder.assignments.batchnorm.checks import second_call
from autograder.checking import compare
from autograder.checking.compare import Array
from autograder.checking.faults import StudentFault
from autograder.checking.student import Student

T = TypeVar("T")
Both = tuple[Sequence[Array], Sequence[Array]]
"""The student's gradients and the right ones."""
SECONDS = 0.6
"""CPU seconds for each call with a wide input: enough for loops over every single number."""
ROUGHLY = 5e-2
"""Tolerance: in single precision, sums over so many rows round; what is made up is far off."""
SMALL = "The same gradient is right for a small input: what differs when there are many features?"


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


def when_wide(
    student: Student,
    ask: Callable[[], Both],
    names: Sequence[str],
    small: Both,
) -> None:
    """What is right for a small input is right for the wide one: small ones can be measured.

    Args:
        student: whose gradients these are.
        ask: for all gradients of the wide input, the student's and the right ones.
        names: of the gradients.
        small: the same gradients of a small input.

    Raises:
        StudentFault: the wide input ran out of time or raised, or a gradient is wrong for it alone.
    """
    if not student.timed:
        return
    for name, found, right, wide, wide_right in zip(
        names, *small, *once(student, "wide", ask), strict=True
    ):
        if second_call.same(found, right):
            once(student, name, partial(_compare_wide, name, wide, wide_right))


def _compare_wide(name: str, found: Array, right: Array) -> None:
    """A gradient of the wide input is right.

    Raises:
        StudentFault: it is not.
    """
    compare.values(f"{name} of a wide input", found, right, tolerance=ROUGHLY, hint=SMALL)
