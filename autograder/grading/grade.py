"""Grade one submission, the whole way: intake, sandbox, checks, scoring.

    folder -> intake -> sandbox (cells run) -> checks (one fork per question) -> scoring -> Grade

`Grader.grade` is the only way to a grade. `autograder check`, the batch and nbgrader's
own autograde all call it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import msgspec

from autograder.assignment import is_classic
from autograder.assignments.batchnorm.records import parse_all
from autograder.checking.collect import Check, Checks
from autograder.checking.student import Student
from autograder.course.course import Course, Question
from autograder.diagnosis.diagnose import diagnose
from autograder.errors import UsageError
from autograder.grading.classic import ClassicRun, ClassicTests
from autograder.grading.run import Run
from autograder.grading.scoring import Outcome, score_question, score_submission
from autograder.model import Grade, QuestionScore, Verdict
from autograder.sandbox.client import Sandbox
from autograder.sandbox.errors import StudentError, StudentTimeout
from autograder.sandbox.launch import Backend
from autograder.sandbox.requests import Branch
from autograder.sandbox.session import CellRun, Session
from autograder.submission.frame import Notebook
from autograder.submission.intake import Submission, read_submission

ANSWER_SUFFIX = "_answer"
UNREACHED = "This was not run, because the cells before it used up the notebook's time."
SHARED_FOLDERS = ("support", "datasets")
"""Folders of the release that every submission sees read-only, as released."""


class GradedSubmission(msgspec.Struct, frozen=True):
    """A grade with what instructors look at beside it."""

    grade: Grade
    notebooks: Mapping[str, Notebook]
    """The notebooks as they were run: the student's cells in the release's frame."""
    runs: Mapping[str, tuple[CellRun, ...]]
    """Per notebook, what each code cell printed, showed or raised."""
    staff_notes: tuple[str, ...] = ()
    """Tracebacks of checks that could not be run; never shown to students."""
    cpu_seconds: float = 0.0
    """CPU time of the submission's cells and of its answers under check."""


class Grader:
    """A warm sandbox and the collected checks of one assignment; a context manager.

    Args:
        course: the course whose release and checks are used.
        assignment: the assignment's name.
        sandbox: `bubblewrap`, or `none` for a plain process without protection.
        only: grade just this notebook of the assignment.

    Raises:
        UsageError: on entry, if there is no such assignment or release, or a question of it
            has no check.
        SandboxUnavailable: on entry, if this machine cannot isolate a process.
    """

    def __init__(
        self,
        course: Course,
        assignment: str,
        *,
        sandbox: Backend = "bubblewrap",
        only: str | None = None,
    ) -> None:
        self.assignment = assignment
        self._release = course.release(assignment)
        self._secret = course.secret()
        self._questions = [
            question
            for question in course.questions(assignment)
            if only in (None, question.notebook)
        ]
        self._classic = ClassicTests(course, assignment) if is_classic(course, assignment) else None
        shared = {
            name: self._release / name for name in SHARED_FOLDERS if (self._release / name).is_dir()
        }
        self._sandbox = Sandbox(sandbox, self._classic.folders if self._classic else shared)
        self._unprotected = sandbox == "none"
        self._checks = Checks(release=self._release)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            if self._classic is None:
                stack.enter_context(self._checks)
                self._refuse_unchecked()
            stack.enter_context(self._sandbox)
            self._sandbox.probe()  # here, once, and not as every submission's misfortune
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _refuse_unchecked(self) -> None:
        graded = [question.id for question in self._questions if not question.by_hand]
        unchecked = self._checks.missing(graded)
        if unchecked and not self._checks.broken:
            raise UsageError(
                f"The question '{unchecked[0]}' of {self.assignment} has no hidden check in "
                f"autograder/assignments/{self.assignment}/checks; write one, or take the "
                "question out of the notebook."
            )

    def grade(self, folder: Path) -> GradedSubmission:
        """Grade the submission in `folder`. The same submission always gets the same grade."""
        submission = read_submission(folder, self._release)
        run: Run
        if self._classic is None:
            run = _ChecksRun(self, submission)
        else:
            run = ClassicRun(self._classic, self._sandbox, submission, self._questions)
        scores = run.scores()
        problems = [*submission.problems, *run.problems]
        if self._unprotected:
            problems.append("Graded without a sandbox: files and network were not protected.")
        grade = score_submission(self.assignment, scores, problems)
        if self._classic is not None:
            grade = self._classic.mark(grade, submission)
        return GradedSubmission(
            grade, run.notebooks(), run.runs, tuple(run.staff_notes), run.cpu_seconds
        )


