"""Where tasks run: processes of this machine, or the workers of a Dask scheduler (`dask_workers`).

Both are a `concurrent.futures.Executor` behind the same few words, so that the batch
does not know which one it has.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Iterable
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import msgspec

from autograder.classroom.packing import code_digest
from autograder.classroom.start import no_interrupts, start_worker_server
from autograder.classroom.worker import Setting, Task, grade_here, ready, warm_up
from autograder.course.course import Course
from autograder.course.scratch import scratch
from autograder.sandbox.launch import Backend

ATTEMPTS, A_MOMENT = 5, 0.05
"""How often a pool is asked to start a process, and how many seconds more lie between each time."""


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

    @property
    def at_once(self) -> int:
        """How many submissions are graded at the same time."""
        ...

    def submit(self, task: Task) -> Future[bytes]:
        """Start grading a submission; the future gives an encoded `TaskResult`."""
        ...

    def look(self) -> Iterable[str]:
        """See who is there, while work goes on; gives sentences that a person should read."""
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

    @property
    def at_once(self) -> int:
        """One submission for each process."""
        return self._jobs

    def submit(self, task: Task) -> Future[bytes]:
        """Start grading in one of the processes, which reads the submission itself."""
        return self._submit(grade_here, self._setting, msgspec.msgpack.encode(task))

    def look(self) -> Iterable[str]:
        """Nothing: processes of this machine come and go with the pool."""
        return ()

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
        try:
            with suppress(BrokenProcessPool):  # the next task will say so
                for _ in range(self._jobs):
                    self._submit(ready)  # they warm up while this process reads on
        except BaseException:
            self.stop()
            raise

    def _submit(self, task: Callable[..., Any], *own: bytes) -> Future[Any]:
        with no_interrupts():  # Ctrl-C is for this process alone; it ends the workers
            for attempt in range(ATTEMPTS):
                try:
                    return self._pool.submit(task, *own)
                except (OSError, EOFError, ValueError) as error:
                    # As when a worker dies while another one is started, which gets closed pipes
                    # then, or the server dies that it is forked from. Asked once more, the pool
                    # says that it is broken, or has another server in a moment.
                    if attempt < ATTEMPTS - 1:
                        time.sleep(attempt * A_MOMENT)
                    elif isinstance(error, (EOFError, ConnectionError)):
                        raise BrokenProcessPool("nothing starts workers") from error
                    else:
                        raise
        raise AssertionError("unreachable")


def default_jobs() -> int:
    """The number of processors this process may use."""
    return len(os.sched_getaffinity(0))
