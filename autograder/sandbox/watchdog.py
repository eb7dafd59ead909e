"""The outer clock for memory and tasks: it looks at every open jail and ends what uses too much."""

from __future__ import annotations

import socket
import threading
from typing import Protocol

from autograder.sandbox.policy import Policy
from autograder.sandbox.processes import Jail

INTERVAL = 0.05


class Watched(Protocol):
    """What the watchdog needs of a session."""

    def inspect(self, policy: Policy) -> None:
        """Look at the jail and end it if it uses too much."""


class Jails(Protocol):
    """Where jails come from."""

    policy: Policy

    def open_jail(self, session: Watched) -> tuple[Jail, socket.socket]:
        """Return a fresh jail, watched over. Raises SandboxBroken."""

    def close_jail(self, session: Watched, jail: Jail) -> None:
        """End a jail and everything in it."""

    def make_sure(self) -> None:
        """Return if jails work; raise SandboxBroken if not even a fresh zygote gives one."""


class Watchdog:
    """A thread that looks at jails while there are any."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._jails: set[Watched] = set()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopped = False
        self._thread: threading.Thread | None = None

    def watch(self, jail: Watched) -> None:
        """Look at this jail from now on."""
        with self._lock:
            self._jails.add(jail)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)
                self._thread.start()
        self._wake.set()

    def forget(self, jail: Watched) -> None:
        """Look at this jail no more; an inspection under way ends first."""
        with self._lock:
            self._jails.discard(jail)

    def stop(self) -> None:
        """End the thread."""
        self._stopped = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        pause = threading.Event()
        while not self._stopped:
            self._wake.wait()
            with self._lock:
                if not self._jails:
                    self._wake.clear()
                for jail in self._jails:
                    jail.inspect(self._policy)
            pause.wait(INTERVAL)
