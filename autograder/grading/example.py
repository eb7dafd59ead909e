"""Which entries of a wrong array are off, in an example whose inputs are no secret."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from contextlib import closing, suppress
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from autograder.checking import collect
from autograder.checking.collect import Check, Outcome
from autograder.checking.faults import WrongValues
from autograder.checking.student import Student
from autograder.sandbox.errors import StudentError
from autograder.sandbox.requests import Fork
from autograder.sandbox.session import Session

PUBLIC = b"the inputs of examples, the same in every course"
"""Seeds an example's inputs, in place of the course's secret."""
MOST_ROWS, MOST_COLUMNS = 12, 16
OFF, RIGHT = "x", "."
MOST_SECONDS = 3.0
"""For all examples of a question; the submission's own time is not used."""


def with_examples(
    checks: Sequence[Check],
    outcomes: Sequence[Outcome],
    unnamed: Container[tuple[str, str]],
    session: Session,
    student: Callable[[Fork], Student],
    release: Path,
) -> list[Outcome]:
    """The outcomes, with the entries that are off where no named mistake says what is wrong.

    Each check is called once more with inputs of an example, in a fork of its own: what happens
    there costs nothing.

    Args:
        checks: a question's.
        outcomes: what came of each.
        unnamed: question and name of checks that failed on wrong values without a known mistake.
        session: the notebook's, after its cells.
        student: what to make of a fork.
        release: the released assignment's folder.
    """
    shown, budget = [*outcomes], session.budget
    before = budget.used, budget.stuck
    for i, check in enumerate(checks):
        if budget.used - before[0] > MOST_SECONDS:
            break
        if (check.question, check.name) in unnamed and not outcomes[i].carried:
            with suppress(StudentError), closing(session.fork()) as fork:
                fault = collect.run(check, student(fork), PUBLIC, release).fault
                if isinstance(fault, WrongValues) and fault.off is not None:
                    shown[i] = msgspec.structs.replace(outcomes[i], off=drawn(fault.off))
    budget.used, budget.stuck = before
    return shown


def drawn(off: NDArray[np.bool_]) -> tuple[str, ...]:
    """A text for each row: `x` for an entry that is off, `.` for one that is right.

    Nothing if all are off, or the array is too large to be looked at.
    """
    if off.ndim not in (1, 2) or off.all() or not off.any():
        return ()
    rows = np.atleast_2d(off)
    if rows.shape[0] > MOST_ROWS or rows.shape[1] > MOST_COLUMNS:
        return ()
    return tuple("".join(OFF if entry else RIGHT for entry in row) for row in rows)
