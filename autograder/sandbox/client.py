"""The sandbox as the rest of the program knows it: a warm process that gives sessions."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from autograder.sandbox.channel import Budget
from autograder.sandbox.errors import SandboxBroken, SandboxUnavailable, StudentError
from autograder.sandbox.launch import Backend, Zygote, advice
from autograder.sandbox.places import Sources
from autograder.sandbox.policy import POLICY, Policy
from autograder.sandbox.processes import Jail
from autograder.sandbox.session import Session, SourceCell
from autograder.sandbox.watchdog import Watchdog, Watched

END_SECONDS = 5.0


class Sandbox:
    """A warm zygote that is started when first needed, and anew when it is gone.

    `shared` maps names to files and folders that every session sees, read-only, under that name
    in its working directory; `warm` are modules that most of them import. One thread at a time.
    Use as a context manager.
    """

    def __init__(
        self,
        backend: Backend = "bubblewrap",
        shared: Mapping[str, Path] | None = None,
        policy: Policy = POLICY,
        warm: Sequence[str] = (),
    ) -> None:
        self.backend: Backend = backend
        self.policy = policy
        self._shared, self._warm = dict(shared or {}), tuple(warm)
        files = ((name, file) for name, path in self._shared.items() for file in path.glob("*.py"))
        self._handed_out = frozenset(f"{name}/{file.name}" for name, file in files)
        self._zygote: Zygote | None = None
        self._has_worked = False
        self._watchdog = Watchdog(policy)

    def probe(self) -> None:
        """Raise SandboxUnavailable, with one sentence, if this machine cannot give a sandbox."""
        self._canary()

    def session(
        self,
        files: Mapping[str, bytes],
        budget: Budget | None = None,
        neighbours: Mapping[str, SourceCell] | None = None,
    ) -> Session:
        """Return a fresh session with these files in its working directory.

        `budget` is the submission's wall time, shared by the sessions that are given the same.
        `neighbours` are cells of other notebooks, by what their code is called when it is loaded.
        Raises SandboxUnavailable, SandboxBroken; ValueError for a file name that leaves the folder.
        """
        for name in files:
            parts = Path(name).parts
            if not parts or Path(name).is_absolute() or ".." in parts or "\0" in name:
                raise ValueError(f"not a name for a submitted file: {name!r}")
        given = {n: d for n, d in files.items() if Path(n).parts[0] not in self._shared}
        sources = Sources(neighbours, self._handed_out)
        return Session(self, given, budget or Budget(self.policy.submission_wall), sources)

    def open_jail(self, session: Watched) -> tuple[Jail, socket.socket]:
        """Return a fresh jail, watched over, from this zygote or from a new one."""
        problem = "it gives no jail"
        for _ in range(2):
            try:
                if self._zygote is None or not self._zygote.alive():
                    self._start()
                assert self._zygote is not None
                jail, sock = self._zygote.open_jail(self._zygote.new_folder())
            except OSError as error:
                problem = str(error)
                self._stop()
            else:
                self._has_worked = True
                self._watchdog.watch(session)
                return jail, sock
        if self._has_worked:
            raise SandboxBroken(f"The sandbox stopped working: {problem}")
        raise SandboxUnavailable(advice(problem))

    def close_jail(self, session: Watched, jail: Jail) -> None:
        """End a jail; if it will not end, end the zygote with all that was forked from it."""
        self._watchdog.forget(session)
        jail.kill()
        if not jail.init.wait(END_SECONDS):
            self._stop()
        jail.close()

    def make_sure(self) -> None:
        """Return if sessions work, from a fresh zygote if need be; raise SandboxBroken if not."""
        try:
            self._canary()
        except (SandboxUnavailable, StudentError):
            self._stop()
            try:
                self._canary()
            except (SandboxUnavailable, StudentError) as problem:
                raise SandboxBroken(f"The sandbox stopped working: {problem}") from None

    def _canary(self) -> None:
        budget = Budget(self.policy.submission_wall)
        with Session(self, {}, budget) as session:
            (run,) = session.run([SourceCell("canary", "assert 1 + 1 == 2")], sure=True)
            if run.status != "ok":
                raise SandboxUnavailable(advice(f"a trivial cell is {run.status}"))

    def _start(self) -> None:
        self._stop()
        try:
            self._zygote = Zygote(self.backend, self._shared, self.policy, self._warm)
        except SandboxUnavailable as problem:
            if self._has_worked:
                raise SandboxBroken(str(problem)) from None
            raise

    def _stop(self) -> None:
        if self._zygote is not None:
            self._zygote.close()
            self._zygote = None

    def close(self) -> None:
        """End the zygote and everything that was forked from it."""
        self._watchdog.stop()
        self._stop()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
