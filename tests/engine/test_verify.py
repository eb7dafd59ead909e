"""The self-test of the checks tells a good set of checks from a bad one."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from autograder.assignment import Assignment, find
from autograder.checking.collect import Checks
from autograder.course.course import Course
from autograder.diagnosis.prove import REFERENCE, Prover, prove_checks
from autograder.errors import UsageError

SECRET = b"a secret of the tests, long enough"


@pytest.fixture(scope="module")
def prover(tiny: Course) -> Prover:
    return Prover(find(tiny, "tiny"), SECRET)


def test_the_tiny_assignment_is_proven(prover: Prover) -> None:
    text = io.StringIO()
    assert prove_checks(Console(file=text, width=200), prover, prover.questions), text.getvalue()
    assert all(question in text.getvalue() for question in ("standardize", "initials", "account"))


def test_every_mistake_is_called_by_its_own_name(prover: Prover) -> None:
    for proof in prover.prove(prover.questions):
        assert proof.named == (() if proof.implementation == REFERENCE else (proof.implementation,))


def test_a_check_that_uses_the_release_is_run_and_catches(prover: Prover) -> None:
    failed = {proof.implementation: proof.failed for proof in prover.prove(["standardize"])}
    assert failed == {
        REFERENCE: (),
        "rows_standardized": ("columns", "sales"),
        "only_centred": ("columns", "sales"),
    }


def test_a_check_that_sees_nothing_is_found_out(
    prover: Prover, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Checks, "of", lambda *_: [])
    proofs = list(prover.prove(["initials"]))
    assert [proof.implementation for proof in proofs if proof.right] == [REFERENCE]
    assert not prove_checks(Console(file=io.StringIO()), prover, ["initials"])


def test_an_assignment_without_hidden_checks_has_nothing_to_prove(tiny: Course) -> None:
    with pytest.raises(UsageError, match=r"^tiny is an ordinary nbgrader assignment[^\n]*\.$"):
        Prover(Assignment(tiny, "tiny", None), SECRET)
