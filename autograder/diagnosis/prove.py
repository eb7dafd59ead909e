"""The grader's self-test: hidden checks held against the reference and every known mistake."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import MappingProxyType

import msgspec
from rich.console import Console
from rich.table import Table

from autograder.checking.collect import Checks
from autograder.checking.peers import LocalPeer
from autograder.checking.student import Student
from autograder.diagnosis.diagnose import diagnose, trusted_namespace
from autograder.diagnosis.registry import Misconception, misconceptions_of
from autograder.model import Verdict

"""Held against a submission's own records, which trusted code has not: tests prove their checks."""

GOOD_SETTINGS = MappingProxyType(
    {
        "hidden_dim": 100,
        "epochs": 10,
        "batch_size": 100,
        "learning_rate": 2e-3,
        "lr_decay": 0.85,
        "weight_scale": 2e-2,
        "reg": 1e-4,
        "update_rule": "adam",
    }
)
"""Settings that reach the last tier of `train_two_layer_net`."""


class Proof(msgspec.Struct, frozen=True):
    """What the checks of one question make of one implementation."""

    question: str
    implementation: str
    failed: tuple[str, ...]
    """The checks that it does not pass."""
    named: tuple[str, ...]
    """The mistakes that diagnosis calls it, without repetition."""
    right: bool
    """Whether that is as it should be."""


def prove(checks: Checks, questions: tuple[str, ...], secret: bytes) -> Iterator[Proof]:
    """Run every check against the reference, and against each mistake of its question."""
    for question in questions:
        yield _prove(checks, question, None, secret)
        for mistake in misconceptions_of(question):
            yield _prove(checks, question, mistake, secret)


def _prove(checks: Checks, question: str, mistake: Misconception | None, secret: bytes) -> Proof:
    failed: list[str] = []
    named: dict[str, None] = {}
    for check in checks.of(question):
        student = Student(LocalPeer(trusted_namespace(mistake) | {"settings": dict(GOOD_SETTINGS)}))
        outcome, _ = checks.run(check, student, secret)
        if outcome.verdict is not Verdict.PASSED:
            failed.append(check.name)
            if found := diagnose(check, student.trace, secret, outcome.message):
                named[found.name] = None
    name = mistake.name if mistake else "reference"
    right = bool(failed) == (mistake is not None)
    return Proof(question, name, tuple(failed), tuple(named), right)


def prove_checks(console: Console, release: Path, questions: Sequence[str], secret: bytes) -> bool:
    """Print one row a question; returns whether everything is as it should be.

    Args:
        console: where to.
        release: the released assignment's folder, for checks that use its data.
        questions: those that code answers; forms are held against the student's own record.
        secret: of the course, so that the inputs are those that grade.
    """
    table = Table(title="Hidden checks against known answers", title_justify="left")
    for heading in ("question", "checks", "mistakes caught", "named", "what is wrong"):
        table.add_column(heading)
    good = True
    with Checks(release=release) as checks:
        for question in questions:
            proofs = list(prove(checks, (question,), secret))
            mistakes = [proof for proof in proofs if proof.implementation != "reference"]
            wrong = [f"{p.implementation}: {', '.join(p.failed)}" for p in proofs if not p.right]
            good = good and not wrong and not checks.broken
            table.add_row(
                question,
                str(len(checks.of(question))),
                f"{sum(proof.right for proof in mistakes)} of {len(mistakes)}",
                str(sum(proof.implementation in proof.named for proof in mistakes)),
                "\n".join(wrong),
            )
        for module, reason in checks.broken.items():
            console.print(f"[red]{module} does not import:[/red] {reason}")
    console.print(table)
    return good
