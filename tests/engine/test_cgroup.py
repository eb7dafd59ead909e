"""Where a control group is ours to divide, the kernel itself keeps the account of a sandbox."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from machine import need

from autograder.sandbox import Sandbox, SourceCell
from autograder.sandbox import cgroup as groups

HIDDEN = """
import os, time
for _ in range(3):
    if not os.fork():
        while time.process_time() < .1: pass
        open(f"done{os.getpid()}", "w").close(); os._exit(0)
while sum(name.startswith("done") for name in os.listdir()) < 3: time.sleep(.02)
"""


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A group that the tests may divide, named as an operator would name it."""
    points = [Path(line.split()[1]) for line in Path("/proc/mounts").read_text().splitlines()
              if line.split()[2] == "cgroup2"]  # fmt: skip
    if not points or not os.access(points[0], os.W_OK):
        pytest.skip("no control group to divide")
    folder = points[0] / f"tests-{os.getpid()}"
    try:
        folder.mkdir()
    except OSError:
        pytest.skip("no control group can be made")
    monkeypatch.setenv(groups.VARIABLE, str(folder))
    yield folder
    folder.rmdir()


def test_the_group_counts_what_runs_in_a_sandbox_and_goes_with_it(home: Path) -> None:
    with Sandbox() as sandbox:
        need(sandbox)
        with sandbox.session({}) as session:
            (run,) = session.run([SourceCell("a", HIDDEN)])
            assert run.status == "ok"
            (group,) = home.glob("autograder-*")
            usage = int((group / "cpu.stat").read_text().split()[1]) / 1e6
            assert 0.3 < session.cpu_seconds <= usage
        assert session.cpu_seconds > 0.3
    assert not list(home.glob("autograder-*"))


def test_what_a_killed_run_left_is_removed_by_the_next(home: Path) -> None:
    (home / f"autograder-{1 << 22}-1").mkdir()
    child = os.posix_spawn("/bin/sleep", ["sleep", "9"], os.environ)
    group = groups.new_group(child)
    assert group is not None
    assert [path.name for path in home.glob("autograder-*")] == [
        f"autograder-{os.getpid()}-{child}"
    ]
    os.kill(child, 9)
    os.waitpid(child, 0)
    group.remove()
    assert group.cpu() >= 0
    assert not list(home.glob("autograder-*"))


def test_without_one_there_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(groups.VARIABLE, str(tmp_path))
    assert groups.delegated() is None
    assert groups.new_group(os.getpid()) is None
