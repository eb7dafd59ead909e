"""The kernel's own account of CPU time, where a control group (cgroup v2) is ours to divide.

Everything that a sandbox ever starts stays in its group, so nothing that runs there can hide what
it spends. Elsewhere the account is made from the process table (see `processes`).
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

VARIABLE = "AUTOGRADER_CGROUP"
"""Names a group that this user may divide, if it is not the one that we run in."""
NAME = "autograder-"
DELEGATED = ("user.delegate", "trusted.delegate")  # how systemd marks what it leaves to others
MACHINE_S_NAMESPACE = 0xEFFFFFFB  # the number of the namespace of groups that a machine starts with
END_SECONDS = 1.0


class Group:
    """One sandbox's group."""

    def __init__(self, path: Path, pid: int) -> None:
        """Make it and put a process into it. Raises OSError."""
        self._path, self._cpu = path, 0.0
        path.mkdir()
        try:
            (path / "cgroup.procs").write_text(str(pid))
        except OSError:
            self.remove(0.0)
            raise

    def cpu(self) -> float:
        """Return the CPU seconds of all that is or was in it, also when it is gone."""
        for line in _lines(self._path / "cpu.stat"):
            name, _, number = line.partition(" ")
            if name == "usage_usec":
                self._cpu = int(number) / 1e6
        return self._cpu

    def remove(self, seconds: float = END_SECONDS) -> None:
        """Remove it once its processes are gone."""
        until = time.monotonic() + seconds
        while self._path.exists():
            with suppress(OSError):
                self._path.rmdir()
                return
            if time.monotonic() >= until:
                return
            time.sleep(0.01)


def new_group(pid: int) -> Group | None:
    """Return a group with this process in it; None where there is none to be had."""
    home = delegated()
    if home is None:
        return None
    _remove_left_over(home)
    with suppress(OSError):
        return Group(home / f"{NAME}{os.getpid()}-{pid}", pid)
    return None


def delegated() -> Path | None:
    """Return the group that may be divided here; None if there is none."""
    named = os.environ.get(VARIABLE)
    home = Path(named) if named else _own()
    if home is None or not (named or os.getuid() or _left_to_us(home)):
        return None
    usable = all(os.access(path, os.W_OK) for path in (home, home / "cgroup.procs"))
    return home if usable and (home / "cpu.stat").exists() else None


def _own() -> Path | None:
    """Return the group that this process is in."""
    ours = next((line[3:] for line in _lines("/proc/self/cgroup") if line.startswith("0::")), None)
    for line in _lines("/proc/self/mountinfo"):
        before, _, after = line.partition(" - ")
        if after.startswith("cgroup2 ") and ours is not None:
            root, point = before.split()[3:5]
            if Path(ours).is_relative_to(root):
                return Path(point) / Path(ours).relative_to(root)
    return None


def _left_to_us(home: Path) -> bool:
    """Return whether root may divide a group; it can write other people's, too."""
    if os.stat("/proc/self/ns/cgroup").st_ino != MACHINE_S_NAMESPACE:
        return True  # a container's own
    for name in DELEGATED:
        with suppress(OSError):
            if os.getxattr(home, name) == b"1":
                return True
    return False


def _remove_left_over(home: Path) -> None:
    """Remove what workers that were killed left."""
    for path in home.glob(f"{NAME}*-*"):
        owner = path.name.removeprefix(NAME).partition("-")[0]
        if not os.path.exists(f"/proc/{owner}"):
            with suppress(OSError):
                path.rmdir()


def _lines(path: str | Path) -> Iterator[str]:
    with suppress(OSError):
        yield from Path(path).read_text().splitlines()
