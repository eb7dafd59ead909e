"""A socket to the student's process, the outer clock beside it. What comes in is hostile."""

from __future__ import annotations

import array
import select
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np

from autograder.sandbox.errors import StudentDied, StudentProtocol, StudentTimeout
from autograder.sandbox.inside.frames import LENGTH, framed
from autograder.sandbox.processes import Spent
from autograder.sandbox.wire import Limits, WireError, decode

TICK = 0.05
CROWDED = 32
"""How many times longer than on an idle machine anything may take."""
SELF_INFLICTED = 8
"""Seconds of waiting that each second of a submission's other processes explains."""
ROOM_FOR_CREDENTIALS = socket.CMSG_SPACE(12)  # struct ucred: process, user and group numbers


class Budget:
    """The seconds that a submission may take in all: of wall time or of CPU, whichever is more.

    What ending its processes and making sure of the sandbox takes is the submission's time too.
    """

    def __init__(self, seconds: float, *, hung: int = 0, stuck: int = 0) -> None:
        self.seconds = seconds
        self.used = 0.0
        self.hung = hung
        """How many cells have used up their time."""
        self.stuck = stuck
        """How many requests of checks have used up theirs."""

    @contextmanager
    def charged(self) -> Iterator[None]:
        """Count the wall time of what is done for the submission."""
        started = time.monotonic()
        try:
            yield
        finally:
            self.used += time.monotonic() - started

    @property
    def left(self) -> float:
        """Return the seconds that are left."""
        return max(0.0, self.seconds - self.used)


class Clock:
    """The seconds one request may take: CPU by the kernel's account, wall as a backstop.

    Time in which the student's process waited for a processor does not count: how busy the
    grading machine is must not decide about a grade. Only `CROWDED` bounds it. Who starts other
    processes or threads has mostly waited for those.
    """

    def __init__(self, cpu: float, wall: float, account: Callable[[], Spent]) -> None:
        self._cpu, self._wall, self._account = cpu, wall, account
        self._start = self._checked = time.monotonic()
        self._before: Spent | None = None
        self._waited = self._spent = 0.0
        self._charged = 0.0

    def charge(self, seconds: float) -> None:
        """Set the CPU seconds that others have spent for the student; raise as `tick` does."""
        self._charged = seconds
        if seconds > self._cpu:
            raise StudentTimeout
        self.tick()

    @property
    def elapsed(self) -> float:
        """Return the wall seconds since the start, without those of waiting."""
        gone = time.monotonic() - self._start
        return max(gone - self._waited, gone / CROWDED)

    @property
    def cost(self) -> float:
        """Return what counts of the budget: the elapsed seconds, or those of CPU if they are more.

        Several processes at once take more of the class's time than a clock on the wall shows.
        """
        return max(self.elapsed, self._spent)

    def tick(self) -> None:
        """Raise StudentTimeout when the time is used up; look at most once in TICK seconds.

        The account is first read on the first tick, so that quick requests do not pay for it.
        """
        now = time.monotonic()
        if now - self._checked < TICK:
            return
        self._checked = now
        spent = self._account()
        if self._before is None:
            self._before = spent
        self._spent = spent.cpu - self._before.cpu
        if spent.ran >= self._before.ran:  # it has not ended
            others = self._spent - (spent.ran - self._before.ran)
            own = SELF_INFLICTED * max(0.0, others)
            self._waited = max(0.0, spent.waited - self._before.waited - own)
        if self.elapsed > self._wall or self._spent + self._charged > self._cpu:
            raise StudentTimeout


class Channel:
    """Frames to and from one process of the student's."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        sock.setblocking(False)
        self._poll = select.poll()
        self._poll.register(sock, select.POLLIN)
        self._out = select.poll()
        self._out.register(sock, select.POLLOUT)

    def request(
        self,
        message: Mapping[str, Any],
        limits: Limits,
        clock: Clock,
        descriptor: int | None = None,
    ) -> dict[str, Any]:
        """Send a message, and a descriptor with it; return the answer.

        Raises StudentTimeout, StudentDied or StudentProtocol.
        """
        try:
            self.send(message, clock, descriptor)
            return self.receive(limits, clock)
        except OSError:
            raise StudentDied() from None

    def send(self, message: Mapping[str, Any], clock: Clock, descriptor: int | None = None) -> None:
        """Send a message."""
        for piece in framed(message):
            view = memoryview(piece)
            while view:
                try:
                    count = self._send_some(view, descriptor)
                except BlockingIOError:
                    self._wait(self._out, clock)
                    continue
                descriptor = None
                view = view[count:]

    def _send_some(self, view: memoryview, descriptor: int | None) -> int:
        if descriptor is None:
            return self._sock.send(view)
        rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))
        return self._sock.sendmsg([view], [rights])

    def receive(self, limits: Limits, clock: Clock) -> dict[str, Any]:
        """Return the next message."""
        self._wait(self._poll, clock)  # it is hardly ever there already
        (length,) = LENGTH.unpack(self._exactly(LENGTH.size, clock))
        if length > LENGTH.size + limits.header_bytes + limits.array_bytes:
            raise StudentProtocol("the answer is larger than allowed")
        try:
            return decode(self._exactly(length, clock), limits)
        except WireError as problem:
            raise StudentProtocol(str(problem)) from None

    def _exactly(self, size: int, clock: Clock) -> memoryview:
        # Not set to zero, so a length that is announced and not sent costs nothing.
        data = np.empty(size, np.uint8).data
        view = data
        while view:
            try:
                count = self._sock.recv_into(view)
            except BlockingIOError:
                self._wait(self._poll, clock)
                continue
            if not count:
                raise StudentDied()
            view = view[count:]
        return data

    def _wait(self, poll: select.poll, clock: Clock) -> None:
        ready = False
        while not ready:
            ready = bool(poll.poll(TICK * 1000))
            clock.tick()

    def sender(self, clock: Clock) -> int:
        """Return the number of the process that sends the next message, as the kernel has it."""
        self._wait(self._poll, clock)
        return _credentials(self._sock.recvmsg(1, ROOM_FOR_CREDENTIALS, socket.MSG_PEEK)[1])

    def close(self) -> None:
        """Hang up."""
        with suppress(OSError):
            self._sock.close()


def greeting(sock: socket.socket, seconds: float) -> tuple[bytes, int, str]:
    """Return the first byte of a process that is still ours, its number here, and its complaint.

    The kernel vouches for the number. Raises OSError when nothing comes in time.
    """
    sock.settimeout(seconds)
    data, ancillary, _, _ = sock.recvmsg(1, ROOM_FOR_CREDENTIALS)
    pid = _credentials(ancillary)
    if not pid:
        raise OSError("no greeting")
    complaint = "" if data != b"E" else sock.recv(500).decode("utf-8", "replace")
    return data, pid, complaint


def _credentials(ancillary: list[tuple[int, int, bytes]]) -> int:
    """Return the sender's process number; 0 where none came."""
    for level, kind, body in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
            return int.from_bytes(body[:4], "little")
    return 0


def socket_pair(
    kind: socket.SocketKind = socket.SOCK_STREAM,
) -> tuple[socket.socket, socket.socket]:
    """Return a fresh pair; the kernel will name the sender to the first."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, kind)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    return ours, theirs
