"""Starting the zygote, ordering jails from it, and ending it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Literal

from autograder.course.scratch import scratch
from autograder.sandbox import bubblewrap
from autograder.sandbox.cgroup import Group, new_group
from autograder.sandbox.channel import greeting, socket_pair
from autograder.sandbox.errors import SandboxUnavailable
from autograder.sandbox.policy import Policy
from autograder.sandbox.processes import Jail, Process

Backend = Literal["bubblewrap", "none"]
WARM_SECONDS = 120
JAIL_SECONDS = 30
ADVICE = (
    "The sandbox cannot be started here ({reason}): allow unprivileged user namespaces "
    "(on Ubuntu: sysctl kernel.apparmor_restrict_unprivileged_userns=0; in a container: run it "
    "with them enabled), or choose --sandbox none and do without protection."
)
CLOSED = (
    "The sandbox cannot be started here ({reason}): it has no right of root's, and others may "
    "not enter {folder}. Let them through (chmod o+x {folder}), or grade as the folder's owner."
)
_NO_WAY = re.compile(r"source path (/.+): Permission denied")


def advice(reason: object) -> str:
    """Return the sentence that says why there is no sandbox, and what to do."""
    if not (found := _NO_WAY.search(str(reason))):
        return ADVICE.format(reason=reason)
    folders = [*reversed(Path(found[1]).parents)]
    closed = next((folder for folder in folders if _is_closed(folder)), folders[-1])
    return CLOSED.format(reason=reason, folder=closed)


def _is_closed(folder: Path) -> bool:
    found = folder.stat()
    enters = stat.S_IXOTH | (stat.S_IXGRP if found.st_gid == os.getgid() else 0)
    return found.st_uid != os.getuid() and not found.st_mode & enters


class Zygote:
    """The warm process. It is ours, and no student code runs in it."""

    def __init__(
        self, backend: Backend, shared: Mapping[str, Path], policy: Policy, warm: Sequence[str] = ()
    ) -> None:
        self._backend, self._shared, self._warm = backend, shared, warm
        self._scratch = Path(tempfile.mkdtemp(prefix="sandbox-", dir=scratch()))
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        self._orders, theirs = socket_pair(socket.SOCK_SEQPACKET)
        self._zygote: Process | None = None
        self._group: Group | None = None
        self._process: subprocess.Popen[bytes] | None = None
        try:
            with theirs:
                self._process = self._start(theirs.fileno(), policy)
            self._await_warmth()
        except BaseException:
            self.close()
            raise

    def _start(self, control: int, policy: Policy) -> subprocess.Popen[bytes]:
        build = bubblewrap.bare_command if self._backend == "none" else bubblewrap.sandboxed_command
        command, environment = build(control, self._shared, policy, self._scratch, self._warm)
        try:
            return subprocess.Popen(  # noqa: S603
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                pass_fds=[control],
                start_new_session=True,  # an interrupt at the keyboard is for the grader
                env=environment,
                cwd="/",
            )
        except OSError as problem:
            raise SandboxUnavailable(advice(problem)) from None

    def _await_warmth(self) -> None:
        try:
            _, pid, _ = greeting(self._orders, WARM_SECONDS)
            self._zygote = Process(pid)
            self._group = new_group(pid)  # it is single still, and all that it forks stays there
        except OSError:
            raise SandboxUnavailable(advice(self._last_words())) from None

    def _last_words(self) -> str:
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else "it ended without a word"

    def alive(self) -> bool:
        """Return whether it can take orders."""
        return self._process is not None and self._process.poll() is None

    def open_jail(self, folder: str) -> tuple[Jail, socket.socket]:
        """Return a fresh jail and the socket to its student, who will work in `folder`.

        Raises OSError when there is none to be had.
        """
        ours, theirs = socket_pair()
        try:
            with theirs:
                order = json.dumps({"work": folder}).encode()
                socket.send_fds(self._orders, [order], [theirs.fileno()])
            init = self._greeted(ours)
            student = self._greeted(ours)
            return Jail(init, student, own_pids=self._backend != "none", group=self._group), ours
        except BaseException:
            ours.close()
            raise

    @staticmethod
    def _greeted(sock: socket.socket) -> int:
        _, pid, complaint = greeting(sock, JAIL_SECONDS)
        if complaint:
            raise OSError(complaint)
        return pid

    def new_folder(self) -> str:
        """Return the folder a session's notebook runs in."""
        if self._backend != "none":
            return bubblewrap.WORK
        folder = tempfile.mkdtemp(dir=self._scratch)
        for name, path in self._shared.items():
            os.symlink(Path(path).resolve(), os.path.join(folder, name))
        return folder

    def close(self) -> None:
        """End it and everything that was forked from it."""
        self._orders.close()
        if self._zygote is not None:
            self._zygote.signal(signal.SIGKILL)
            self._zygote.close()
        if self._process is not None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(0.5)
            self._process.kill()
            self._process.wait()
        if self._group is not None:
            self._group.remove()
        self._errors.close()
        shutil.rmtree(self._scratch, ignore_errors=True)
