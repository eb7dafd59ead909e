"""Take a student out of the gradebook, and out of the copies that `release` has made of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nbgrader.api import Grade as GradeRow
from nbgrader.api import Gradebook, MissingEntry
from sqlalchemy import inspect, select, text

from autograder.course.course import Course
from autograder.course.nbgrader_view import course_directory
from autograder.course.waiting import SQLITE, patient, wait_until_free
from autograder.gradebook.answers import ANSWERS
from autograder.gradebook.rows import connected


def gradebooks(course: Course) -> dict[str, str]:
    """The addresses of the course's gradebook and of its copies, by a name to show."""
    own = course_directory(course.root).db_url
    files = [Path(own.removeprefix(SQLITE))] if own.startswith(SQLITE) else []
    files += sorted((course.root / ".autograder").glob("gradebook-*.db"))
    found = {} if own.startswith(SQLITE) else {"the gradebook": own}
    return found | {_shown(file, course): f"{SQLITE}{file}" for file in files if file.is_file()}


def submissions_of(course: Course, address: str, student: str) -> int | None:
    """How many submissions of a student a gradebook has; None if it does not know the student."""
    with _open(course, address) as gradebook:
        try:
            return len(gradebook.find_student(student).submissions)
        except MissingEntry:
            return None


def remove_student(course: Course, address: str, student: str) -> None:
    """Remove a student and all rows about their submissions, from unused pages of a file too."""
    with _open(course, address) as gradebook:
        gradebook.remove_student(student)
        if inspect(gradebook.engine).has_table(ANSWERS.name):
            kept = select(GradeRow.id)
            gradebook.db.execute(ANSWERS.delete().where(ANSWERS.c.grade_id.not_in(kept)))
            gradebook.db.commit()
        if gradebook.engine.dialect.name == "sqlite":
            gradebook.db.execute(text("VACUUM"))


@contextmanager
def _open(course: Course, address: str) -> Iterator[Gradebook]:
    wait_until_free(address)
    with connected(patient(address), course_directory(course.root).course_id) as gradebook:
        yield gradebook


def _shown(path: Path, course: Course) -> str:
    inside = path.is_relative_to(course.root)
    return str(path.relative_to(course.root) if inside else path)