class _ChecksRun(Run):
    """Grading one submission with the hidden checks, in forks of its sessions."""

    def __init__(self, grader: Grader, submission: Submission) -> None:
        super().__init__(grader._sandbox, submission, grader._questions)
        self._grader = grader
        self._records = parse_all(submission.records)
        self._timeouts: Counter[str] = Counter()

    def question(self, question: Question, session: Session) -> QuestionScore:
        """Run a question's checks in forks of the session: a fresh one after each accident."""
        checks = self._grader._checks.of(question.id)
        if question.by_hand:
            return score_question(question, [])
        if any(
            run.id == question.id + ANSWER_SUFFIX and run.status == "skipped"
            for run in self.runs[question.notebook]
        ):
            return self.all_alike(question, Verdict.TIMEOUT, UNREACHED)
        if not checks or self._grader._checks.broken_for(question.id):
            self.staff_notes.extend(self._grader._checks.broken.values())
            return self.all_alike(
                question, Verdict.GRADER_ERROR, "This question could not be checked."
            )
        outcomes: list[Outcome] = []
        memory: dict[str, Any] = {}
        branch: Branch | None = None
        try:
            for check in checks:
                try:
                    branch = branch or session.branch()
                except StudentError as error:
                    outcomes.append(_unreachable(check, error))
                    continue
                outcomes.append(self._check(check, branch, memory))
                if outcomes[-1].verdict in (Verdict.RAISED, Verdict.TIMEOUT):
                    branch.close()
                    branch = None
        finally:
            if branch is not None:
                branch.close()
        return score_question(question, outcomes)

    def _check(self, check: Check, branch: Branch, memory: dict[str, Any]) -> Outcome:
        student = Student(branch, self._timeouts, memory, self._records)
        outcome, staff = self._grader._checks.run(check, student, self._grader._secret)
        if staff:
            self.staff_notes.append(f"{check.question}/{check.name}:\n{staff}")
        if outcome.verdict is Verdict.FAILED and outcome.misconception is None:
            return self._named(check, outcome, student)
        return outcome

    def _named(self, check: Check, outcome: Outcome, student: Student) -> Outcome:
        """The outcome with the known mistake that gives the same numbers, if there is one."""
        try:
            mistake = diagnose(check, student.trace, self._grader._secret, outcome.message)
        except Exception as error:  # the verdict stands without its diagnosis
            self.staff_notes.append(f"{check.question}/{check.name}: no diagnosis: {error!r}")
            return outcome
        if mistake is None:
            return outcome
        return msgspec.structs.replace(
            outcome, misconception=mistake.name, message=mistake.sentence, hint=mistake.hint
        )

    def without_notebook(self, question: Question) -> QuestionScore:
        """Missing, unless the notebook is too large for us to read."""
        if question.by_hand:
            return score_question(question, [])
        name = question.notebook
        if name in self.submission.refused:
            refused = f"{name}.ipynb is too large to be read; a person will look at it."
            return self.all_alike(question, Verdict.SKIPPED, refused, could_not_tell=True)
        missing = f"{name}.ipynb was not handed in, or cannot be read."
        return self.all_alike(question, Verdict.MISSING, missing)

    def all_alike(
        self, question: Question, verdict: Verdict, message: str, *, could_not_tell: bool = False
    ) -> QuestionScore:
        """The same verdict for every check of a question."""
        checks = self._grader._checks.of(question.id)
        names = [(check.name, check.weight) for check in checks] or [("collected", 1.0)]
        outcomes = [
            Outcome(name, weight, verdict, message, could_not_tell=could_not_tell)
            for name, weight in names
        ]
        return score_question(question, outcomes)


def _unreachable(check: Check, error: StudentError) -> Outcome:
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


def grade(
    folder: Path,
    assignment: str = "batchnorm",
    *,
    course: Course | None = None,
    sandbox: Backend = "bubblewrap",
) -> GradedSubmission:
    """Grade one submission folder with a sandbox of its own."""
    with Grader(course or Course.find(), assignment, sandbox=sandbox) as grader:
        return grader.grade(folder)
