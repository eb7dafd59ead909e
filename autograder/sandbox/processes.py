"""A jail's processes seen from the host: who they are, what they use, and their end.

Only the kernel is believed: the process table, and process descriptors that cannot be recycled.
"""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import cache

import msgspec

from autograder.sandbox.cgroup import Group

PAGE = os.sysconf("SC_PAGE_SIZE")
TICKS = os.sysconf("SC_CLK_TCK")
MOST = 1024
LOOKUP_SECONDS = 0.2
ORPHANS_SECONDS = 2.0
FEW_ORPHANS = 16
END_SECONDS = 0.2
SOCKET_BYTES = 1 << 19
"""What one socket may keep of messages that nobody has read: twice the kernel's default."""
_EXIT_CODE = 49  # in /proc/pid/stat, counted from the third field
_OWN_SIGNALS = (signal.SIGSEGV, signal.SIGABRT, signal.SIGFPE, signal.SIGILL, signal.SIGTRAP)


class Spent(msgspec.Struct, frozen=True):
    """What a jail has spent, in seconds."""

    cpu: float
    """Of all its processes and threads."""
    waited: float
    """That one process, the one that is asked, was ready to run and found no processor free."""
    ran: float = 0.0
    """That this one was running."""


class Process:
    """One process, held by a descriptor, so that no signal ever meets a stranger."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._descriptor = os.pidfd_open(pid)

    def signal(self, number: int) -> None:
        """Send a signal; to a process that has ended, none."""
        if self._descriptor >= 0:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._descriptor, number)

    def wait(self, seconds: float) -> bool:
        """Wait for its end. Return whether it came."""
        if self._descriptor < 0:
            return True
        return bool(_ended(self._descriptor, seconds))

    def close(self) -> None:
        """Let go of the descriptor."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _ended(descriptor: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(max(0, int(seconds * 1000))))


class Jail:
    """The init, the student and all that descends from them; `group` is their sandbox's."""

    def __init__(
        self, init: int, student: int, *, own_pids: bool, group: Group | None = None
    ) -> None:
        self.init, self.student = Process(init), Process(student)
        self._own_pids = own_pids
        self._mapped, self._resident = _mapped(init), _resident(init)
        self._cpu, self._group = 0.0, group
        self._group_before = group.cpu() if group is not None else 0.0

    def ended(self) -> bool:
        """Return whether the init has ended, and with it the jail."""
        return self.init.wait(0)

    def descendants(self, most: int = MOST) -> list[int]:
        """Return the init and all its descendants; of more than `most`, some."""
        found = [] if self.ended() else [self.init.pid]
        for pid in found:
            if len(found) > most:
                break
            found += children(pid)
        return found

    def has_more_tasks(self, most: int) -> bool:
        """Return whether there are more processes and threads than `most`.

        This has to be quick when there are, since they leave us little time of the processor.
        """
        pids = self.descendants(most)
        return len(pids) > most or sum(_threads(pid) for pid in pids) > most

    def memory(self, enough: int) -> int:
        """Return the bytes of memory in use, or an upper bound if that is below `enough`.

        That is what is resident, shared pages counted once, what is mapped for sharing (pages
        of a shared mapping stay when nobody has them resident), and what sockets can hold.
        Sharing is looked up for the largest first and not for long, since a process that forks
        all the time keeps its lookup waiting; of the others only what they have more than the
        zygote counts.
        """
        pids = self.descendants()
        shared = sum(max(0, _mapped(pid) - self._mapped) for pid in pids)
        if self._own_pids:  # and a network of its own
            shared += _sockets(self.init.pid) * SOCKET_BYTES
        resident = {pid: _resident(pid) for pid in pids}
        total = sum(resident.values()) + shared
        if total < enough:
            return total
        until = time.monotonic() + LOOKUP_SECONDS
        total = shared
        for pid, size in sorted(resident.items(), key=lambda entry: -entry[1]):
            late = time.monotonic() > until
            total += max(0, size - self._resident) if late else _proportional(pid)
        return total

    def spent(self, pid: int | None = None) -> Spent:
        """Return what the whole jail has spent, and how a process fared, by default the student."""
        ran, waited = _turns(self.student.pid if pid is None else pid)
        return Spent(self.cpu(), waited, ran)

    def cpu(self) -> float:
        """Return the CPU seconds of the whole jail: by the kernel's group, else the process table.

        There ended processes are in the accounts of parents: all wait, the init for orphans, and
        the filter of system calls lets nobody ignore SIGCHLD. One that changes parents while this
        looks may be missed: the largest sum counts.
        """
        if self._group is not None:
            return self._group.cpu() - self._group_before
        self._cpu = max(self._cpu, sum(map(cpu_seconds, self.descendants())))
        return self._cpu

    def kill_orphans(self) -> bool:
        """End all but the init and the student. Return whether they are gone.

        Of many, or of some that make new ones faster than they end, this gives up: then the
        jail has to go, which ends them all at once.
        """
        until = time.monotonic() + ORPHANS_SECONDS
        while orphans := self._orphans():
            crowd = self._own_pids and len(orphans) > FEW_ORPHANS
            if crowd or time.monotonic() > until:
                return False
            for pid in orphans:
                self._kill(pid)
        return True

    def kill(self) -> None:
        """End the whole jail: with the init, the kernel ends all that is in its PID namespace."""
        if not self._own_pids:
            self.student.signal(signal.SIGSTOP)
            self.kill_orphans()
        self.init.signal(signal.SIGKILL)

    def close(self) -> None:
        """Let go of the descriptors."""
        self.init.close()
        self.student.close()

    def _orphans(self) -> list[int]:
        ours = (self.init.pid, self.student.pid)
        return [pid for pid in self.descendants() if pid not in ours and not _is_zombie(pid)]

    def _kill(self, pid: int) -> None:
        """Kill a descendant, having made sure that the number still means one."""
        with suppress(OSError):
            process = Process(pid)
            try:
                if pid in self._orphans():
                    process.signal(signal.SIGKILL)
                    process.wait(END_SECONDS)
            finally:
                process.close()


