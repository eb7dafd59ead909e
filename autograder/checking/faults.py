"""How a check says that an answer is not right. A fault has a type, a name and the value."""

from __future__ import annotations

from typing import Any

from autograder.model import Verdict


class StudentFault(Exception):  # noqa: N818 - a verdict on an answer, not an error of ours
    """The student's answer is not right; the message is one sentence for the student."""

    misconception: str | None = None
    """The named mistake, where the answer alone tells it."""

    def __init__(self, message: str, hint: str = "", *, verdict: Verdict = Verdict.FAILED) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.verdict = verdict


class CouldNotTell(StudentFault):
    """What the check compares with is not there: a person decides, with no points until then."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint, verdict=Verdict.SKIPPED)


class Raised(StudentFault):
    """The student's code raised.

    Args:
        message: the sentence.
        types: the known names of the exception's type and of those it refines.
    """

    def __init__(self, message: str, types: tuple[str, ...]) -> None:
        super().__init__(message, verdict=Verdict.RAISED)
        self.types = types


class NotThere(StudentFault):
    """An answer is not defined, or still is the course's placeholder.

    Args:
        message: the sentence.
        name: the answer that is not there.
        verdict: `MISSING` if it is the answer that is asked for, `RAISED` if that one calls it.
    """

    def __init__(self, message: str, name: str, verdict: Verdict = Verdict.MISSING) -> None:
        super().__init__(message, verdict=verdict)
        self.name = name


class CheckFailed(StudentFault):
    """Values came back and are wrong. Raised by `compare` and by checks.

    A check that knows the mistake by the value alone gives its name as `misconception`.
    """

    def __init__(self, message: str, hint: str = "", misconception: str | None = None) -> None:
        super().__init__(message, hint)
        self.misconception = misconception


class WrongValue(CheckFailed):
    """One value that came back is not what was asked for.

    Args:
        message: the sentence.
        hint: what to look at.
        name: what the student calls the value, such as `dx`.
        answer: the value.
    """

    def __init__(self, message: str, hint: str, name: str, answer: Any) -> None:
        super().__init__(message, hint)
        self.name = name
        self.answer = answer


class WrongValues(WrongValue):
    """An array of the right shape with wrong values in it."""

    off: Any = None
    """Which entries are wrong, as an array of bool; None if it is not about entries."""


class WrongShape(WrongValue):
    """An array of another shape."""
