"""What stands between a submission and this machine: asked of the kernel, about a live sandbox."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from pathlib import Path

import msgspec

from autograder.sandbox.cgroup import VARIABLE, delegated
from autograder.sandbox.client import Sandbox
from autograder.sandbox.inside.syscalls import count
from autograder.sandbox.session import SourceCell

NAMESPACES = {
    "user": ("user namespace", "root in there is nobody out here"),
    "pid": ("process namespace", "it ends as a whole, and sees no other process"),
    "mnt": ("file systems", "the interpreter and its packages, read-only, and a disk of its own"),
    "net": ("network namespace", "the submission's own, with nothing in it"),
    "ipc": ("shared memory", "the submission's own"),
}


class Protection(msgspec.Struct, frozen=True):
    """One of them."""

    name: str
    given: bool
    says: str
    needed: bool = True
    """Whether grading is unsafe without it."""


def protections(sandbox: Sandbox) -> Iterator[Protection]:
    """Yield what protects this machine from a submission in the sandbox, and what is missing.

    Raises:
        SandboxUnavailable: there is no sandbox.
    """
    with sandbox.session({}) as one, sandbox.session({}) as two:
        for session in (one, two):
            session.run([SourceCell("a", "1")])
        for kind, (name, says) in NAMESPACES.items():
            apart = len({_namespace(pid, kind) for pid in (os.getpid(), one.pid, two.pid)}) == 3
            yield Protection(name, apart, says if apart else "shared with other submissions")
        status = Path(f"/proc/{one.pid}/status").read_text().splitlines()
        said = dict(line.split(":\t", 1) for line in status if ":\t" in line)
    filtered = said.get("Seccomp") == "2"
    calls = f"{count()} system calls are allowed on {platform.machine()}, all others are not there"
    yield Protection("seccomp", filtered, calls if filtered else "no filter of system calls")
    powerless = not int(said.get("CapEff", "1"), 16) and said.get("NoNewPrivs") == "1"
    yield Protection("no privileges", powerless, "and no way to gain any" if powerless else "some")
    home = delegated()
    yield Protection(
        "control group",
        home is not None,
        f"CPU time is the kernel's account in {home}"
        if home is not None
        else "none is delegated (cgroup v2): CPU time is summed over the process table; "
        f"systemd-run --user --scope -p Delegate=yes gives one, or {VARIABLE} names one",
        needed=False,
    )


def _namespace(pid: int, kind: str) -> str:
    return os.readlink(f"/proc/{pid}/ns/{kind}")
