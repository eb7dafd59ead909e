"""Where tasks run: processes of this machine, or the workers of a Dask scheduler.

Both are a `concurrent.futures.Executor` behind the same few words, so that the batch
does not know which one it has.
"""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import CancelledError, Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import msgspec

from autograder.classroom.packing import code_digest, pack_course
from autograder.classroom.start import no_interrupts, start_worker_server
from autograder.classroom.worker import Setting, grade_here, grade_sent, ready, warm_up
from autograder.course.course import Course
from autograder.course.scratch import scratch
from autograder.errors import UsageError
from autograder.sandbox.launch import Backend

CONNECT_SECONDS = 20


class Workers(Protocol):
    """Something that carries out grading tasks."""

    @property
    def broken(self) -> tuple[type[BaseException], ...]:
        """What a future raises when the worker that had the task is gone."""
        ...

    @property
    def width(self) -> int:
        """How many tasks are worth having under way."""
        ...

    def submit(self, submission: bytes) -> Future[bytes]:
        """Start grading a packed submission; the future gives an encoded `TaskResult`."""
        ...

    def restart(self) -> None:
        """Replace workers that broke. Raises `UsageError` if there is no way back."""
        ...

    def close(self) -> None:
        """Let the workers go when all work is done."""
        ...

    def stop(self) -> None:
        """End all work at once."""
        ...


class LocalWorkers:
    """Processes forked from a server that has imported everything, each with a warm grader.

    They end when this process closes its side of a pipe or is killed, whatever they are
    doing; a pool's own shutdown would wait for the submissions under way.
    """

    broken = (BrokenProcessPool, CancelledError)

    def __init__(self, course: Course, assignment: str, *, sandbox: Backend, jobs: int) -> None:
        setting = Setting(assignment, sandbox, code_digest(), str(course.root), course.secret())
        self._setting = msgspec.msgpack.encode(setting)
        self._jobs = jobs
        self._start()

    @property
    def width(self) -> int:
        """One task for each process, so that a dead process names its suspects."""
        return self._jobs

    def submit(self, submission: bytes) -> Future[bytes]:
        """Start grading in one of the processes."""
        with no_interrupts():  # Ctrl-C is for this process alone; it ends the workers
            return self._pool.submit(grade_here, self._setting, submission)

    def restart(self) -> None:
        """Throw all processes away and start others."""
        self.stop()
        self._start()

    def close(self) -> None:
        """Let the idle processes end by themselves."""
        self._pool.shutdown(wait=True)
        self._alive.close()
        self._scratch.cleanup()

    def stop(self) -> None:
        """End the processes, busy or not."""
        self._alive.close()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._scratch.cleanup()

    def _start(self) -> None:
        start_worker_server()
        context = multiprocessing.get_context("forkserver")
        theirs, self._alive = context.Pipe(duplex=False)
        # A worker that is killed cannot tidy up; so its temporary files are ours.
        self._scratch = TemporaryDirectory(
            prefix="workers-", dir=scratch(), ignore_cleanup_errors=True
        )
        told = (theirs, self._scratch.name, self._setting)
        self._pool = ProcessPoolExecutor(self._jobs, context, initializer=warm_up, initargs=told)
        with no_interrupts():  # they warm up while this process reads on
            for _ in range(self._jobs):
                self._pool.submit(ready)


class DaskWorkers:
    """The workers of a Dask scheduler; the course's files and secret travel with the tasks.

    Raises:
        UsageError: if Dask is not installed, or nobody answers at `address`.
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
        self._executor: Executor = self._client.get_executor(pure=False)
        self._setting = msgspec.msgpack.encode(Setting(assignment, sandbox, code_digest()))
        # A task of its own: each worker gets the course once, and a lost copy is made again.
        self._course: Any = self._client.submit(bytes, pack_course(course, assignment))

    @property
    def width(self) -> int:
        """One task under way and one waiting for each thread."""
        threads: int = sum(self._client.ncores().values())
        return max(2 * threads, 1)

    def submit(self, submission: bytes) -> Future[bytes]:
        """Start grading on one of the workers."""
        return self._executor.submit(grade_sent, self._setting, self._course, submission)

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


def default_jobs() -> int:
    """The number of processors this process may use."""
    return len(os.sched_getaffinity(0))
