"""Grade one submission, the whole way: intake, sandbox, checks, scoring.

    folder -> intake -> sandbox (cells run) -> checks (one fork per question) -> scoring -> Grade

`Grader.grade` is the only way: `autograder check`, the batch and nbgrader's own autograde call it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Any, Self

import msgspec

from autograder.assignment import find
from autograder.checking import collect
from autograder.checking.collect import Check, Checks, Outcome, Ran
from autograder.checking.evidence import Evidence
from autograder.checking.faults import WrongValues
from autograder.checking.student import Student
from autograder.course.course import Course
from autograder.course.questions import Question, refuse_unreleased
from autograder.diagnosis.mistakes import Misconception
from autograder.diagnosis.outline import outline
from autograder.diagnosis.shared import diagnosis_of
from autograder.errors import UsageError
from autograder.grading.carry import Carried, Carrier, about_record, unfinished, worth_another_run
from autograder.grading.causes import Notebooks, explained
from autograder.grading.classic import ClassicRun, ClassicTests
from autograder.grading.example import with_examples
from autograder.grading.forks import Forks, unreachable
from autograder.grading.graded import GradedSubmission
from autograder.grading.kit import Kit
from autograder.grading.reading import evidence_of
from autograder.grading.redraw import pictures_beside
from autograder.grading.run import Run
from autograder.grading.scoring import score_by_hand, score_question, score_submission, with_remarks
from autograder.model import QuestionScore, Verdict
from autograder.sandbox.client import Sandbox
from autograder.sandbox.errors import StudentError
from autograder.sandbox.launch import Backend
from autograder.sandbox.policy import Policy
from autograder.sandbox.requests import Fork
from autograder.sandbox.session import Session
from autograder.submission.intake import Submission, read_submission

WRONG = (Verdict.FAILED, Verdict.RAISED)
UNREACHED = "This was not run, because the cells before it used up the notebook's time."


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

    def grade_read(self, submission: Submission) -> GradedSubmission:
        """Grade a submission that has been read."""
        run = self._run(submission)
        scores = run.scores()
        problems = [*submission.problems, *run.problems]
        if self._unprotected:
            problems.append("Graded without a sandbox: files and network were not protected.")
        marked = run.mark(score_submission(self.assignment, scores, problems))
        said = with_remarks(marked, submission), run.notebooks(), run.runs
        beside = pictures_beside(self._sandbox, submission, self._questions()), run.evidence()
        return GradedSubmission(*said, tuple(run.staff_notes), run.cpu_seconds, *beside)

    def _run(self, submission: Submission) -> Run:
        if self._found.classic:
            questions = self._questions()
            return ClassicRun(self._tests, self._sandbox, self._policy, submission, questions)
        return _ChecksRun(self._kit, submission)


class _ChecksRun(Run):
    """Grading one submission with the hidden checks, in forks of its sessions."""

    def __init__(self, kit: Kit, submission: Submission) -> None:
        super().__init__(kit.sandbox, kit.policy, submission, kit.questions)
        self._kit = kit
        self._records = kit.assignment.parsed(submission.records)
        self._timeouts: Counter[str] = Counter()
        self._scores: dict[str, QuestionScore] = {}
        self._found: list[Misconception] = []
        self._unnamed: set[tuple[str, str]] = set()

    def question(self, question: Question, session: Session) -> QuestionScore:
        """Run a question's checks, and once more those that an earlier mistake may have failed."""
        checks = self._kit.checks.of(question.id)
        if question.by_hand:
            return score_by_hand(question, self.submission.notebooks[question.notebook])
        if any(
            run.id == question.answer and run.status == "skipped"
            for run in self.runs[question.notebook]
        ):
            return self.all_alike(question, Verdict.TIMEOUT, UNREACHED)
        if not checks or self._kit.checks.broken_for(question.id):
            self.staff_notes.extend(self._kit.checks.broken.values())
            return self.all_alike(
                question, Verdict.GRADER_ERROR, "This question could not be checked."
            )
        outcomes = self._carried(question, self._outcomes(checks, session), session)
        outcomes = with_examples(
            checks, outcomes, self._unnamed, session, self._student, self._kit.release
        )
        self._scores[question.id] = score_question(question, outcomes)
        if self.submission.records:
            self.problems.extend(about_record(question, self._scores))
        return self._scores[question.id]

    def _outcomes(self, checks: Sequence[Check], session: Session) -> list[Outcome]:
        """What came of each check."""
        outcomes: list[Outcome] = []
        options = self._options(self._timeouts)
        with Forks(session, lambda fork: fork) as forks:
            for check in checks:
                try:
                    outcomes.append(forks.twice(partial(self._check, check, options=options)))
                except StudentError as error:
                    outcomes.append(unreachable(check, error))
                    continue
                forks.after(outcomes[-1].verdict)
        return outcomes

    def _carried(
        self, question: Question, outcomes: list[Outcome], session: Session
    ) -> list[Outcome]:
        """The outcomes, the better ones of checks that ran once more (see `carry`)."""
        checks = self._kit.checks.of(question.id)
        better, name = [*outcomes], question.notebook
        for plan in self._kit.carrier.plans(question, self._scores):
            again = [i for i, check in enumerate(checks) if worth_another_run(check, better[i])]
            if not again:
                break
            options, notebook = self._options(Counter()), self.submission.notebooks[name]
            options["given"] = unfinished(notebook, self.runs[name], self._kit.questions)
            hidden: Any = {"secret": self._kit.secret, "release": self._kit.release}
            with Forks(session, partial(self._kit.carrier.open, plan, **options)) as forks:
                for i in again:
                    try:
                        ran = forks.twice(partial(Carried.run, check=checks[i], **hidden))
                    except StudentError:
                        break
                    self._tell_staff(checks[i], ran)
                    if ran.outcome.carried:
                        better[i] = ran.outcome
                    forks.after(ran.outcome.verdict)
        return better

    def _options(self, timeouts: Counter[str]) -> dict[str, Any]:  # shared by a question's checks
        return {"timeouts": timeouts, "memory": {}, "records": self._records}

    def _tell_staff(self, check: Check, ran: Ran) -> None:
        if ran.staff:
            self.staff_notes.append(f"{check.question}/{check.name}:\n{ran.staff}")

    def _student(self, fork: Fork) -> Student:
        return Student(fork, self._kit.assignment.answers, **self._options(Counter()))

    def _check(self, check: Check, fork: Fork, options: Mapping[str, Any]) -> Outcome:
        student = Student(fork, self._kit.assignment.answers, **options)
        ran = collect.run(check, student, self._kit.secret, self._kit.release)
        self._tell_staff(check, ran)
        if ran.outcome.verdict is Verdict.FAILED and ran.outcome.misconception is None:
            ran = msgspec.structs.replace(ran, outcome=self._named(check, ran, student))
        if isinstance(ran.fault, WrongValues) and ran.outcome.misconception is None:
            self._unnamed.add((check.question, check.name))
        return self._explained(check, ran, fork)

    def _explained(self, check: Check, ran: Ran, fork: Fork) -> Outcome:
        """The outcome with its cause: a cell that failed, a missing name, what it reads."""
        question = next(q for q in self._questions if q.id == check.question)
        known = Notebooks(self.submission.notebooks, self.runs, self._questions)
        reads: list[str] = []
        if ran.outcome.verdict in WRONG and ran.outcome.misconception is None:
            with suppress(StudentError):
                told = [i.value for i in fork.request("reads", name=question.defines or "").items]
                reads = [name for name in told if isinstance(name, str) and name.isidentifier()]
        return explained(ran, question, known, reads).outcome

    def _named(self, check: Check, ran: Ran, student: Student) -> Outcome:
        """The outcome with the known mistake that gives the same values, if there is one."""
        assert ran.fault is not None
        try:
            mistake = self._kit.diagnosis.name(check, student.trace, ran.fault, self._found)
            unnamed = outline(student.trace) if mistake is None else ""
        except Exception as error:  # the verdict stands without its diagnosis
            self.staff_notes.append(f"{check.question}/{check.name}: no diagnosis: {error!r}")
            return ran.outcome
        if mistake is None:
            return msgspec.structs.replace(ran.outcome, output=unnamed)
        self._found.append(mistake)
        return msgspec.structs.replace(
            ran.outcome,
            misconception=mistake.name,
            made_in=msgspec.UNSET if mistake.question == check.question else mistake.question,
            message=mistake.sentence,
            hint=mistake.hint,
        )

    def evidence(self) -> Mapping[str, Evidence]:
        """By question, what helps a person who grades it."""
        own = self._kit.assignment, self.submission, self._records, self._questions
        return evidence_of(*own, self.staff_notes)

    def without_notebook(self, question: Question) -> QuestionScore:
        """Missing, unless the notebook is too large for us to read."""
        if question.by_hand:
            return score_question(question, [])
        if (name := question.notebook) in self.submission.refused:
            refused = f"{name}.ipynb is too large to be read; a person will look at it."
            return self.all_alike(question, Verdict.SKIPPED, refused, could_not_tell=True)
        missing = f"{name}.ipynb was not handed in, or cannot be read."
        return self.all_alike(question, Verdict.MISSING, missing)

    def all_alike(
        self, question: Question, verdict: Verdict, message: str, *, could_not_tell: bool = False
    ) -> QuestionScore:
        """The same verdict for every check of a question."""
        checks = self._kit.checks.of(question.id)
        names = [(check.name, check.weight) for check in checks] or [("collected", 1.0)]
        outcomes = [
            Outcome(name, weight, verdict, message, could_not_tell=could_not_tell)
            for name, weight in names
        ]
        return score_question(question, outcomes)
