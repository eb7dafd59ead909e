"""Grading one submission with the hidden checks, in forks of its sessions.

All questions of a notebook are checked in one fork, one after another, as long as every check
passes. What does not pass in a fork that has answered for another question runs once more, its
question from the beginning, in a fresh one, and that counts: so no mistake, message or lost point
comes of what another question's checks have left behind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import msgspec

from autograder.checking import collect
from autograder.checking.collect import Check, Outcome, Ran
from autograder.checking.evidence import Evidence
from autograder.checking.faults import WrongValues
from autograder.checking.student import Student
from autograder.course.questions import Question
from autograder.diagnosis.mistakes import Misconception
from autograder.diagnosis.outline import outline
from autograder.grading.carry import Carried, about_record, unfinished, worth_another_run
from autograder.grading.causes import Notebooks, explained
from autograder.grading.example import with_examples
from autograder.grading.forks import Forks, unreachable
from autograder.grading.kit import Kit
from autograder.grading.reading import evidence_of
from autograder.grading.run import Run
from autograder.grading.scoring import score_by_hand, score_question
from autograder.model import QuestionScore, Verdict
from autograder.sandbox.errors import StudentError
from autograder.sandbox.requests import Fork
from autograder.sandbox.session import Session
from autograder.submission.intake import Submission

WRONG = (Verdict.FAILED, Verdict.RAISED)
UNREACHED = "This was not run, because the cells before it used up the notebook's time."


class ChecksRun(Run):
    """Grading one submission with the hidden checks, in forks of its sessions."""

    def __init__(self, kit: Kit, submission: Submission) -> None:
        super().__init__(kit.sandbox, kit.policy, submission, kit.questions)
        self._kit = kit
        self._records = kit.assignment.parsed(submission.records)
        self._timeouts: Counter[str] = Counter()
        self._scores: dict[str, QuestionScore] = {}
        self._found: list[Misconception] = []
        self._unnamed: set[tuple[str, str]] = set()
        self._fork: Fork | None = None  # of the notebook's; every check has passed in it so far
        self._use_again = True

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

    def _notebook(self, name: str) -> list[QuestionScore]:
        """Score the questions of a notebook; the fork they share ends with its session."""
        try:
            return super()._notebook(name)
        finally:
            if self._fork is not None:
                self._fork.hang_up()
                self._fork = None

    def _outcomes(self, checks: Sequence[Check], session: Session) -> list[Outcome]:
        """What came of each check."""
        if all_passed := self._passed_again(checks, session):
            return all_passed
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
            if self._use_again and all(each.verdict is Verdict.PASSED for each in outcomes):
                self._fork = forks.take()
        self._use_again &= not self._timeouts
        return outcomes

    def _passed_again(self, checks: Sequence[Check], session: Session) -> list[Outcome]:
        """The outcomes if all checks pass in the used fork; nothing if not, and it is gone then."""
        if (fork := self._fork) is None:
            return []
        self._fork = None
        outcomes: list[Outcome] = []
        options, budget = self._options(Counter()), session.budget
        used, stuck = budget.used, budget.stuck
        with suppress(StudentError):
            fork.rewind()
            for check in checks:
                used = budget.used
                student = Student(fork, self._kit.assignment.answers, **options)
                ran = collect.run(check, student, self._kit.secret, self._kit.release)
                if ran.outcome.verdict is not Verdict.PASSED:
                    break
                outcomes.append(ran.outcome)
            else:
                self._fork = fork
                return outcomes
        # What a fresh fork says counts. Of a submission that hangs or dies no fork is used again.
        self._use_again = not fork.over
        budget.used -= min(budget.used - used, self._policy.check_cpu)
        budget.stuck = stuck
        fork.close()
        return []

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
            unnamed = outline(student.trace, self._kit.secret) if mistake is None else ""
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
