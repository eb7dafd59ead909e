"""How a check says that an answer is not right."""

from __future__ import annotations

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


class CheckFailed(StudentFault):
    """Values came back and are wrong. Raised by `compare` and by checks.

    A check that knows the mistake by the value alone gives its name as `misconception`.
    """

    def __init__(self, message: str, hint: str = "", misconception: str | None = None) -> None:
        super().__init__(message, hint)
        self.misconception = misconception
