"""A course in the hands of an instructor, and what each of its doors says of every student."""

from __future__ import annotations

import getpass
import json
import logging
import os
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import batch_class
import nbgrader.exchange.default.submit as submitting
from mini_course import NAME
from nbgrader.api import Gradebook
from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange.default import (
    ExchangeCollect,
    ExchangeFetchAssignment,
    ExchangeReleaseAssignment,
    ExchangeSubmit,
)
from traitlets.config import Config
from typer.testing import CliRunner

from autograder.cli import app
from autograder.course.course import Course
from autograder.course.nbgrader_view import course_config

Mistakes = Mapping[str, tuple[str, str]]
LOG = logging.getLogger("term")
WHOLE = re.compile(rf"{NAME}: ([\d.]+) of ([\d.]+)(?: \+ ([\d.]+) bonus)?( so far)?")
ROW = re.compile(
    r'<th scope="row">([^<]+)</th><td class="n" data-v="[^"]*">'
    r"([\d.]+) of [\d.]+(?: \+ ([\d.]+))?</td>"
    r'<td class="n">[^<]*</td><td class="n">([^<]*)</td>'
)


def run(course: Course, *words: str, status: int = 0) -> str:
    """Run a command of the course; returns what it said."""
    before = os.getcwd()
    os.chdir(course.root)
    try:
        done = CliRunner().invoke(app, list(words), env={"COLUMNS": "200"})
    finally:
        os.chdir(before)
    assert done.exit_code == status, done.output
    return str(done.output)


class Exchange:
    """nbgrader's exchange, with a folder at home for every student."""

    def __init__(self, course: Course, folder: Path) -> None:
        self.course, self.homes = course, folder / "homes"
        self.root = folder / "exchange"
        self.root.mkdir(parents=True)
        self.root.chmod(0o777)
        config = course_config(course.root)
        self.course_id = str(config.CourseDirectory.course_id)
        config.merge(Config({"Exchange": {"root": str(self.root)}}))
        self.config = config

    def _start(self, kind: Any, root: Path, **options: Any) -> None:
        own = self.config.copy()
        own.CourseDirectory.root = str(root)
        own.Exchange.assignment_dir = str(root)
        folder = CourseDirectory(config=own, assignment_id=NAME, course_id=self.course_id)
        known = Authenticator(config=own)
        kind(coursedir=folder, authenticator=known, config=own, log=LOG, **options).start()

    def release(self) -> None:
        """`nbgrader release_assignment`."""
        self._start(ExchangeReleaseAssignment, self.course.root, force=True)

    def submit(self, student: str, work: Callable[[Path], None]) -> None:
        """`nbgrader fetch_assignment`, some work, and `nbgrader submit`, as the student."""
        home = self.homes / student
        home.mkdir(parents=True, exist_ok=True)
        with _inside(home), patch.object(submitting, "get_username", lambda: student):
            if not (home / NAME).exists():
                self._start(ExchangeFetchAssignment, home)
            work(home / NAME)
            self._start(ExchangeSubmit, home)

    def collect(self) -> None:
        """`nbgrader collect --update`."""
        self._start(ExchangeCollect, self.course.root, update=True, check_owner=False)


@contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def answered(course: Course, folder: Path, mistakes: Mistakes) -> None:
    """Put the solved notebooks, with mistakes, into a folder."""
    student = f".work-of-{getpass.getuser()}"
    made = batch_class.hand_in(course, student, mistakes)
    for path in made.iterdir():
        shutil.move(path, folder / path.name)
    shutil.rmtree(course.root / "submitted" / student)


def moodle_zip(course: Course, path: Path, classmates: Mapping[str, Mistakes]) -> Path:
    """What Moodle hands over for a class."""
    with zipfile.ZipFile(path, "w") as archive:
        for number, (student, mistakes) in enumerate(classmates.items(), start=7001):
            work = path.parent / f"work-{student}"
            work.mkdir()
            answered(course, work, mistakes)
            folder = f"{student.title()} Moodle_{number}_assignsubmission_file_"
            for file in sorted(work.iterdir()):
                archive.write(file, f"{folder}/{file.name}")
    return path


# What the doors say


class Said(NamedTuple):
    """What a door says of a student's grade."""

    points: float
    """After the late penalty, without bonus."""
    extra: float
    waits: bool
    """Whether a person has still to give some."""


def of_gradebook(course: Course) -> dict[str, Said]:
    """By nbgrader's own API."""
    found = {}
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as book:
        for work in book.assignment_submissions(NAME):
            rows = [row for notebook in work.notebooks for row in notebook.grades]
            extra = sum(row.extra_credit or 0.0 for row in rows)
            waits = any(row.auto_score is None and row.manual_score is None for row in rows)
            points = work.score - extra - work.late_submission_penalty
            found[work.student.id] = Said(round(points, 2), round(extra, 2), waits)
    return found


def of_feedback(course: Course) -> dict[str, Said]:
    """By the page of each student."""
    found = {}
    for page in sorted(course.root.glob(f"feedback/*/{NAME}/layers.html")):
        said = WHOLE.search(page.read_text())
        assert said is not None, page
        points, _, extra, so_far = said.groups()
        student = page.parts[-3]
        found[student] = Said(float(points), float(extra or 0.0), bool(so_far))
    return found


def of_export(course: Course) -> dict[str, Any]:
    """By the JSON that is exported."""
    told = json.loads(run(course, "export", NAME, "--to", "json"))
    return {one["student_id"]: one for one in told["students"]}


def of_report(course: Course) -> dict[str, Said]:
    """By the table of the report."""
    page = (course.root / "reports" / f"{NAME}.html").read_text()
    found = {}
    for student, points, extra, open_ in ROW.findall(page):
        found[student] = Said(float(points), float(extra or 0.0), bool(open_))
    return found
