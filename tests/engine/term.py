"""A course in the hands of an instructor, and what each of its doors says of every student."""

from __future__ import annotations

import getpass
import json
import os
import re
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import batch_class
from mini_course import NAME
from nbgrader.api import Gradebook
from typer.testing import CliRunner

from autograder.cli import app
from autograder.course.course import Course

Mistakes = Mapping[str, tuple[str, str]]
WHOLE = re.compile(rf"{NAME}: ([\d.]+) of ([\d.]+)(?: \+ ([\d.]+) bonus)?( so far)?")
ROW = re.compile(
    r'<th scope="row">([^<]+)</th><td class="n" data-v="[^"]*">'
    r"([\d.]+) of [\d.]+(?: \+ ([\d.]+))?</td>"
    r'<td class="n">[^<]*</td><td class="n">([^<]*)</td>'
)


@contextmanager
def inside(folder: Path) -> Iterator[None]:
    """Stand in a folder."""
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def run(course: Course, *words: str, status: int = 0) -> str:
    """Run a command of the course, and say yes; returns what it said."""
    with inside(course.root):
        done = CliRunner().invoke(app, list(words), env={"COLUMNS": "200"}, input="y\n")
    assert done.exit_code == status, f"{done.output}\n{done.exception!r}"
    return str(done.output)


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
