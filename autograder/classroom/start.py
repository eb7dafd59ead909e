"""The process that local workers are forked from."""

from __future__ import annotations

import multiprocessing
import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import forkserver, resource_tracker, util

from autograder.course.scratch import scratch
from autograder.startup import PRELOADED

LONGEST_FOLDER = 75
"""Characters of a folder in which multiprocessing's socket still has a path of 107."""
SAFE_PATH = "PYTHONSAFEPATH"


def start_worker_server() -> None:
    """Start the process that local workers are forked from; it loads what they need meanwhile.

    It takes no module from the working directory, which may be a submission's.
    """
    multiprocessing.set_forkserver_preload(list(PRELOADED))
    resource_tracker.ensure_running()  # the server would start it, and it lets interrupts through
    _listen_in_scratch()
    before = os.environ.get(SAFE_PATH)
    os.environ[SAFE_PATH] = "1"
    try:
        with no_interrupts():
            forkserver.ensure_running()
    finally:
        del os.environ[SAFE_PATH]
        if before is not None:
            os.environ[SAFE_PATH] = before


def _listen_in_scratch() -> None:
    """Have multiprocessing make its folder in ours, which is removed if we are killed.

    A socket's path cannot be long; where ours would be, it stays where it would be without us.
    """
    before, own = tempfile.tempdir, str(scratch())
    if len(own) > LONGEST_FOLDER:
        return
    tempfile.tempdir = own
    try:
        util.get_temp_dir()
    finally:
        tempfile.tempdir = before


@contextmanager
def no_interrupts() -> Iterator[None]:
    """Keep the interrupt signal from this thread and from processes started meanwhile."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
