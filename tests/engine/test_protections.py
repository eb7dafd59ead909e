"""Doctor names each protection that this machine gives, and each that is missing."""

from __future__ import annotations

import io
import re

import pytest
from machine import need
from rich.console import Console
from submissions import ROOT

from autograder.classroom import doctor
from autograder.sandbox import Sandbox
from autograder.sandbox.protections import NAMESPACES, protections

NAMED = {*(name for name, _ in NAMESPACES.values()), "seccomp", "no privileges", "control group"}


@pytest.mark.parametrize("backend", ["bubblewrap", "none"])
def test_each_protection_is_asked_of_the_kernel(backend) -> None:
    with Sandbox(backend) as sandbox:
        need(sandbox)
        found = {one.name: one for one in protections(sandbox)}
    assert found.keys() == NAMED
    given = {name for name, one in found.items() if one.given and one.needed}
    if backend == "bubblewrap":
        assert given == NAMED - {"control group"}
    else:  # an ordinary user has no privileges to begin with
        assert given <= {"no privileges"}
    assert not found["control group"].needed


def test_doctor_prints_them_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    with Sandbox() as sandbox:
        need(sandbox)
    page = io.StringIO()
    assert doctor.examine(Console(file=page, width=300))
    printed = page.getvalue()
    assert [name for name in NAMED if name not in printed] == []
    assert re.search(r"SHA-256 [0-9a-f]{64}", printed)


def test_what_is_missing_and_needed_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    lacks = [doctor.Finding("seccomp", False, "no filter"), doctor.Finding("x", False, "", False)]
    for findings, good in ((lacks[1:], True), (lacks, False)):
        monkeypatch.setattr(doctor, "look", lambda found=findings: iter(found))
        assert doctor.examine(Console(file=io.StringIO())) is good
