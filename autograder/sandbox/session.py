"""One notebook's run: its cells in a room of its own, then a branch for each question."""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Protocol

import numpy as np

from autograder.sandbox import outputs as checked
from autograder.sandbox.cells import CellError, CellRun, SourceCell, Status, read_answer
from autograder.sandbox.channel import Budget, Channel, Clock, room_socket
from autograder.sandbox.errors import (
    SandboxBroken,
    StudentDied,
    StudentError,
    StudentTimeout,
)
from autograder.sandbox.policy import Policy
from autograder.sandbox.processes import Room, Spent
from autograder.sandbox.requests import Branch
from autograder.sandbox.wire import DEFAULT_LIMITS

__all__ = ["CellError", "CellRun", "Session", "SourceCell"]

REPLAY_MARGIN = 1.5  # times what the good cells took: kept back for running them again
CHECKS_SHARE = 0.25  # of the whole time: kept back for the checks


class Rooms(Protocol):
    """Where rooms come from."""

    policy: Policy

    def open_room(self, session: Session) -> tuple[Room, socket.socket]:
        """Return a fresh room, watched over. Raises SandboxBroken."""

    def close_room(self, session: Session, room: Room) -> None:
        """End a room and everything in it."""

    def make_sure(self) -> None:
        """Return if rooms work; raise SandboxBroken if not even a fresh zygote gives one."""


