"""The workers of a Dask scheduler; the course's files and secret travel with the tasks.

A worker grades only after it has introduced itself: it has this version of the autograder and can
isolate a submission. One that cannot is refused by its address, and the others go on. Workers may
come and go during the run.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import msgspec

from autograder.classroom.packing import code_digest, pack_course, pack_present
from autograder.classroom.worker import Setting, Task, grade_sent, introduce
from autograder.course.course import Course
from autograder.errors import UsageError
from autograder.sandbox.launch import Backend

CONNECT_SECONDS = 20
JOINING_SECONDS = 5.0
"""How long those that can grade may come after those that cannot."""
LOOK_SECONDS = 2.0
"""How often to see who is there."""


class DaskWorkers:
    """Workers that a scheduler gives work to (see `workers.Workers`).

    Raises:
        UsageError: if Dask is not installed, nobody answers at `address`, or no worker there can
            grade.
    """

    def __init__(self, course: Course, assignment: str, *, sandbox: Backend, address: str) -> None:
        try:
            import distributed  # noqa: PLC0415 - an extra
        except ImportError:
            raise UsageError(
                "Dask is not installed; run: pip install 'autograder[dask]'."
            ) from None
        self.broken: tuple[type[BaseException], ...] = (distributed.KilledWorker, CancelledError)
        self._address = address
        try:
            library: Any = distributed  # it declares no types
            self._client = library.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError) as error:
            raise UsageError(
                f"No Dask scheduler answers at {address} ({type(error).__name__}); start one "
                "with 'dask scheduler', and give its address."
            ) from None
        try:
            self._client.wait_for_workers(1, timeout=CONNECT_SECONDS)
        except (OSError, TimeoutError):
            self._client.close()
            raise UsageError(
                f"The Dask scheduler at {address} has no workers; start some with "
                f"'dask worker {address} --nthreads 1'."
            ) from None
        self._executor: Any = self._client.get_executor(pure=False)
        self._setting = msgspec.msgpack.encode(Setting(assignment, sandbox, code_digest()))
        # A task of its own: each worker gets the course once, and a lost copy is made again.
        self._course: Any = self._client.submit(bytes, pack_course(course, assignment))
        self._threads: dict[str, int] = {}
        self._asked: dict[str, Future[str]] = {}
        self._fit: set[str] = set()
        self._refused: dict[str, str] = {}
        self._told: set[str] = set()
        self._under_way: WeakKeyDictionary[Future[bytes], frozenset[str]] = WeakKeyDictionary()
        self._seen = float("-inf")
        self._until = time.monotonic() + JOINING_SECONDS
        try:
            self._await_one()
        except BaseException:
            self.stop()
            raise

    @property
    def width(self) -> int:
        """One task under way and one waiting for each thread."""
        return 2 * self.at_once

    @property
    def at_once(self) -> int:
        """One submission for each thread of the workers that can grade."""
        return max(sum(self._threads.get(worker, 0) for worker in self._fit), 1)

    def submit(self, task: Task) -> Future[bytes]:
        """Start grading on one of the workers that can; the submission is sent there."""
        self._await_one()
        try:
            submission = pack_present(Path(task.folder))
        except OSError:
            submission = b""
        sent = (grade_sent, self._setting, self._course, submission)
        started: Future[bytes] = self._executor.submit(*sent, workers=sorted(self._fit))
        self._under_way[started] = frozenset(self._fit)
        return started

    def look(self) -> Iterable[str]:
        """Ask workers that are new, and let go of those that are gone.

        Raises:
            UsageError: if all that are there are refused, and others had time to come.
        """
        if time.monotonic() - self._seen >= LOOK_SECONDS:
            self._see_who_is_there()
        self._hear()
        return list(self._news())

    def restart(self) -> None:
        """Dask replaces its workers itself; only the way to the scheduler has to stand."""
        if self._client.status != "running":
            raise UsageError(
                f"The Dask scheduler at {self._address} is gone; what was graded is kept: "
                "run the same command again."
            )

    def close(self) -> None:
        """Leave the scheduler; its workers stay."""
        self._client.close()

    def stop(self) -> None:
        """Cancel what is under way and leave the scheduler."""
        self._executor.shutdown(wait=False)
        self._client.close()

    def _await_one(self) -> None:
        """Wait until a worker is known that can grade."""
        while not self._fit:
            self._see_who_is_there()
            wait(self._asked.values(), timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
            self._hear()
            if not self._fit and not self._asked:
                self.restart()
                time.sleep(LOOK_SECONDS)

    def _see_who_is_there(self) -> None:
        try:
            self._threads = self._client.ncores()
        except (OSError, TimeoutError):
            return  # what is under way will tell
        self._seen = time.monotonic()
        there = self._threads.keys()
        self._fit &= there
        self._refused = {worker: why for worker, why in self._refused.items() if worker in there}
        for worker in list(self._asked.keys() - there):
            self._asked.pop(worker).cancel()
        for worker in there - self._asked.keys() - self._fit - self._refused.keys():
            asked = self._executor.submit(introduce, self._setting, self._course, workers=[worker])
            self._asked[worker] = asked
        for task, allowed in list(self._under_way.items()):
            if not allowed & there:  # the scheduler would wait for them for ever
                task.cancel()

    def _hear(self) -> None:
        """Take the answers of those that were asked."""
        for worker, answer in list(self._asked.items()):
            if not answer.done():
                continue
            del self._asked[worker]
            try:
                why = answer.result()
            except self.broken:  # it ended; if it is there again, it is asked again
                continue
            except Exception as error:  # it may not even have what it was asked to run
                why = f"it cannot run this autograder ({type(error).__name__}: {error})"
            if why:
                self._refused[worker] = why
            else:
                self._fit.add(worker)
        alone = self._refused and not self._fit and not self._asked
        if alone and time.monotonic() > self._until:
            raise UsageError(" ".join(map(_sentence, self._refused.items())))

    def _news(self) -> Iterator[str]:
        for worker in sorted(self._refused.keys() - self._told):
            self._told.add(worker)
            yield _sentence((worker, self._refused[worker]))


def _sentence(refused: tuple[str, str]) -> str:
    worker, why = refused
    return f"The Dask worker {worker} does not grade: {why.rstrip('.')}."
