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

from autograder.assignments.batchnorm.records import parse_all
from autograder.checking.collect import Check, Checks
from autograder.checking.student import Student
from autograder.course.course import Course, Question
from autograder.diagnosis.diagnose import diagnose
from autograder.errors import UsageError
from autograder.grading.scoring import Outcome, score_question, score_submission
from autograder.model import Grade, QuestionScore, Verdict
from autograder.sandbox.channel import Budget
from autograder.sandbox.client import Sandbox
from autograder.sandbox.errors import SandboxBroken, StudentError, StudentTimeout
from autograder.sandbox.launch import Backend
from autograder.sandbox.policy import POLICY, Policy
from autograder.sandbox.requests import Branch
from autograder.sandbox.session import CellRun, Session, SourceCell
from autograder.submission.frame import Notebook
from autograder.submission.intake import Submission, read_submission

ANSWER_SUFFIX = "_answer"
UNREACHED = "This was not run, because the cells before it used up the notebook's time."
UNSTARTED = "This could not be checked, because the submission's files cannot be laid out."
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
        policy: what one submission may use.

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
        policy: Policy = POLICY,
    ) -> None:
        self.assignment = assignment
        self._release = course.release(assignment)
        self._secret = course.secret()
        self._questions = [
            question
            for question in course.questions(assignment)
            if only in (None, question.notebook)
        ]
        shared = {
            name: self._release / name for name in SHARED_FOLDERS if (self._release / name).is_dir()
        }
        self._policy = policy
        self._sandbox = Sandbox(sandbox, shared, policy)
        self._unprotected = sandbox == "none"
        self._checks = Checks(release=self._release)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self._checks)
            graded = [question.id for question in self._questions if question.kind != "written"]
            unchecked = self._checks.missing(graded)
            if unchecked and not self._checks.broken:
                raise UsageError(
                    f"The question '{unchecked[0]}' of {self.assignment} has no hidden check in "
                    f"autograder/assignments/{self.assignment}/checks; write one, or take the "
                    "question out of the notebook."
                )
            stack.enter_context(self._sandbox)
            self._sandbox.probe()  # here, once, and not as every submission's misfortune
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def grade(self, folder: Path) -> GradedSubmission:
        """Grade the submission in `folder`. The same submission always gets the same grade."""
        submission = read_submission(folder, self._release)
        run = _Run(self, submission)
        scores = {
            score.id: score
            for name in dict.fromkeys(question.notebook for question in self._questions)
            for score in run.notebook(name)
        }
        ordered = [scores[question.id] for question in self._questions]
        problems = [*submission.problems, *run.problems]
        if self._unprotected:
            problems.append("Graded without a sandbox: files and network were not protected.")
        grade = score_submission(self.assignment, ordered, problems)
        return GradedSubmission(
            grade, submission.notebooks, run.runs, tuple(run.staff_notes), run.cpu_seconds
        )


class _Run:
    """The state of grading one submission."""

    def __init__(self, grader: Grader, submission: Submission) -> None:
        self._grader = grader
        self._submission = submission
        self._records = parse_all(submission.records)
        self._timeouts: Counter[str] = Counter()
        self._budget = Budget(grader._policy.submission_wall)
        self._used = 0.0
        self._notebooks_left = len({question.notebook for question in grader._questions})
        self.problems: list[str] = []
        self.staff_notes: list[str] = []
        self.runs: dict[str, tuple[CellRun, ...]] = {}
        self.cpu_seconds = 0.0

    def notebook(self, name: str) -> list[QuestionScore]:
        """Run a notebook's cells, then the checks of each of its questions."""
        questions = [q for q in self._grader._questions if q.notebook == name]
        notebook = self._submission.notebooks.get(name)
        self._next_budget()
        if notebook is None:
            return [self._without_answer(question, name) for question in questions]
        cells = [SourceCell(cell.id, cell.source) for cell in notebook.cells if cell.type == "code"]
        try:
            with self._grader._sandbox.session(self._files(), self._budget) as session:
                self.runs[name] = tuple(session.run(cells))
                self._report_cells(name)
                scores = [self._question(question, session) for question in questions]
                self.cpu_seconds += session.cpu_seconds
                return scores
        except StudentError:  # the submission's own files keep a session from starting
            return [self._all(question, Verdict.RAISED, UNSTARTED) for question in questions]
        except SandboxBroken as error:
            self.staff_notes.append(f"{name}: {error}")
            return [self._all(question, Verdict.GRADER_ERROR, "") for question in questions]

    def _next_budget(self) -> None:
        """An equal share of the time that is left, so that no notebook takes another's."""
        self._used += self._budget.used
        share = (self._grader._policy.submission_wall - self._used) / self._notebooks_left
        self._notebooks_left -= 1
        self._budget = Budget(share, hung=self._budget.hung)

    def _files(self) -> dict[str, bytes]:
        notebooks = self._submission.notebooks.items()
        return self._submission.files | {f"{name}.ipynb": nb.to_bytes() for name, nb in notebooks}

    def _report_cells(self, name: str) -> None:
        for run in self.runs[name]:
            if run.status in ("timeout", "dead"):
                what = "used up its time" if run.status == "timeout" else "ended the Python process"
                self.problems.append(
                    f"{name}: the cell '{run.id}' {what}; the other cells were run without it."
                )
        if skipped := sum(run.status == "skipped" for run in self.runs[name]):
            self.problems.append(
                f"{name}: {skipped} cells were not run, because those before used up the time."
            )

    def _question(self, question: Question, session: Session) -> QuestionScore:
        """Run a question's checks in forks of the session: a fresh one after each accident."""
        checks = self._grader._checks.of(question.id)
        if question.kind == "written":
            return score_question(question, [])
        if any(
            run.id == question.id + ANSWER_SUFFIX and run.status == "skipped"
            for run in self.runs[question.notebook]
        ):
            return self._all(question, Verdict.TIMEOUT, UNREACHED)
        if not checks or self._grader._checks.broken_for(question.id):
            self.staff_notes.extend(self._grader._checks.broken.values())
            return self._all(question, Verdict.GRADER_ERROR, "This question could not be checked.")
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

    def _without_answer(self, question: Question, name: str) -> QuestionScore:
        if question.kind == "written":
            return score_question(question, [])
        if name in self._submission.refused:
            refused = f"{name}.ipynb is too large to be read; a person will look at it."
            return self._all(question, Verdict.SKIPPED, refused, could_not_tell=True)
        missing = f"{name}.ipynb was not handed in, or cannot be read."
        return self._all(question, Verdict.MISSING, missing)

    def _all(
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
