"""All that a course's folder holds of one student, and its removal."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import msgspec

from autograder.classroom.ledger import Ledger
from autograder.classroom.run_log import logs_folder
from autograder.course import extensions
from autograder.course.course import Course
from autograder.errors import UsageError
from autograder.submission.senders import forget_sender, remembered

FOLDERS = ("submitted", "autograded", "feedback", ".autograder/earlier")
MADE_AGAIN = "{}; the next '{}' writes another"


class Trace(msgspec.Struct, frozen=True):
    """A place that holds something of a student."""

    where: str
    what: str
    remove: Callable[[], object]


@contextmanager
def forgetting(course: Course, student: str) -> Iterator[Callable[[], list[Trace]]]:
    """Hold all ledgers, so that no run goes on meanwhile; gives a function that looks for traces.

    Raises:
        UsageError: if the name is no folder's, or a run is at work.
    """
    if student in ("", ".", "..") or Path(student).name != student:
        raise UsageError(f"'{student}' is not a student's name; it is one folder's name.")
    with ExitStack() as stack:
        private = course.root / ".autograder"
        paths = sorted(private.glob("ledger-*.sqlite"))
        ledgers = {path: stack.enter_context(Ledger(path)) for path in paths}
        yield lambda: list(_traces(course, student, ledgers))


def _traces(course: Course, student: str, ledgers: dict[Path, Ledger]) -> Iterator[Trace]:
    for step in FOLDERS:
        folder = course.root / step / student
        if folder.is_symlink():
            yield Trace(f"{step}/{student}", "a link", folder.unlink)
        elif folder.is_dir():
            count = sum(path.is_file() for path in folder.rglob("*"))
            yield Trace(f"{step}/{student}", f"{count} files", partial(shutil.rmtree, folder))
    for path, ledger in ledgers.items():
        if rows := ledger.rows(student):
            what = f"{rows} rows: the grade and its history"
            yield Trace(f".autograder/{path.name}", what, partial(ledger.forget, student))
    yield from _in_gradebooks(course, student)
    count, others = extensions.without(course, student)
    if count:
        path = course.root / extensions.FILE
        yield Trace(path.name, f"{count} rows", partial(path.write_bytes, others))
    yield from _of_a_platform(course, student)
    yield from _in_texts(course, student)


def _in_gradebooks(course: Course, student: str) -> Iterator[Trace]:
    from autograder.gradebook.removal import (  # noqa: PLC0415 - takes a second
        gradebooks,
        remove_student,
        submissions_of,
    )

    for name, address in gradebooks(course).items():
        if (count := submissions_of(course, address, student)) is not None:
            what = f"the student and {count} submissions"
            yield Trace(name, what, partial(remove_student, course, address, student))


def _of_a_platform(course: Course, student: str) -> Iterator[Trace]:
    """How a platform calls the student, and the zip with their pages that goes back there."""
    for path in sorted((course.root / ".autograder").glob("collected-*.json")):
        assignment = path.stem.removeprefix("collected-")
        if student not in remembered(course, assignment):
            continue
        what = "how a learning platform calls the student"
        gone = partial(forget_sender, course, assignment, student)
        yield Trace(f".autograder/{path.name}", what, gone)
        returned = course.root / f"feedback-{assignment}.zip"
        if returned.is_file():
            told = MADE_AGAIN.format("a zip of feedback", "autograder return")
            yield Trace(returned.name, told, returned.unlink)


def _in_texts(course: Course, student: str) -> Iterator[Trace]:
    """Pages, notes and logs that name the student."""
    named = re.compile(rf"(?<![\w-]){re.escape(student)}(?![\w-])".encode())
    private, reports = course.root / ".autograder", course.root / "reports"
    whole = {
        "the class report": (sorted(reports.glob("*.html")), "report"),
        "notes for the staff": (sorted(private.glob("staff-notes-*.txt")), "grade"),
    }
    for what, (paths, command) in whole.items():
        for path in _naming(named, paths):
            told = MADE_AGAIN.format(what, f"autograder {command}")
            yield Trace(str(path.relative_to(course.root)), told, path.unlink)
    unread = [private / "last-error.txt", *sorted(private.glob("ledger-*.old"))]
    for path in _naming(named, unread):
        yield Trace(str(path.relative_to(course.root)), "a file that nothing reads", path.unlink)
    logs = [course.root / ".nbgrader.log", *sorted(logs_folder(course).glob("*.log"))]
    for path in _naming(named, logs):
        lines = path.read_bytes().splitlines(keepends=True)
        others = [line for line in lines if not named.search(line)]
        what = f"{len(lines) - len(others)} of {len(lines)} lines"
        put_back = partial(path.write_bytes, b"".join(others))
        yield Trace(str(path.relative_to(course.root)), what, put_back)


def _naming(named: re.Pattern[bytes], paths: list[Path]) -> Iterator[Path]:
    return (path for path in paths if path.is_file() and named.search(path.read_bytes()))
