"""Grade one submission, the whole way: intake, sandbox, checks, scoring.

    folder -> intake -> sandbox (cells run) -> checks (see `checks_run`) -> scoring -> Grade

`Grader.grade` is the only way: `autograder check`, the batch and nbgrader's own autograde call it.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from autograder.assignment import find
from autograder.checking.collect import Checks
from autograder.course.course import Course
from autograder.course.questions import Question, refuse_unreleased
from autograder.diagnosis.shared import diagnosis_of
from autograder.errors import UsageError
from autograder.grading.carry import Carrier
from autograder.grading.checks_run import ChecksRun
from autograder.grading.classic import ClassicRun, ClassicTests
from autograder.grading.graded import GradedSubmission, Pictures
from autograder.grading.kit import Kit
from autograder.grading.run import Run
from autograder.grading.scoring import score_submission, with_remarks
from autograder.sandbox.client import Sandbox
from autograder.sandbox.launch import Backend
from autograder.sandbox.policy import Policy
from autograder.submission.intake import Submission, read_files, read_submission
from autograder.submission.reader import SubmittedFile


class Grader:
    """A warm sandbox and the collected checks of one assignment; a context manager.

    Args:
        course: the course whose release and checks are used.
        assignment: the assignment's name.
        sandbox: `bubblewrap`, or `none` for a plain process without protection.
        only: grade just this notebook of the assignment.
        policy: limits of a submission; the assignment's own by default.

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
        policy: Policy | None = None,
    ) -> None:
        self.assignment = assignment
        self._found = find(course, assignment)
        self._only = only
        self._unprotected = sandbox == "none"
        self._policy = policy or self._found.policy
        self._sandbox = Sandbox(sandbox, self._found.shared(), self._policy, self._found.warm())
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            if self._found.classic:
                self._tests = ClassicTests(self._found)
            else:
                self._kit = self._prepared()
            stack.enter_context(self._sandbox)
            self._sandbox.probe()  # here, once, and not as every submission's misfortune
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _questions(self) -> tuple[Question, ...]:
        return tuple(q for q in self._found.questions if self._only in (None, q.notebook))

    def _prepared(self) -> Kit:
        found, secret = self._found, self._found.course.secret()
        refuse_unreleased(found.course, found.name)
        questions = self._questions()
        checks = Checks(found.checks())
        unchecked = checks.missing(q.id for q in questions if not q.by_hand)
        if unchecked and not checks.broken:
            raise UsageError(
                f"The question '{unchecked[0]}' of {found.name} has no hidden check in "
                f"{found.checks()}; write one, or take the question out of the notebook."
            )
        diagnosis = diagnosis_of(found, secret)
        own = (checks, diagnosis, Carrier(found), self._sandbox, self._policy)
        return Kit(found, questions, *own, secret, found.release)

    def grade(self, folder: Path) -> GradedSubmission:
        """Grade the submission in `folder`. The same submission always gets the same grade."""
        return self.grade_read(self.read(folder))

    def read(self, folder: Path) -> Submission:
        """Read a submission's folder as grading sees it."""
        return read_submission(folder, self._found.release, self._found.settings.records)

    def read_sent(self, files: Iterable[SubmittedFile]) -> Submission:
        """Read a submission of which the files were sent, as grading sees it."""
        return read_files(files, self._found.release, self._found.settings.records)

    def grade_read(self, submission: Submission) -> GradedSubmission:
        """Grade a submission that has been read."""
        run = self._run(submission)
        scores = run.scores()
        problems = [*submission.problems, *run.problems]
        if self._unprotected:
            problems.append("Graded without a sandbox: files and network were not protected.")
        marked = run.mark(score_submission(self.assignment, scores, problems))
        said = with_remarks(marked, submission), run.notebooks(), run.runs
        beside = run.pictures or Pictures(), run.evidence()
        return GradedSubmission(*said, tuple(run.staff_notes), run.cpu_seconds, *beside)

    def _run(self, submission: Submission) -> Run:
        if self._found.classic:
            questions = self._questions()
            return ClassicRun(self._tests, self._sandbox, self._policy, submission, questions)
        return ChecksRun(self._kit, submission)
