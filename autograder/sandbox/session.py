"""One notebook's run: its cells in a jail of its own, then a fork for each question."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from autograder.sandbox import outputs as checked
from autograder.sandbox.cells import CellError, CellRun, SourceCell, Status, read_answer
from autograder.sandbox.channel import Budget, Channel, Clock, socket_pair
from autograder.sandbox.errors import (
    SandboxBroken,
    StudentDied,
    StudentError,
    StudentTimeout,
)
from autograder.sandbox.places import Sources
from autograder.sandbox.policy import Policy
from autograder.sandbox.processes import Jail, Spent, ended_by_itself
from autograder.sandbox.requests import Fork
from autograder.sandbox.watchdog import Jails
from autograder.sandbox.wire import DEFAULT_LIMITS, Limits

__all__ = ["CellError", "CellRun", "Session", "SourceCell"]

REPLAY_MARGIN = 1.5  # times what the good cells took: kept back for running them again
LEAST_OUTPUT = 1 << 13  # bytes that an output counts as, at least: each costs work of ours
CHECKS_SHARE = 0.25  # of the whole time: kept back for the checks


class Session:
    """The student's process, as often as it has to be started anew. Use as a context manager."""

    def __init__(
        self,
        jails: Jails,
        files: Mapping[str, bytes],
        budget: Budget,
        sources: Sources | None = None,
    ) -> None:
        self.policy, self.budget = jails.policy, budget
        self.sources = Sources() if sources is None else sources
        self._ran = 0
        self._jails = jails
        self._files = {name: np.frombuffer(data, np.uint8) for name, data in files.items()}
        self._good: list[str] = []
        self._doubtful: set[str] = set()
        self._good_seconds = 0.0
        self._restarts = self._fork_pid = 0
        self._output_left = self.policy.total_output_bytes
        self._cpu_before = 0.0
        self._ended_because: str | None = None
        self._in_fork = False
        self._lock = threading.Lock()
        self._jail: Jail | None = None
        self._open()

    # Cells

    def run(self, cells: Sequence[SourceCell], *, sure: bool = False) -> list[CellRun]:
        """Run cells in order. An error stops none of the others.

        A cell that hangs or kills the interpreter costs itself: the good ones before it run again
        in a fresh process. One that ends it for no known reason gets a second try, unless `sure`.
        """
        runs: list[CellRun] = []
        for count, cell in enumerate(cells, start=len(self._good) + 1):
            key = str(self._ran)
            self._ran += 1
            self.sources.add(key, cell)
            run = self._try_cell(key, sure)
            sizes = (max(LEAST_OUTPUT, len(str(output))) for output in run.outputs)
            self._output_left -= sum(sizes)
            if self._output_left < 0:
                run = msgspec.structs.replace(run, outputs=[])
            checked.set_execution_count(run.outputs, count)
            runs.append(msgspec.structs.replace(run, id=cell.id))
        with self.budget.charged():
            if self._jail is not None and not self._jail.kill_orphans():
                self._lose_jail(StudentDied("its processes could not be ended"))
        return runs

    @property
    def cpu_seconds(self) -> float:
        """Return the CPU seconds so far, by the kernel's account."""
        return self._cpu_before + (self._jail.cpu() if self._jail is not None else 0.0)

    @property
    def pid(self) -> int:
        """Return the number of the student's process on this machine; 0 between jails."""
        return self._jail.student.pid if self._jail is not None else 0

    def _try_cell(self, key: str, sure: bool) -> CellRun:
        """Run a cell; if its process ends for no known reason, run it once more to be sure."""
        for last in (True,) if sure else (False, True):
            reserve = REPLAY_MARGIN * self._good_seconds + CHECKS_SHARE * self.budget.seconds
            wall = self.budget.left - reserve
            if wall <= 0 or not self._ready(self.policy.restarts):
                return CellRun(key, "skipped", [], 0.0)
            cpu = self.policy.later_cell_cpu if self.budget.hung else self.policy.cell_cpu
            started = time.monotonic()
            try:
                run = self._run_cell(key, cpu, min(self.policy.cell_wall, wall))
            except StudentError as error:
                reason = self._lose_jail(error)
                if isinstance(reason, StudentDied) and self._ended_because is None and not last:
                    self._make_sure()
                    continue
                status: Status = "timeout" if isinstance(reason, StudentTimeout) else "dead"
                self.budget.hung += status == "timeout"
                why = CellError(type(reason).__name__, str(reason), None, None)
                return CellRun(key, status, [], time.monotonic() - started, why)
            self._good.append(key)
            self._good_seconds += time.monotonic() - started
            return run
        raise AssertionError("unreachable")

    def draw(self, pictures: Sequence[bytes]) -> Any:
        """Return what the process made of pictures, before any cell has run; or StudentError."""
        message, policy = {"op": "draw", "pictures": list(pictures)}, self.policy
        try:
            answer = self._ask(message, policy.reply_limits, policy.cell_cpu, policy.cell_wall)
        except StudentError as error:
            raise self._lose_jail(error) from None
        return answer.get("drawn")

    def _run_cell(self, key: str, cpu: float, wall: float) -> CellRun:
        message = {"op": "cell", "id": key, "source": self.sources[key]}
        answer = self._ask(message, self.policy.cell_limits, cpu, wall)
        return read_answer(key, answer, self.sources, self.policy.outputs)

    def _ask(self, message: Mapping[str, Any], limits: Limits, cpu: float, wall: float) -> Any:
        jail, channel = self._need_jail()
        clock = Clock(cpu, wall, jail.spent)
        try:
            return channel.request(message, limits, clock)
        finally:
            self.budget.used += clock.cost

    # Forks

    def fork(self) -> Fork:
        """Return a fork of the process after its cells. Close it before asking for the next.

        Raises StudentDied, StudentTimeout or StudentProtocol if the process gives none.
        """
        if not self.budget.left:
            raise StudentTimeout
        if not self._ready(2 * self.policy.restarts):
            raise StudentDied("the notebook cannot be run to its end")
        jail, channel = self._need_jail()
        self._in_fork = True
        ours, theirs = socket_pair()
        with theirs:
            clock = Clock(self.policy.check_cpu, self.policy.check_wall, jail.spent)
            self._fork_pid = 0
            jail.student.signal(signal.SIGCONT)
            try:
                channel.send({"op": "fork"}, clock, theirs.fileno())
            except (OSError, StudentError):
                ours.close()
                raise self._lose_jail(StudentDied()) from None
        fork = Fork(ours, self)
        try:
            fork.greet()
        except StudentError:
            fork.close()
            raise
        jail.student.signal(signal.SIGSTOP)
        return fork

    def fork_is(self, pid: int) -> None:
        """Take note of the fork's number."""
        self._fork_pid = pid

    def fork_spent(self) -> Spent:
        """Return what the jail's processes have spent, and how the fork fared."""
        return self._jail.spent(self._fork_pid) if self._jail is not None else Spent(0.0, 0.0)

    def fork_over(self, error: StudentError | None) -> StudentError | None:
        """End what is left of a fork; return the error with its real reason."""
        jail = self._jail
        if jail is None:
            return error
        with self.budget.charged():
            itself = isinstance(error, StudentDied) and ended_by_itself(self._fork_pid)
        with self.budget.charged(), self._lock:
            # An inspection under way has ended: it would end the next fork too.
            gone = jail.kill_orphans()
            reason, self._ended_because = self._ended_because, None
            self._in_fork = False
        if not gone:
            self._lose_jail(StudentDied("its processes could not be ended"))
        if isinstance(error, StudentDied):
            if reason is not None or itself:
                return StudentDied(reason or "it left")
            self._make_sure()
        return error

    def _make_sure(self) -> None:
        with self.budget.charged():
            self._jails.make_sure()

    # The jail

    def inspect(self, policy: Policy) -> None:
        """Look at the jail and end what uses too much; the watchdog calls this from its thread."""
        with self._lock:
            jail = self._jail
            if jail is None:
                return
            if jail.has_more_tasks(policy.tasks):
                self._ended_because = f"it started more than {policy.tasks} processes"
                jail.kill()
            elif jail.memory(policy.memory) > policy.memory:
                self._ended_because = f"it used more than {policy.memory >> 20} MiB of memory"
                # A fork dies alone if what it leaves behind is little enough.
                alone = self._in_fork and jail.kill_orphans()
                if not alone or jail.memory(policy.memory) > policy.memory:
                    jail.kill()

    def _ready(self, restarts: int) -> bool:
        """Return whether there is a jail in which the good cells have run; make one if need be.

        Not if that takes more time than is left or more than so many restarts in all.
        """
        while self._jail is None or self._jail.ended():
            if self._restarts >= restarts or not self.budget.left:
                return False
            self._restarts += 1
            self._close_jail()
            with self.budget.charged():
                self._open()
            for key in list(self._good):
                try:
                    self._run_cell(key, self.policy.cell_cpu, self.budget.left)
                except StudentError as error:
                    reason = self._lose_jail(error)
                    unexplained = isinstance(reason, StudentDied) and reason.unexplained
                    if unexplained and key not in self._doubtful:
                        self._doubtful.add(key)  # it has ended well before: once more
                    elif self.budget.left:
                        self._good.remove(key)
                    break
        return True

    def _open(self) -> None:
        for last in (False, True):  # what ends a fresh process once need not end the next
            self._ended_because = None
            jail, sock = self._jails.open_jail(self)
            with self._lock:
                self._jail = jail
            self._channel = Channel(sock)
            clock = Clock(self.policy.cell_cpu, self.policy.cell_wall, jail.spent)
            try:
                self._channel.request({"files": self._files}, DEFAULT_LIMITS, clock)
            except StudentError as error:  # no code of the student's has run yet
                self._close_jail()
                if last:
                    broken = f"A fresh process did not take the files: {error!r}"
                    raise SandboxBroken(broken) from None
            else:
                return

    def _need_jail(self) -> tuple[Jail, Channel]:
        if self._jail is None:
            raise StudentDied()
        return self._jail, self._channel

    def _lose_jail(self, error: StudentError) -> StudentError:
        """Close the jail after an error; return the error with its real reason."""
        self._close_jail()
        if self._ended_because is not None and isinstance(error, StudentDied):
            return StudentDied(self._ended_because)
        return error

    def _close_jail(self) -> None:
        with self._lock:
            jail, self._jail = self._jail, None
        if jail is not None:
            self._cpu_before += jail.cpu()
            self._channel.close()
            with self.budget.charged():
                self._jails.close_jail(self, jail)

    def close(self) -> None:
        """End the session and everything in its jail."""
        self._close_jail()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
