"""What a dead process left in the temporary directory is removed, and nothing else."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.course.scratch import OWNER, PREFIX, UNLOCKED_SECONDS, sweep

MAKE = """
from autograder.course.scratch import scratch
(scratch() / "solution.ipynb").write_text("all of it")
print(scratch(), flush=True)
input()
"""


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that has a folder in `tmp_path`, and waits."""
    process = subprocess.Popen(
        [sys.executable, "-c", MAKE],
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.communicate()


def folder_of(owner: subprocess.Popen[str]) -> Path:
    assert owner.stdout is not None
    return Path(owner.stdout.readline().strip())


def test_a_living_process_keeps_its_folder_and_a_killed_one_does_not(
    tmp_path: Path, owner: subprocess.Popen[str]
) -> None:
    folder = folder_of(owner)
    sweep(tmp_path)
    assert (folder / "solution.ipynb").exists()
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    assert folder.exists()
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_ends_removes_its_folder_itself(
    tmp_path: Path, owner: subprocess.Popen[str]
) -> None:
    assert folder_of(owner).parent == tmp_path
    owner.communicate("\n")
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_ours_stays(tmp_path: Path) -> None:
    mine, elsewhere = tmp_path / "autograder-notes", tmp_path / "elsewhere"
    for folder in (mine, elsewhere):
        folder.mkdir()
        (folder / OWNER).touch()
    (tmp_path / f"{PREFIX}link").symlink_to(elsewhere)
    sweep(tmp_path)
    assert sorted(tmp_path.rglob("*")) == sorted(
        [mine, mine / OWNER, elsewhere, elsewhere / OWNER, tmp_path / f"{PREFIX}link"]
    )


def test_a_folder_that_has_no_lock_yet_is_given_time(tmp_path: Path) -> None:
    new, old = tmp_path / f"{PREFIX}new", tmp_path / f"{PREFIX}old"
    new.mkdir()
    old.mkdir()
    past = old.stat().st_mtime - UNLOCKED_SECONDS - 1
    os.utime(old, (past, past))
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == [new]


def test_what_something_still_writes_in_is_removed_by_the_sweep_after_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox = tmp_path / f"{PREFIX}left" / "sandbox"
    sandbox.mkdir(parents=True)
    (sandbox.parent / OWNER).touch()
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", lambda *_, **__: None)  # a new file for each removed one
        sweep(tmp_path)
    assert sorted(sandbox.parent.iterdir()) == sorted([sandbox.parent / OWNER, sandbox])
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []
