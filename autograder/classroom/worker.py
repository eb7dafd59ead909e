"""What runs in a worker process: one warm grader, and a task that is a pure function.

A submission in, as a folder or as bytes, and grade bytes out. A worker that sees the course's disk
reads the folder and writes what belongs in `autograded/` itself: the coordinator, of which there is
only one, is spared both. The grader is kept between tasks, because warming it
takes a hundred times as long as a fork of it.
"""

from __future__ import annotations

import os
import signal
import socket
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import lru_cache
from multiprocessing.connection import Connection
from multiprocessing.util import Finalize
from pathlib import Path
from typing import TYPE_CHECKING, cast

import msgspec

from autograder.course.scratch import hold, scratch
from autograder.errors import UsageError
from autograder.startup import keep

if TYPE_CHECKING:
    from autograder.course.course import Course
    from autograder.course.questions import Question
    from autograder.gradebook.place import Alike
    from autograder.gradebook.work import Digests
    from autograder.grading.grade import Grader
    from autograder.grading.graded import GradedSubmission
    from autograder.sandbox.launch import Backend
    from autograder.submission.intake import Submission

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


class Task(msgspec.Struct, frozen=True):
    """A submission, for a worker that sees the disk it lies on."""

    folder: str
    target: str = ""
    """Its place in `autograded/`, beside which it is laid out; empty: nowhere."""
    given: tuple[str, ...] = ()
    """Files of the assignment's source that lie there, too."""


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
    files: str = ""
    """A digest of what was handed in, that is of what was graded; empty if it was not read."""
    answered: tuple[tuple[str, str, str], ...] | None = None
    """Notebook, question and a digest of its answer; None where the writer has to look."""
    autograded: dict[str, bytes] = {}
    """What belongs in `autograded/`, from elsewhere; empty where the writer has to lay it out."""
    ready: str = ""
    """The same, from this machine: the folder that it was written to."""

    @property
    def digests(self) -> Digests | None:
        """What was answered, as the gradebook's writer wants it."""
        if self.answered is None:
            return None
        return {(notebook, question): own for notebook, question, own in self.answered}


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
    keep()


def _end_with(parent: Connection) -> None:
    """End this process as soon as the parent closes its side, or is killed."""
    try:
        parent.recv_bytes()
    except (EOFError, OSError):
        os._exit(1)


def ready() -> None:
    """Do nothing: a pool starts a process for each task that finds none idle."""


def grade_here(setting: bytes, task: bytes) -> bytes:
    """Grade a submission on the disk that holds the course: an encoded `Task`."""
    from autograder.classroom.packing import pack_present  # noqa: PLC0415

    warm = _warm_grader(msgspec.msgpack.decode(setting, type=Setting))
    own = msgspec.msgpack.decode(task, type=Task)
    return _grade(warm, lambda: pack_present(Path(own.folder)), own)


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

    Of a submission that could not be packed nothing came, and its grade is withheld.

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
    return _grade(_warm_grader(told, course), lambda: submission)


class _Warm:
    """A grader that one task at a time uses, whatever the number of threads here."""

    def __init__(self, grader: Grader, course: Course, questions: tuple[Question, ...]) -> None:
        self.grader, self.course, self.questions = grader, course, questions
        self.lock = threading.Lock()


def _warm_grader(setting: Setting, packed_course: bytes = b"") -> _Warm:
    with BUILDING:
        return _build(setting, packed_course)


@lru_cache(maxsize=1)
def _build(setting: Setting, packed_course: bytes) -> _Warm:
    from autograder.classroom.packing import SentCourse, unpack_course  # noqa: PLC0415
    from autograder.course.questions import questions_of  # noqa: PLC0415
    from autograder.grading.grade import Grader  # noqa: PLC0415

    with ExitStack() as stack:
        if packed_course:
            folder = stack.enter_context(tempfile.TemporaryDirectory(dir=scratch()))
            course = unpack_course(packed_course, setting.assignment, Path(folder))
        else:
            course = SentCourse(Path(setting.root), setting.secret)
        grader = Grader(course, setting.assignment, sandbox=cast("Backend", setting.sandbox))
        questions = questions_of(course, setting.assignment)
        warm = _Warm(stack.enter_context(grader), course, questions)
        # Workers end without running `atexit`; this runs then, and when another one replaces it.
        Finalize(warm, stack.pop_all().close, exitpriority=1)
    return warm


def _grade(warm: _Warm, read: Callable[[], bytes], task: Task | None = None) -> bytes:
    """Grade, and encode; whatever is our fault comes back as a reason, not as an exception.

    Args:
        warm: the grader.
        read: gives the packed submission: what is graded, and what the digest is of.
        task: where a worker of this machine writes what belongs in `autograded/`.
    """
    from autograder.classroom.packing import (  # noqa: PLC0415
        encode_graded,
        handed_in_digest,
        packed_files,
    )
    from autograder.gradebook.work import digests_of  # noqa: PLC0415
    from autograder.sandbox.errors import SandboxUnavailable  # noqa: PLC0415

    began, files = time.monotonic(), ""
    try:
        submission = read()
        files = handed_in_digest(submission)
        with warm.lock:
            handed_in = warm.grader.read_sent(packed_files(submission))
            graded = warm.grader.grade_read(handed_in)
            answered = digests_of(graded, warm.questions)
            told = tuple((*key, digest) for key, digest in answered.items())
            result = TaskResult(encode_graded(graded), answered=told)
            with suppress(Exception):  # the writer meets it again, and can report it
                result = _laid_out(result, warm, graded, handed_in, task)
    except (UsageError, SandboxUnavailable):  # every submission would meet it
        raise
    except Exception as error:  # one submission must not end the run
        reason = f"grading it failed ({type(error).__name__})"
        result = TaskResult(reason=reason, traceback=traceback.format_exc())
    by = f"process {os.getpid()} on {socket.gethostname()}"
    spent = time.monotonic() - began
    return msgspec.msgpack.encode(
        msgspec.structs.replace(result, files=files, seconds=spent, by=by)
    )


def _laid_out(
    result: TaskResult,
    warm: _Warm,
    graded: GradedSubmission,
    handed_in: Submission,
    task: Task | None,
) -> TaskResult:
    """The result with what belongs in `autograded/`: beside its place, or to be sent."""
    from autograder.gradebook.autograded import laid_out  # noqa: PLC0415
    from autograder.gradebook.place import written_beside  # noqa: PLC0415

    if task is not None and not task.target:
        return result
    own = laid_out(warm.course, graded, handed_in)
    if task is None:
        return msgspec.structs.replace(result, autograded=dict(own))
    source = warm.course.source(graded.grade.assignment)
    ready = written_beside(Path(task.target), own, _given(source, task.given))
    return msgspec.structs.replace(result, ready=str(ready))


@lru_cache(maxsize=1)
def _given(source: Path, names: tuple[str, ...]) -> Alike:
    from autograder.gradebook.place import Alike  # noqa: PLC0415

    return Alike({name: (source / name).read_bytes() for name in names})
