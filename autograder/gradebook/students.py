"""Who is in the course, as the gradebook knows them."""

from __future__ import annotations

from pathlib import Path

from autograder.course.course import Course
from autograder.course.nbgrader_view import course_directory
from autograder.course.people import Person
from autograder.gradebook.rows import open_gradebook


def students_of(course: Course, assignment: str) -> list[Person]:
    """The gradebook's students; nobody if there is no gradebook yet.

    Raises:
        UsageError: if there is one, and it cannot be opened or does not know the assignment.
    """
    address = course_directory(course.root).db_url
    path = address.removeprefix("sqlite:///")
    if path != address and not Path(path).is_file():
        return []
    with open_gradebook(course, assignment) as gradebook:
        return [
            Person(
                one.id,
                first_name=one.first_name or "",
                last_name=one.last_name or "",
                email=one.email or "",
                lms_user_id=one.lms_user_id or "",
            )
            for one in gradebook.students
        ]
