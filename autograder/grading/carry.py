"""Error carried forward: what a mistake costs, and where it costs nothing more.

If checks of a question do not pass while a question upstream of it is not fully right, they run
once more, in a fresh fork:

- `lend`: with right layers in place of those that are not, forward and backward together, for a
  right backward of ours cannot read a cache of theirs. What does not call the global names is not
  carried. The question's own answer is never lent.
- `own`: a backward pass is held against the derivative of the student's own forward pass, if that
  has earned enough of its points. What still fails, and a backward pass without such a forward,
  reads the cache that any student could have made: the inputs.

What passes then counts, and says so; nothing else changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from autograder.assignment import Assignment
from autograder.checking import collect
from autograder.checking.collect import Check, Outcome, Ran
from autograder.checking.lent import Lent, can_be_lent
from autograder.checking.own import OwnForward
from autograder.checking.peers import Peer
from autograder.checking.student import Student
from autograder.course.questions import Question
from autograder.model import QuestionScore, Verdict
from autograder.sandbox.session import CellRun
from autograder.submission.frame import Notebook

ENOUGH = 0.4
"""Part of its points that a forward pass has to earn for its own derivative to count. One mistake
can show in the output and in what is stored, as ddof=1 does, and cost more than half."""
CARRIED = (Verdict.FAILED, Verdict.RAISED, Verdict.TIMEOUT, Verdict.MISSING)
"""Verdicts that an earlier mistake can be to blame for."""


def fully_right(score: QuestionScore | None) -> bool:
    """Whether all checks of a question passed by themselves."""
    return score is not None and all(
        check.verdict is Verdict.PASSED and not check.carried for check in score.checks
    )


class Plan(msgspec.Struct, frozen=True):
    """How one question is carried in one submission."""

    question: Question
    lent: tuple[str, ...] = ()
    forward: str | None = None
    """The forward pass whose derivative counts."""
    inputs_as_cache: bool = False


class Carrier:
    """Who carries the questions of an assignment.

    Args:
        assignment: with a private folder.
    """

    def __init__(self, assignment: Assignment) -> None:
        self._questions = {question.id: question for question in assignment.questions}
        self._answers = assignment.answers
        self._right = {
            name: value
            for name, value in assignment.namespace().items()
            if name in self._answers and can_be_lent(self._answers[name])
        }

    def plans(self, question: Question, scores: Mapping[str, QuestionScore]) -> Iterator[Plan]:
        """How a question is carried, given what came of others; what fails by one, by the next."""
        wrong = [id_ for id_ in question.upstream if not fully_right(scores.get(id_))]
        if question.carry == "lend" and (names := self._layers(wrong, question)):
            yield Plan(question, lent=names)
        if question.carry != "own" or question.defines not in self._right:
            return
        for id_ in wrong:
            if forward := self._function(id_):
                if _earned(scores.get(id_)) >= ENOUGH:
                    yield Plan(question, forward=forward)
                yield Plan(question, lent=(forward,), inputs_as_cache=True)
                return

    def open(self, plan: Plan, peer: Peer, given: Sequence[str] = (), **options: Any) -> Carried:
        """A submission whose checks run once more, with what the plan gives it.

        Args:
            plan: of the question.
            peer: a fresh fork.
            given: sources whose functions are defined too, where they are missing.
            options: of its `Student`.

        Raises:
            StudentError: the fork has ended.
        """
        lender = None
        if plan.lent:
            functions = {name: self._right[name] for name in plan.lent}
            lender = Lent(functions, self._answers, inputs_as_cache=plan.inputs_as_cache)
            peer.lend(lender)
        if given:
            peer.request("define", want=("opaque",), sources=list(given))

        def student() -> Student | OwnForward:
            if plan.forward is None or plan.question.defines is None:
                return Student(peer, self._answers, **options)
            own = (plan.forward, plan.question.defines)
            return OwnForward(peer, self._answers, self._right, *own, **options)

        return Carried(plan, lender, student)

    def _layers(self, wrong: Sequence[str], question: Question) -> tuple[str, ...]:
        """The functions of the layers that are not right, in the order of their questions."""
        lent = set(wrong)
        for layer in self._all_layers():
            if layer & lent:
                lent |= layer
        names = [self._function(id_) for id_ in self._questions if id_ in lent]
        return tuple(name for name in names if name is not None and name != question.defines)

    def _all_layers(self) -> Iterator[set[str]]:
        """Each forward pass with its backward passes."""
        backward = [each for each in self._questions.values() if each.carry == "own"]
        for id_ in self._questions:
            if own := {each.id for each in backward if id_ in each.upstream}:
                yield {id_, *own}

    def _function(self, id_: str) -> str | None:
        question = self._questions.get(id_)
        name = question.defines if question is not None else None
        return name if name in self._right else None


class Carried:
    """One fork in which checks run once more.

    Args:
        plan: of the question.
        lender: who computes what is lent, if something is.
        student: makes the submission as one check sees it.
    """

    def __init__(
        self, plan: Plan, lender: Lent | None, student: Callable[[], Student | OwnForward]
    ) -> None:
        self._plan, self._lender, self._student = plan, lender, student

    def run(self, check: Check, secret: bytes, release: Path) -> Ran:
        """Call a check; its outcome is `carried` if it passes because of what was given."""
        student = self._student()
        if self._lender is not None:
            self._lender.called.clear()
        ran = collect.run(check, student, secret, release)
        sentence = self._sentence(student)
        if ran.outcome.verdict is not Verdict.PASSED or not sentence:
            return ran
        carried = msgspec.structs.replace(ran.outcome, carried=True, message=sentence)
        return msgspec.structs.replace(ran, outcome=carried)

    def _sentence(self, student: Student | OwnForward) -> str:
        """What the earlier mistake is; nothing if it made no difference."""
        if isinstance(student, OwnForward):
            own = f"your own `{self._plan.forward}`, which is not right itself"
            return f"Passed as the exact gradient of {own}." if student.followed else ""
        called = self._lender.called if self._lender is not None else {}
        lent = [f"`{name}`" for name in self._plan.lent if name in called]
        listed = " and ".join([", ".join(lent[:-1]), lent[-1]] if lent[1:] else lent)
        return f"Passed with right {listed} lent in place of yours." if lent else ""


def worth_another_run(check: Check, outcome: Outcome) -> bool:
    """Whether an earlier mistake may be to blame for what a check found."""
    return check.carried and outcome.verdict in CARRIED and not outcome.could_not_tell


def unfinished(
    notebook: Notebook, runs: Sequence[CellRun], questions: Sequence[Question]
) -> list[str]:
    """The given cells that did not end, as where a wrong layer hangs in the example below it.

    What they define is lost to all that comes after, through no fault of that.
    """
    ended = {run.id for run in runs if run.status == "ok"}
    answers = {question.answer for question in questions}
    return [
        cell.source
        for cell in notebook.cells
        if cell.type == "code" and cell.released and cell.id not in ended | answers
    ]


def about_record(question: Question, scores: Mapping[str, QuestionScore]) -> Iterator[str]:
    """Sentences for a person: a form's record was made with an answer that is not right."""
    own = scores[question.id]
    blank = all(check.verdict is Verdict.MISSING for check in own.checks)
    if question.kind != "form" or fully_right(own) or blank:
        return
    for id_ in question.upstream:
        if id_ in scores and not fully_right(scores[id_]):
            yield (
                f"{question.id}: its record was made with an answer to {id_} that is not fully "
                "right, and is judged as it is."
            )


def _earned(score: QuestionScore | None) -> float:
    """The part of its points that a question has earned by itself."""
    if score is None or not score.checks:
        return 0.0
    own = sum(check.points for check in score.checks if not check.carried)
    return own / (sum(check.max_points for check in score.checks) or 1.0)
