"""What runs in a worker process: one warm grader, and a task that is a pure function.

Submission bytes in, grade bytes out. The grader is kept between tasks, because warming it
takes a hundred times as long as a fork of it.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import tempfile
import threading
import time
import traceback
from contextlib import ExitStack, suppress
from functools import lru_cache
from multiprocessing.connection import Connection
from multiprocessing.util import Finalize
from pathlib import Path
from typing import TYPE_CHECKING, cast

import msgspec

from autograder.course.scratch import hold, scratch
from autograder.errors import UsageError

if TYPE_CHECKING:
    from autograder.course.course import Course
    from autograder.grading.grade import Grader
    from autograder.sandbox.launch import Backend

BUILDING = threading.Lock()


class Setting(msgspec.Struct, frozen=True):
    """What all tasks of one run share."""

    assignment: str
    sandbox: str
    code: str
    """Digest of the package that hands out the tasks."""
    root: str = ""
    """The course's folder, where the worker sees the same disk."""
    secret: bytes = b""


class TaskResult(msgspec.Struct, frozen=True):
    """What comes back: a grade, or why grading itself failed, which is our fault."""

    graded: bytes = b""
    """An encoded `GradedSubmission`; empty when grading failed."""
    reason: str = ""
    traceback: str = ""
    """For staff; never shown to students."""
    seconds: float = 0.0
    """How long it took, by the clock on the wall."""
    by: str = ""
    """Which process did it, where."""
    autograded: dict[str, bytes] = {}
    """What of it belongs in `autograded/`; empty where the writer has to lay it out."""


def warm_up(parent: Connection, folder: str, setting: bytes) -> None:
    """Prepare a local worker: end with the parent, and have the grader ready.

    Args:
        parent: gives an end of file when the parent is gone.
        folder: for temporary files; it lies in the parent's own one.
        setting: an encoded `Setting`.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # Ctrl-C is for the parent
    hold(Path(folder).parent)  # nobody removes it while this process still writes there
    tempfile.tempdir = folder
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    with suppress(Exception):  # the first task meets it again and can report it
        _warm_grader(msgspec.msgpack.decode(setting, type=Setting))
    gc.freeze()  # it is kept: no collection need look at it again


def _end_with(parent: Connection) -> None:
    """End this process as soon as the parent closes its side, or is killed."""
    try:
        parent.recv_bytes()
    except (EOFError, OSError):
        os._exit(1)


def ready() -> None:
    """Do nothing: a pool starts a process for each task that finds none idle."""


def grade_here(setting: bytes, submission: bytes) -> bytes:
    """Grade a packed submission on the disk that holds the course."""
    return _grade(_warm_grader(msgspec.msgpack.decode(setting, type=Setting)), submission)


def introduce(setting: bytes, course: bytes) -> str:
    """Say why a Dask worker cannot grade; nothing if it can, and has a warm grader then.

    Args:
        setting: an encoded `Setting`.
        course: a packed course.
    """
    from autograder.classroom.packing import code_digest  # noqa: PLC0415
    from autograder.sandbox.errors import SandboxUnavailable  # noqa: PLC0415

    told = msgspec.msgpack.decode(setting, type=Setting)
    if told.code != code_digest():
        return "it has another version of the autograder; install the same one everywhere"
    try:
        _warm_grader(told, course)
    except (UsageError, SandboxUnavailable) as error:
        return str(error)
    return ""


def grade_sent(setting: bytes, course: bytes, submission: bytes) -> bytes:
    """Grade a packed submission with a packed course: nothing is asked of this machine's disk.

    Raises:
        UsageError: if this machine has another version of the autograder.
    """
    from autograder.classroom.packing import code_digest  # noqa: PLC0415

    told = msgspec.msgpack.decode(setting, type=Setting)
    if told.code != code_digest():
        raise UsageError(
            "A Dask worker has another version of the autograder than this machine; "
            "install the same one everywhere."
        )
    return _grade(_warm_grader(told, course), submission)


class _Warm:
    """A grader that one task at a time uses, whatever the number of threads here."""

    def __init__(self, grader: Grader, course: Course) -> None:
        self.grader, self.course = grader, course
        self.lock = threading.Lock()


def _warm_grader(setting: Setting, packed_course: bytes = b"") -> _Warm:
    with BUILDING:
        return _build(setting, packed_course)


@lru_cache(maxsize=1)
def _build(setting: Setting, packed_course: bytes) -> _Warm:
    from autograder.classroom.packing import SentCourse, unpack_course  # noqa: PLC0415
    from autograder.grading.grade import Grader  # noqa: PLC0415

    with ExitStack() as stack:
        if packed_course:
            folder = stack.enter_context(tempfile.TemporaryDirectory(dir=scratch()))
            course = unpack_course(packed_course, setting.assignment, Path(folder))
        else:
            course = SentCourse(Path(setting.root), setting.secret)
        grader = Grader(course, setting.assignment, sandbox=cast("Backend", setting.sandbox))
        warm = _Warm(stack.enter_context(grader), course)
        # Workers end without running `atexit`; this runs then, and when another one replaces it.
        Finalize(warm, stack.pop_all().close, exitpriority=1)
    return warm


def _grade(warm: _Warm, submission: bytes) -> bytes:
    """Grade, and encode; whatever is our fault comes back as a reason, not as an exception."""
    from autograder.classroom.packing import encode_graded, unpack_folder  # noqa: PLC0415
    from autograder.gradebook.autograded import laid_out  # noqa: PLC0415
    from autograder.sandbox.errors import SandboxUnavailable  # noqa: PLC0415

    began = time.monotonic()
    try:
        with warm.lock, tempfile.TemporaryDirectory(dir=scratch()) as folder:
            unpack_folder(submission, Path(folder))
            handed_in = warm.grader.read(Path(folder))
            graded = warm.grader.grade_read(handed_in)
            result = TaskResult(encode_graded(graded))
            with suppress(Exception):  # the writer meets it again, and can report it
                laid = dict(laid_out(warm.course, graded, handed_in))
                result = msgspec.structs.replace(result, autograded=laid)
    except (UsageError, SandboxUnavailable):  # every submission would meet it
        raise
    except Exception as error:  # one submission must not end the run
        reason = f"grading it failed ({type(error).__name__})"
        result = TaskResult(reason=reason, traceback=traceback.format_exc())
    by = f"process {os.getpid()} on {socket.gethostname()}"
    spent = time.monotonic() - began
    return msgspec.msgpack.encode(msgspec.structs.replace(result, seconds=spent, by=by))