def _read(path: str) -> bytes:
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read()
    except OSError:
        return b""


def children(pid: int) -> Iterator[int]:
    """Yield the children of all threads of a process."""
    if not _kernel_lists_children():
        yield from _children_by_search(pid)  # a kernel without CONFIG_PROC_CHILDREN
        return
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return
    for thread in threads:
        yield from map(int, _read(f"/proc/{pid}/task/{thread}/children").split())


@cache
def _kernel_lists_children() -> bool:
    return os.path.exists(f"/proc/{os.getpid()}/task/{os.getpid()}/children")


def _children_by_search(pid: int) -> Iterator[int]:
    parent = str(pid).encode()
    for name in filter(str.isdigit, os.listdir("/proc")):
        if _fields(int(name))[1:2] == [parent]:
            yield int(name)


def _fields(pid: int) -> list[bytes]:
    """Return the fields of /proc/pid/stat from the third on; empty if it is gone."""
    return _read(f"/proc/{pid}/stat").rpartition(b")")[2].split()


def _is_zombie(pid: int) -> bool:
    return _fields(pid)[:1] in ([b"Z"], [b"X"], [])


def cpu_seconds(pid: int) -> float:
    """Return user and system time of a process and of the children it waited for, in seconds."""
    fields = _fields(pid)
    return sum(map(int, fields[11:15])) / TICKS if fields else 0.0


def _turns(pid: int) -> tuple[float, float]:
    """Return the seconds a process's first thread ran, and those it found no processor free.

    Zero on kernels that do not count them; then a crowded machine is the student's bad luck.
    """
    words = _read(f"/proc/{pid}/schedstat").split()
    return (int(words[0]) / 1e9, int(words[1]) / 1e9) if len(words) > 1 else (0.0, 0.0)


def ended_by_itself(pid: int) -> bool:
    """Return whether a process left, or was ended by a signal that only its own mistake raises.

    Nobody has waited for its end yet; it may be ending still, its sockets closed.
    """
    with suppress(OSError):
        process = Process(pid)
        process.wait(END_SECONDS)
        process.close()
    fields = _fields(pid)
    if fields[:1] != [b"Z"]:
        return False
    status = int(fields[_EXIT_CODE])
    return os.WIFEXITED(status) or os.WTERMSIG(status) in _OWN_SIGNALS


def _sockets(pid: int) -> int:
    """Return how many sockets there are in a process's network namespace."""
    words = _read(f"/proc/{pid}/net/sockstat").split(maxsplit=3)
    return int(words[2]) if len(words) > 2 else 0


def _threads(pid: int) -> int:
    fields = _fields(pid)
    return int(fields[17]) if fields else 0


def _resident(pid: int) -> int:
    words = _read(f"/proc/{pid}/statm").split()
    return int(words[1]) * PAGE if words else 0


def _mapped(pid: int) -> int:
    """Return the bytes mapped that are not private and writable."""
    words = _read(f"/proc/{pid}/statm").split()
    return (int(words[0]) - int(words[5])) * PAGE if words else 0


def _proportional(pid: int) -> int:
    """Return resident bytes, a shared page divided among those who share it."""
    for line in _read(f"/proc/{pid}/smaps_rollup").splitlines():
        if line.startswith(b"Pss:"):
            return int(line.split()[1]) * 1024
    return _resident(pid)
