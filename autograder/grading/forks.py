"""Forks for the checks of a question: one for all of them, a fresh one after each accident."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Generic, Self, TypeVar

from autograder.checking.collect import Check, Outcome
from autograder.model import Verdict
from autograder.sandbox.errors import StudentDied, StudentError, StudentTimeout
from autograder.sandbox.requests import Fork
from autograder.sandbox.session import Session

Prepared = TypeVar("Prepared")
Result = TypeVar("Result")


class Forks(Generic[Prepared]):
    """Where the next check runs. Use as a context manager.

    Args:
        session: the notebook's, after its cells.
        prepare: what to make of every fresh fork.
    """

    def __init__(self, session: Session, prepare: Callable[[Fork], Prepared]) -> None:
        self._session, self._prepare = session, prepare
        self._fork: Fork | None = None
        self._prepared: Prepared | None = None
        self._sure = False

    def twice(self, run: Callable[[Prepared], Result]) -> Result:
        """What `run` gives in a fork, or if that ends for no known reason, in a second one.

        Memory that is short anywhere on the machine ends processes, too. What has ended two of
        them is the submission's own doing: from then on there is no second try.

        Raises:
            StudentError: the student's process gives no fork.
        """
        for last in (self._sure, True):
            try:
                result = run(self.next())
                died = self._fork is not None and self._fork.died_unexplained
                if not died or last:
                    self._sure |= died
                    return result
            except StudentError as error:
                if last or not (isinstance(error, StudentDied) and error.unexplained):
                    raise
            self._close()
        raise AssertionError("unreachable")

    def next(self) -> Prepared:
        """What was made of the fork for the next check, a fresh one after an accident.

        Raises:
            StudentError: the student's process gives none.
        """
        if self._fork is None:
            self._fork = self._session.fork()
            self._prepared = None
        if self._prepared is None:
            self._prepared = self._prepare(self._fork)
        return self._prepared

    def take(self) -> Fork | None:
        """The fork, for whoever lets go of it instead; None if there is none that answers."""
        fork, self._fork = self._fork, None
        return fork

    def after(self, verdict: Verdict) -> None:
        """Let go of the fork if the check has ended in an accident."""
        if verdict in (Verdict.RAISED, Verdict.TIMEOUT):
            self._close()

    def _close(self) -> None:
        if self._fork is not None:
            self._fork.close()
            self._fork = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()


def unreachable(check: Check, error: StudentError) -> Outcome:
    """The student's process gives no fork to run a check in."""
    timed_out = isinstance(error, StudentTimeout)
    reason = "the notebook used up its time" if timed_out else "the notebook's process ended"
    return Outcome(
        check.name,
        check.weight,
        Verdict.TIMEOUT if timed_out else Verdict.RAISED,
        f"This could not be checked, because {reason}.",
        check.describes,
    )
