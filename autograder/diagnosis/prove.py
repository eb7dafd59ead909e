"""The grader's self-test: hidden checks held against the reference and every known mistake.

The proof calls checks as grading does, over the same wire, with trusted code behind it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from autograder.assignment import Assignment
from autograder.checking import collect
from autograder.checking.collect import Checks
from autograder.diagnosis.diagnose import Diagnosis, Trusted
from autograder.diagnosis.mistakes import Misconception
from autograder.errors import UsageError
from autograder.model import Verdict


class Proof(msgspec.Struct, frozen=True):
    """What the checks of one question make of one implementation."""

    question: str
    implementation: str
    failed: tuple[str, ...]
    """The checks that it does not pass."""
    named: tuple[str, ...]
    """The mistakes that diagnosis calls it, without repetition."""
    broken: tuple[str, ...]
    """The checks that could not be run, each with the last line of why."""

    @property
    def right(self) -> bool:
        """Whether the reference passes everything, or a mistake fails something."""
        return not self.broken and bool(self.failed) == (self.implementation != REFERENCE)


REFERENCE = "reference"


class Prover:
    """The checks of an assignment, and what they are proven against.

    Args:
        assignment: one with a private folder.
        secret: of the course, so that the inputs are those that grade.

    Raises:
        UsageError: the assignment has no checks of its own.
    """

    def __init__(self, assignment: Assignment, secret: bytes) -> None:
        if assignment.folder is None:
            raise UsageError(
                f"{assignment.name} is an ordinary nbgrader assignment: it has no hidden checks "
                "outside its notebooks, so there is nothing to prove."
            )
        self.checks = Checks(assignment.checks())
        self.diagnosis = Diagnosis(assignment, secret, assignment.release)
        self._trusted = Trusted(assignment)
        self._assignment, self._secret = assignment, secret

    @property
    def questions(self) -> tuple[str, ...]:
        """The questions that code answers; forms are held against the student's own record."""
        return tuple(q.id for q in self._assignment.questions if q.kind == "code")

    def prove(self, questions: Sequence[str]) -> Iterator[Proof]:
        """Run every check against the reference, and against each mistake of its question."""
        for question in questions:
            for mistake in (None, *self.diagnosis.mistakes.of(question)):
                yield self._prove(question, mistake)

    def _prove(self, question: str, mistake: Misconception | None) -> Proof:
        failed: list[str] = []
        broken: list[str] = []
        named: dict[str, None] = {}
        for check in self.checks.of(question):
            student = self._trusted.student(self.diagnosis.mistakes.namespace(mistake))
            ran = collect.run(check, student, self._secret, self._assignment.release)
            if ran.outcome.verdict is Verdict.PASSED:
                continue
            failed.append(check.name)
            if ran.fault is None:
                broken.append(f"{check.name}: {ran.staff.strip().splitlines()[-1]}")
            elif ran.outcome.misconception is not None:
                named[ran.outcome.misconception] = None
            elif found := self.diagnosis.name(check, student.trace, ran.fault):
                named[found.name] = None
        name = mistake.name if mistake else REFERENCE
        return Proof(question, name, tuple(failed), tuple(named), tuple(broken))


def prove_checks(console: Console, prover: Prover, questions: Sequence[str]) -> bool:
    """Print one row a question; returns whether everything is as it should be.

    Args:
        console: where to.
        prover: the assignment's.
        questions: to be proven.
    """
    table = Table(title="Hidden checks against known answers", title_justify="left")
    for heading in ("question", "checks", "mistakes caught", "named", "what is wrong"):
        table.add_column(heading)
    good = not prover.checks.broken
    for question in questions:
        proofs = list(prover.prove((question,)))
        mistakes = [proof for proof in proofs if proof.implementation != REFERENCE]
        wrong = [_told(proof) for proof in proofs if not proof.right]
        good = good and not wrong
        table.add_row(
            question,
            str(len(prover.checks.of(question))),
            f"{sum(proof.right for proof in mistakes)} of {len(mistakes)}",
            str(sum(proof.implementation in proof.named for proof in mistakes)),
            escape("\n".join(wrong)),
        )
    for module, reason in prover.checks.broken.items():
        console.print(f"[red]{module} does not import:[/red] {escape(reason)}")
    console.print(table)
    return good


def _told(proof: Proof) -> str:
    said = proof.broken or proof.failed or ("no check fails",)
    return f"{proof.implementation}: {', '.join(said)}"
