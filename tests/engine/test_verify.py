"""The self-test of the checks tells a good set of checks from a bad one."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from submissions import RELEASE

from autograder.checking.collect import Checks
from autograder.diagnosis.prove import prove, prove_checks

SECRET = b"a secret of the tests, long enough"


def test_the_shipped_checks_are_proven() -> None:
    text = io.StringIO()
    assert prove_checks(Console(file=text), RELEASE, ["relu_forward", "relu_backward"], SECRET)
    assert "relu_backward" in text.getvalue()


def test_a_check_that_sees_nothing_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    with Checks() as checks:
        seeing = checks.of("relu_forward")
        monkeypatch.setattr(Checks, "of", lambda *_: seeing[:0])
        proofs = list(prove(checks, ("relu_forward",), SECRET))
    assert [proof.implementation for proof in proofs if proof.right] == ["reference"]