class Session:
    """The student's process, as often as it has to be started anew. Use as a context manager."""

    def __init__(self, rooms: Rooms, files: Mapping[str, bytes], budget: Budget) -> None:
        self.policy, self.budget = rooms.policy, budget
        self.sources: dict[str, str] = {}
        self._rooms = rooms
        self._files = {name: np.frombuffer(data, np.uint8) for name, data in files.items()}
        self._good: list[str] = []
        self._good_seconds = 0.0
        self._restarts = 0
        self._output_left = self.policy.total_output_bytes
        self._cpu_before = 0.0
        self._ended_because: str | None = None
        self._in_branch = False
        self._lock = threading.Lock()
        self._room: Room | None = None
        self._open()

    # Cells

    def run(self, cells: Sequence[SourceCell], *, sure: bool = False) -> list[CellRun]:
        """Run cells in order. An error stops none of the others.

        A cell that hangs or kills the interpreter costs itself: the good ones before it run again
        in a fresh process. One that ends it for no known reason gets a second try, unless ``sure``.
        """
        runs: list[CellRun] = []
        for count, cell in enumerate(cells, start=len(self._good) + 1):
            key = str(len(self.sources))
            self.sources[key] = cell.source
            run = self._try_cell(key, sure)
            self._output_left -= sum(len(str(output)) for output in run.outputs)
            if self._output_left < 0:
                run = replace(run, outputs=[])
            checked.set_execution_count(run.outputs, count)
            runs.append(replace(run, id=cell.id))
        if self._room is not None and not self._room.kill_strays():
            self._lose_room(StudentDied("its processes could not be ended"))
        return runs

    @property
    def cpu_seconds(self) -> float:
        """Return the CPU seconds of cells and branches so far, by the kernel's account."""
        return self._cpu_before + (self._room.cpu() if self._room is not None else 0.0)

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
                reason = self._lose_room(error)
                if isinstance(reason, StudentDied) and self._ended_because is None and not last:
                    self._rooms.make_sure()
                    continue
                status: Status = "timeout" if isinstance(reason, StudentTimeout) else "dead"
                self.budget.hung += status == "timeout"
                why = CellError(type(reason).__name__, str(reason), None, None)
                return CellRun(key, status, [], time.monotonic() - started, why)
            self._good.append(key)
            self._good_seconds += time.monotonic() - started
            return run
        raise AssertionError("unreachable")

    def _run_cell(self, key: str, cpu: float, wall: float) -> CellRun:
        room, channel = self._need_room()
        clock = Clock(cpu, wall, room.spent)
        message = {"op": "cell", "id": key, "source": self.sources[key]}
        try:
            answer = channel.request(message, self.policy.cell_limits, clock)
        finally:
            self.budget.used += clock.elapsed
        return read_answer(key, answer, self.sources)

    # Branches

    def branch(self) -> Branch:
        """Return a fork of the process after its cells. Close it before asking for the next.

        Raises StudentDied, StudentTimeout or StudentProtocol if the process gives none.
        """
        if not self.budget.left:
            raise StudentTimeout
        if not self._ready(2 * self.policy.restarts):
            raise StudentDied("the notebook cannot be run to its end")
        room, channel = self._need_room()
        self._in_branch = True
        ours, theirs = room_socket()
        with theirs:
            clock = Clock(self.policy.check_cpu, self.policy.check_wall, room.spent)
            room.student.signal(signal.SIGCONT)
            try:
                channel.send({"op": "branch"}, clock, theirs.fileno())
            except (OSError, StudentError):
                ours.close()
                raise self._lose_room(StudentDied("it ended")) from None
        branch = Branch(ours, self)
        try:
            branch.greet()
        except StudentError:
            branch.close()
            raise
        room.student.signal(signal.SIGSTOP)
        return branch

    def branch_spent(self) -> Spent:
        """Return what all processes but the session's own have spent."""
        return self._room.strays_spent() if self._room is not None else Spent(0.0, 0.0)

    def branch_over(self, error: StudentError | None) -> StudentError | None:
        """End what is left of a branch; return the error with its real reason."""
        room = self._room
        if room is None:
            return error
        if not room.kill_strays():
            self._lose_room(StudentDied("its processes could not be ended"))
        reason, self._ended_because = self._ended_because, None
        self._in_branch = False
        if isinstance(error, StudentDied):
            if reason is not None:
                return StudentDied(reason)
            self._rooms.make_sure()
        return error

    # The room

    def inspect(self, policy: Policy) -> None:
        """Look at the room and end what uses too much; the watchdog calls this from its thread."""
        with self._lock:
            room = self._room
            if room is None:
                return
            if room.has_more_tasks(policy.tasks):
                self._ended_because = f"it started more than {policy.tasks} processes"
                room.kill()
            elif room.memory(policy.memory) > policy.memory:
                self._ended_because = f"it used more than {policy.memory >> 20} MiB of memory"
                # A branch dies alone if what it leaves behind is little enough.
                alone = self._in_branch and room.kill_strays()
                if not alone or room.memory(policy.memory) > policy.memory:
                    room.kill()

    def _ready(self, restarts: int) -> bool:
        """Return whether there is a room in which the good cells have run; make one if need be.

        Not if that takes more time than is left or more than so many restarts in all.
        """
        while self._room is None or self._room.ended():
            if self._restarts >= restarts or not self.budget.left:
                return False
            self._restarts += 1
            self._close_room()
            self._open()
            for key in list(self._good):
                try:
                    self._run_cell(key, self.policy.cell_cpu, self.budget.left)
                except StudentError as error:
                    self._lose_room(error)
                    if self.budget.left:
                        self._good.remove(key)
                    break
        return True

    def _open(self) -> None:
        self._ended_because = None
        room, sock = self._rooms.open_room(self)
        with self._lock:
            self._room = room
        self._channel = Channel(sock)
        clock = Clock(self.policy.cell_cpu, self.policy.cell_wall, room.spent)
        try:
            self._channel.request({"files": self._files}, DEFAULT_LIMITS, clock)
        except StudentError as error:  # no code of the student's has run yet
            self._close_room()
            raise SandboxBroken(f"A fresh process did not take the files: {error!r}") from None

    def _need_room(self) -> tuple[Room, Channel]:
        if self._room is None:
            raise StudentDied("it ended")
        return self._room, self._channel

    def _lose_room(self, error: StudentError) -> StudentError:
        """Close the room after an error; return the error with its real reason."""
        self._close_room()
        if self._ended_because is not None and isinstance(error, StudentDied):
            return StudentDied(self._ended_because)
        return error

    def _close_room(self) -> None:
        with self._lock:
            room, self._room = self._room, None
        if room is not None:
            self._cpu_before += room.cpu()
            self._channel.close()
            self._rooms.close_room(self, room)

    def close(self) -> None:
        """End the session and everything in its room."""
        self._close_room()

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
