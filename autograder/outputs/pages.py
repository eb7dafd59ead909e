"""Feedback pages of a class: which are stale, and making those again, side by side.

A page says in its head what it was made from: the autograded notebook, the gradebook's rows and
this package. One whose head says otherwise is stale. So nbgrader's own command, formgrader's
button and `autograder feedback` agree, and nothing else has to be kept.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import msgspec
from nbgrader import api
from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    Notebook,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.converters import GenerateFeedback
from nbgrader.converters.base import NbGraderException

from autograder.course.course import Course, notebook_paths
from autograder.course.extensions import dropped
from autograder.course.nbgrader_view import course_config, course_directory
from autograder.gradebook.rows import open_gradebook
from autograder.submission.folders import TIMESTAMP_FILE

HEAD_BYTES = 4096
"""Within so many of a page's first bytes stands what it was made from."""
PICTURES = frozenset({".png", ".jpg", ".jpeg"})
SECRET_FILE = "submission_secret.txt"  # noqa: S105 - the file's name
PACKAGE = Path(__file__).parents[1]
Key = tuple[str, str]
"""A student and a notebook."""


class Made(msgspec.Struct, frozen=True):
    """What became of a class's pages."""

    made: tuple[str, ...]
    """Students whose pages were made."""
    current: tuple[str, ...]
    """Students whose pages were up to date."""
    failed: Mapping[str, str]
    """By student, why no page could be made."""


def make_pages(
    course: Course,
    assignment: str,
    students: Sequence[str] | None = None,
    *,
    jobs: int,
    force: bool = False,
) -> Made:
    """Make the feedback pages that are stale.

    Args:
        course: the course.
        assignment: the assignment's name.
        students: only these; all that are autograded by default.
        jobs: processes to make them with.
        force: make those again too that are not stale.
    """
    with open_gradebook(course, assignment) as gradebook:
        said = what_the_gradebook_says(gradebook, assignment)
    graded = [
        path.parent.name for path in sorted((course.root / "autograded").glob(f"*/{assignment}"))
    ]
    gone = dropped(course, assignment)
    graded = [name for name in graded if name not in gone]
    known = {student for student, _ in said}
    failed = dict.fromkeys(students or (), "not graded yet; run 'autograder grade' first.")
    failed |= {name: "not in the gradebook; grade again." for name in graded if name not in known}
    todo: list[str] = []
    current: list[str] = []
    for name in graded:
        if name in known and (students is None or name in students):
            failed.pop(name, None)
            stale = force or any(_stale(course, assignment, name, said))
            (todo if stale else current).append(name)
    processes, context = min(jobs, len(todo)) or 1, get_context("fork")
    with ProcessPoolExecutor(processes, context, initializer=_keep_engines) as pool:
        tasks = [(course.root, assignment, name) for name in todo]
        ended = dict(zip(todo, pool.map(_make, tasks), strict=True)) if todo else {}
    failed |= {name: why for name, why in ended.items() if why}
    made = tuple(name for name in todo if not ended[name])
    return Made(
        made, tuple(current), {n: w for n, w in failed.items() if students is None or n in students}
    )


def what_the_gradebook_says(
    gradebook: Gradebook, assignment: str, student: str | None = None
) -> dict[Key, str]:
    """By student and notebook, a digest of the rows that a page shows, in a few queries.

    A page shows the assignment's total too, so all rows of a student are part of it.
    """
    db = gradebook.db
    found: dict[Key, list[str]] = {}
    for columns in (
        (SubmittedNotebook.late_submission_penalty,),
        (
            BaseCell.name,
            Grade.auto_score,
            Grade.manual_score,
            Grade.extra_credit,
            Grade.needs_manual_grade,
        ),
        (BaseCell.name, Comment.auto_comment, Comment.manual_comment),
    ):
        query = db.query(SubmittedAssignment.student_id, Notebook.name, *columns)
        query = query.select_from(SubmittedNotebook)
        query = query.join(
            SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id
        )
        query = query.join(Notebook, SubmittedNotebook.notebook_id == Notebook.id)
        query = query.join(Assignment, Notebook.assignment_id == Assignment.id)
        for rows in (Grade, Comment):
            if any(getattr(column, "class_", None) is rows for column in columns):
                query = query.join(rows, rows.notebook_id == SubmittedNotebook.id)
                query = query.join(BaseCell, rows.cell_id == BaseCell.id)
        query = query.filter(Assignment.name == assignment)
        if student is not None:
            query = query.filter(SubmittedAssignment.student_id == student)
        for who, notebook, *values in query:
            found.setdefault((who, notebook), []).append(repr(values))
    whole: dict[str, list[str]] = {}
    for who, notebook in sorted(found):
        whole.setdefault(who, []).extend([notebook, *sorted(found[who, notebook])])
    digests = {who: _digest("".join(rows).encode()) for who, rows in whole.items()}
    return {(who, notebook): digests[who] for who, notebook in found}


