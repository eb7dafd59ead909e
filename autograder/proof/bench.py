"""Where the checks of an assignment run on trusted code, as grading runs them on a submission."""

from __future__ import annotations

import signal
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
import numpy as np

from autograder.assignment import Assignment
from autograder.checking import collect, margins
from autograder.checking.collect import Check, Checks, Ran
from autograder.checking.margins import Margin
from autograder.course.questions import Question
from autograder.diagnosis.diagnose import Trusted, own_randomness
from autograder.diagnosis.mistakes import Misconception
from autograder.diagnosis.shared import diagnosis_of
from autograder.errors import UsageError
from autograder.model import Verdict
from autograder.proof.given import Given


class CheckRun(msgspec.Struct, frozen=True):
    """What came of one check."""

    check: Check
    ran: Ran
    named: str | None
    """The mistake that it is called, if it failed and somebody asked."""
    seconds: float
    """CPU time."""
    margins: tuple[Margin, ...]

    @property
    def passed(self) -> bool:
        """Whether it earns its points."""
        return self.ran.outcome.verdict is Verdict.PASSED

    @property
    def broken(self) -> str:
        """The last line of why it could not be run; nothing if it could."""
        return self.ran.staff.strip().splitlines()[-1] if self.ran.staff else ""


class OutOfTimeError(KeyboardInterrupt):
    """Trusted code ran for too long; no check and no student's code takes it for its own."""


class Bench:
    """The checks of an assignment, its mistakes, and trusted code to hold the checks against.

    Args:
        assignment: one with a private folder.
        secret: of a course; it seeds the hidden inputs.

    Raises:
        UsageError: the assignment has no checks of its own, or gives something unreadable.
    """

    def __init__(self, assignment: Assignment, secret: bytes) -> None:
        if assignment.folder is None:
            raise UsageError(
                f"{assignment.name} is an ordinary nbgrader assignment: it has no hidden checks "
                "outside its notebooks, so there is nothing to prove."
            )
        self.assignment, self.secret = assignment, secret
        self.release = assignment.release
        self.checks = Checks(assignment.checks())
        self.diagnosis = diagnosis_of(assignment, secret)
        self.given = Given(assignment)
        self.questions: Mapping[str, Question] = {
            each.id: each for each in assignment.questions if not each.by_hand
        }
        self.right = assignment.namespace()
        """What a right submission defines."""
        self._trusted = Trusted(assignment)

    def run(
        self,
        question: str,
        names: Mapping[str, Any],
        *,
        diagnose: bool = True,
        records: Any = None,
    ) -> Iterator[CheckRun]:
        """Run the checks of a question one by one on a submission that defines these names."""
        memory: dict[str, Any] = {}
        known: list[Misconception] = []
        options = {"memory": memory} if records is None else {"memory": memory, "records": records}
        for check in self.checks.of(question):
            student = self._trusted.student(names, **options)
            begun = time.process_time()
            with quietly(), margins.listening() as heard:
                ran = collect.run(check, student, self.secret, self.release)
            seconds = time.process_time() - begun
            named = ran.outcome.misconception
            if diagnose and named is None and ran.fault is not None:
                with quietly():
                    found = self.diagnosis.name(check, student.trace, ran.fault, known)
                if found is not None:
                    known.append(found)
                    named = found.name
            yield CheckRun(check, ran, named, seconds, tuple(heard))


@contextmanager
def quietly() -> Iterator[None]:
    """Wrong answers warn, as they do in the sandbox, where nobody is told; draws are the same."""
    with own_randomness(), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """End what takes more CPU time. Works in a process's main thread only.

    Raises:
        OutOfTimeError: it did.
    """

    def end(*_: object) -> None:
        raise OutOfTimeError

    before = signal.signal(signal.SIGVTALRM, end)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def lost(runs: Sequence[CheckRun]) -> tuple[str, ...]:
    """The names of the checks that did not pass."""
    return tuple(run.check.name for run in runs if not run.passed)
