"""Who handed in late, and who of the gradebook's students handed in nothing."""

from __future__ import annotations

from typing import Any

import msgspec
from nbgrader.api import Assignment, Gradebook, Student, SubmittedAssignment


class Attendance(msgspec.Struct, frozen=True):
    """Of one assignment, when the class handed in."""

    late: dict[str, float]
    """By student, seconds after their own due date, an extension included."""
    missing: tuple[str, ...]
    """Students in the gradebook without a submission."""
    extended: tuple[str, ...]
    """Students with a due date of their own."""


def attendance(gradebook: Gradebook, assignment: str) -> Attendance:
    """Read it from an open gradebook; two queries for a class."""
    due = gradebook.find_assignment(assignment).duedate
    rows: list[tuple[str, Any, Any]] = (
        gradebook.db.query(
            SubmittedAssignment.student_id,
            SubmittedAssignment.timestamp,
            SubmittedAssignment.extension,
        )
        .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
        .filter(Assignment.name == assignment)
        .order_by(SubmittedAssignment.student_id)
        .all()
    )
    late: dict[str, float] = {}
    for student, at, extension in rows:
        own = due if extension is None or due is None else due + extension
        if at is not None and own is not None and at > own:
            late[student] = (at - own).total_seconds()
    handed_in = {student for student, _, _ in rows}
    everyone = [student for (student,) in gradebook.db.query(Student.id).order_by(Student.id)]
    return Attendance(
        late=late,
        missing=tuple(student for student in everyone if student not in handed_in),
        extended=tuple(student for student, _, extension in rows if extension is not None),
    )