def made_from(notebook: Path, said: str) -> str:
    """What a page is made from: the autograded notebook, the gradebook's rows, and our code."""
    return _digest(notebook.read_bytes(), said.encode(), _code().encode())


def prepare(converter: Any) -> None:
    """Before nbgrader makes pages: take away those that are stale, and name those that are not.

    Args:
        converter: nbgrader's `GenerateFeedback`, its submissions found and no page made.
    """
    folders = converter.coursedir
    course = Course.find(Path(folders.root))
    said: dict[str, dict[Key, str]] = {}
    current: list[str] = []
    for path in list(converter.assignments):
        folder = Path(path)
        student, assignment = folder.parent.name, folder.name
        if assignment not in said:
            with open_gradebook(course, assignment) as gradebook:
                said[assignment] = what_the_gradebook_says(gradebook, assignment)
        stale = list(_stale(course, assignment, student, said[assignment]))
        for page in stale:
            page.unlink(missing_ok=True)
        if stale:
            _forget_folder(stale[0].parent)
        elif not converter.force:
            current.append(student)
    if current:
        converter.log.warning(
            "%d are up to date and not made again: %s", len(current), ", ".join(sorted(current))
        )


def bring_along(autograded: Path, feedback: Path, course: Course) -> None:
    """Put beside a page what it needs: a student's pictures, and what the exchange asks for.

    `nbgrader release_feedback` reads a date and a secret, which only `nbgrader submit` leaves: for
    a folder that came another way there is an empty date, and a secret that nobody can guess.
    """
    feedback.mkdir(parents=True, exist_ok=True)
    for path in sorted(autograded.rglob("*")):
        if path.suffix.lower() in PICTURES and path.is_file():
            _copy(path, feedback / path.relative_to(autograded))
    who = "/".join(autograded.parts[-2:]).encode()
    for name, otherwise in ((TIMESTAMP_FILE, ""), (SECRET_FILE, _digest(course.secret(), who))):
        if (autograded / name).is_file():
            _copy(autograded / name, feedback / name)
        else:
            (feedback / name).write_text(otherwise)


def _copy(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    target.write_bytes(path.read_bytes())


def _stale(
    course: Course, assignment: str, student: str, said: Mapping[Key, str]
) -> Iterator[Path]:
    """The pages of a student that are not there, or were made from something else."""
    for notebook in notebook_paths(course.root / "autograded" / student / assignment):
        page = course.root / "feedback" / student / assignment / f"{notebook.stem}.html"
        mark = made_from(notebook, said.get((student, notebook.stem), "")).encode()
        try:
            with page.open("rb") as file:
                current = mark in file.read(HEAD_BYTES)
        except OSError:
            current = False
        if not current:
            yield page


def _forget_folder(folder: Path) -> None:
    """Let nbgrader think that nothing is there: it asks for the folder, not for the pages."""
    if folder.is_dir():
        for path in sorted(folder.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        folder.rmdir()


class _Pages(GenerateFeedback):  # type: ignore[misc]
    """nbgrader's converter for one student, whose id may look like a pattern."""

    def init_notebooks(self) -> None:
        """Name the student's notebooks without looking for a pattern."""
        folders = self.coursedir
        folder = Path(self._format_source(folders.assignment_id, folders.student_id))
        self.assignments = {str(folder): [str(path) for path in notebook_paths(folder)]}
        self.notebooks: list[str] = []


def _keep_engines() -> None:
    """Make one engine in a process of the pool: nbgrader makes four a student.

    SQLAlchemy compiles every query anew for each, which takes a third of a page's time. Whether
    there are all tables, which is asked each time too, was seen by who started the process.
    """
    api.create_engine = cache(api.create_engine)
    api.Base.metadata.create_all = lambda **_: None


def _make(task: tuple[Path, str, str]) -> str:
    """Make one student's pages; returns why not, if not."""
    root, assignment, student = task
    folders = course_directory(root, assignment_id=assignment, student_id=student)
    log = logging.Logger("feedback", level=logging.ERROR)
    said: list[str] = []
    log.addHandler(_Kept(said))
    run = _Pages(coursedir=folders, config=course_config(root), log=log)
    run.force = True
    try:
        run.start()
    except NbGraderException as error:
        return next(
            (line.strip().splitlines()[-1] for line in said if "Traceback" in line), str(error)
        )
    return ""


class _Kept(logging.Handler):
    """Keeps what nbgrader says."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        self._lines.append(record.getMessage())


@cache
def _code() -> str:
    """A digest of all in this package that a page can depend on."""
    folders = (PACKAGE / "outputs", PACKAGE / "gradebook")
    files = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
    return _digest(*(path.read_bytes() for path in files if "__pycache__" not in path.parts))


def _digest(*parts: bytes) -> str:
    hashed = hashlib.sha256()
    for part in parts:
        hashed.update(len(part).to_bytes(8, "little") + part)
    return hashed.hexdigest()
