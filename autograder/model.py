"""The values that leave grading: verdicts, check results, question scores, grades, a class's run.

All of them are frozen and compare by value; a grade encodes to the JSON that
`docs/operator.md` describes field by field.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Literal

import msgspec

FROM_SUBMISSION = (
    "The tests of this assignment ran in the student's own process, "
    "so its verdicts are what that process said."
)
"""What is said of an ordinary nbgrader assignment wherever its scores are shown."""


class Verdict(StrEnum):
    """What became of one check. Only `PASSED` earns points."""

    PASSED = "passed"
    FAILED = "failed"
    """The student's answer came back and is not right."""
    RAISED = "raised"
    """The student's code raised an exception."""
    TIMEOUT = "timeout"
    """The student's code used up its CPU or wall time."""
    MISSING = "missing"
    """The answer is not there, or is still the unanswered stub."""
    SKIPPED = "skipped"
    """Nothing is known for or against the answer; a person decides."""
    GRADER_ERROR = "grader_error"
    """Our fault. It withholds the grade; it is never points and never a zero."""


class CheckResult(msgspec.Struct, frozen=True):
    """One hidden check on one submission."""

    name: str
    """The check's name: the test's name without `test_`."""
    points: float
    """Points earned, rounded to 0.01.

    Only what passed earns any, but for a test cell of an ordinary nbgrader assignment: the
    value of its last line can be a part of its points.
    """
    max_points: float
    """The check's share of its question's points, rounded to 0.01."""
    verdict: Verdict
    message: str = ""
    """One sentence for the student; empty when the check passed by itself."""
    misconception: str | None = None
    """The named mistake whose output this answer reproduces, if one does."""
    hint: str = ""
    """What to look at next; empty when the check passed."""
    made_in: str | msgspec.UnsetType = msgspec.UNSET
    """The earlier question in which the named mistake stands; unset if it is this one."""
    carried: Literal[True] | msgspec.UnsetType = msgspec.UNSET
    """Set where it passed only without an earlier question's mistake; `message` says which."""
    output: str | msgspec.UnsetType = msgspec.UNSET
    """Of a wrong answer that no named mistake explains, a digest of all that it returned.

    Equal where submissions are wrong in the same way.
    """
    off: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    """Set where it shows something: by row, the entries that are off (`x`) in an example."""


class QuestionScore(msgspec.Struct, frozen=True):
    """One question of one submission."""

    id: str
    notebook: str
    score: float | None
    """Points without bonus; None while a person has to look at it."""
    max_score: float
    extra_credit: float = 0.0
    carried_forward: bool = False
    """Whether a check passed only without an earlier question's mistake."""
    needs_review: bool = False
    """Whether a person still has to grade or confirm this score."""
    checks: tuple[CheckResult, ...] = ()
    by_hand: Literal[True] | msgspec.UnsetType = msgspec.UNSET
    """Set where a person entered the score into the gradebook."""


class Status(StrEnum):
    """Whether a grade may be handed out."""

    GRADED = "graded"
    WITHHELD = "withheld"


class Grade(msgspec.Struct, frozen=True):
    """Everything grading has to say about one submission."""

    assignment: str
    status: Status
    score: float | None
    """Sum of the question scores that are known, without bonus; None when withheld.

    Of a grade as the gradebook has it, after the late penalty.
    """
    max_score: float
    extra_credit: float
    problems: tuple[str, ...] = ()
    """Sentences about the submission as a whole: a missing notebook, a hanging cell."""
    questions: tuple[QuestionScore, ...] = ()
    verdicts_from: Literal["submission"] | msgspec.UnsetType = msgspec.UNSET
    """Set for an ordinary nbgrader assignment, whose tests run in the student's process."""
    unanswered: tuple[tuple[str, str], ...] | msgspec.UnsetType = msgspec.UNSET
    """Of such an assignment, the answer cells left as they were handed out: (notebook, id)."""
    late_penalty: float | msgspec.UnsetType = msgspec.UNSET
    """Points taken off in the gradebook for being late; unset without."""
    suspect: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    """Sentences about what was changed to steer grading; it was put back."""
    notes: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    """Sentences about harmless things, such as a notebook's other name."""

    @property
    def classic(self) -> bool:
        """Whether it is a grade of an ordinary nbgrader assignment."""
        return self.verdicts_from is not msgspec.UNSET

    def to_json(self, *, indent: int = 0) -> str:
        """Encode as one JSON object; the same grade always gives the same text."""
        raw = msgspec.json.encode(self)
        return (msgspec.json.format(raw, indent=indent) if indent else raw).decode()

    @classmethod
    def from_json(cls, text: str | bytes) -> Grade:
        """Decode what `to_json` wrote. Raises `msgspec.ValidationError` on anything else."""
        return msgspec.json.decode(text, type=cls)


class Regraded(msgspec.Struct, frozen=True):
    """A student's grade that grading again has changed; both with what a person entered."""

    before: Grade
    after: Grade
    why: tuple[str, ...]
    """What has changed: the submission, the checks, the notebooks, the secret, the autograder."""


class ClassResult(msgspec.Struct, frozen=True):
    """What became of a class in one run."""

    assignment: str
    grades: dict[str, Grade]
    """By student: all that are known, whether from this run or an earlier one."""
    fresh: tuple[str, ...]
    """Students graded in this run; the others had not changed."""
    waiting: tuple[str, ...]
    """Students not graded yet, because the run was interrupted."""
    staff_notes: dict[str, tuple[str, ...]]
    """Tracebacks of our own failures, by student; never shown to students."""
    staff_file: Path
    """Where the staff notes are written; there is no such file without notes."""
    seconds: float
    """Wall time of the run."""
    folders: dict[str, str] = {}
    """What is odd about a folder of submitted/ as such: no grade depends on it."""
    ungraded: dict[str, str] = {}
    """What lies in submitted/ and is not graded, and why."""

    regraded: dict[str, Regraded] = {}
    """Students whose score or checks are not what they were."""
    dry: bool = False
    """Whether nothing was written."""
    times: dict[str, float] = {}
    """By student graded in this run, the seconds that it took."""
    log: Path | None = None
    """Where it is written what happened when; None without."""

    @property
    def interrupted(self) -> bool:
        """Whether the run was stopped before all submissions were graded."""
        return bool(self.waiting)

    @property
    def withheld(self) -> tuple[str, ...]:
        """Students whose grade waits for the course staff."""
        return tuple(name for name, grade in self.grades.items() if grade.status is Status.WITHHELD)

    @property
    def troubled(self) -> dict[str, tuple[str, ...]]:
        """What was wrong with whole submissions, by student."""
        return {name: grade.problems for name, grade in self.grades.items() if grade.problems}
