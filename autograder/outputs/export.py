"""The class's grades as a table: a plugin for `nbgrader export`, and `autograder export`.

A withheld score is printed as `withheld`, never as a number. A score that still waits for
a person says so in its own columns, so that it cannot be read as final.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.plugins import ExportPlugin

from autograder.course.course import Course
from autograder.errors import UsageError
from autograder.gradebook.rows import WITHHELD, answer_cells

DEFAULT_FILE = "grades.csv"


class Row(msgspec.Struct, frozen=True):
    """One student's grade for one assignment; the field names are the table's heading."""

    assignment: str
    duedate: str
    timestamp: str
    student_id: str
    last_name: str
    first_name: str
    email: str
    raw_score: str
    late_submission_penalty: str
    score: str
    max_score: str
    extra_credit: str
    status: str
    """missing, withheld, waiting (for a person) or graded."""
    waiting_for: str
    """The questions that have no score yet."""


def grade_rows(
    course: Course,
    gradebook: Gradebook,
    assignments: Sequence[str] = (),
    students: Sequence[str] = (),
) -> list[Row]:
    """One row per assignment and student, in the gradebook's order.

    Args:
        course: the course, whose sources say which cell answers which question.
        gradebook: an open gradebook.
        assignments: names to keep; empty keeps all.
        students: ids to keep; empty keeps all.

    Raises:
        UsageError: if a named assignment or student is not in the gradebook.
    """
    _refuse_unknown("assignment", assignments, [entry.name for entry in gradebook.assignments])
    _refuse_unknown("student", students, [entry.id for entry in gradebook.students])
    answers = {entry.name: _answers(course, entry.name) for entry in gradebook.assignments}
    return [
        _row(gradebook, assignment, student, answers[assignment.name])
        for assignment in gradebook.assignments
        if not assignments or assignment.name in assignments
        for student in gradebook.students
        if not students or student.id in students
    ]


def to_csv(rows: Iterable[Row]) -> str:
    """The rows as CSV with a heading; quoted wherever a name holds a comma."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(Row.__struct_fields__)
    writer.writerows(map(_harmless, msgspec.structs.astuple(row)) for row in rows)
    return text.getvalue()


class GradesCsv(ExportPlugin):  # type: ignore[misc]
    """What `nbgrader export` calls, as configured in `nbgrader_config.py`."""

    def export(self, gradebook: Gradebook) -> None:
        """Write the table to `--to`, or to `grades.csv`."""
        course = Course(Path(self.parent.coursedir.root))
        rows = grade_rows(
            course, gradebook, [*map(str, self.assignment)], [*map(str, self.student)]
        )
        target = Path(self.to or DEFAULT_FILE)
        target.write_text(to_csv(rows), encoding="utf-8")
        self.log.info("Exported %d rows to %s", len(rows), target)


def _answers(course: Course, assignment: str) -> Mapping[str, str]:
    """By cell with an answer, its question; nothing for an assignment that has no source now."""
    try:
        cells = answer_cells(course, assignment)
    except UsageError:
        return {}
    return {cell: question for question, cell in cells.items()}


def _row(gradebook: Gradebook, assignment: Any, student: Any, answers: Mapping[str, str]) -> Row:
    common = {
        "assignment": assignment.name,
        "duedate": _text(assignment.duedate),
        "student_id": student.id,
        "last_name": _text(student.last_name),
        "first_name": _text(student.first_name),
        "email": _text(student.email),
        "max_score": _text(assignment.max_score),
    }
    try:
        submission = gradebook.find_submission(assignment.name, student.id)
    except MissingEntry:
        return Row(**common, **_no_submission())
    return Row(**common, **_submitted(submission, answers))


def _no_submission() -> dict[str, str]:
    zero = "0.0"
    return {
        "timestamp": "", "raw_score": zero, "late_submission_penalty": zero, "score": zero,
        "extra_credit": zero, "status": "missing", "waiting_for": "",
    }  # fmt: skip


def _submitted(submission: Any, answers: Mapping[str, str]) -> dict[str, str]:
    rows = [row for notebook in submission.notebooks for row in notebook.grades]
    unknown = {row.name for row in rows if row.auto_score is None and row.manual_score is None}
    withheld = any(
        (comment.auto_comment or "").startswith(WITHHELD)
        and answers.get(comment.name, comment.name) in unknown
        for notebook in submission.notebooks
        for comment in notebook.comments
    )
    open_ = sorted(unknown | {row.name for row in rows if row.needs_manual_grade})
    penalty = submission.late_submission_penalty or 0.0
    extra = sum(row.extra_credit or 0.0 for row in rows)
    final = max(0.0, submission.score - penalty)
    return {
        "timestamp": _text(submission.timestamp),
        "raw_score": "withheld" if withheld else _number(submission.score),
        "late_submission_penalty": _number(penalty),
        "score": "withheld" if withheld else _number(final),
        "extra_credit": _number(extra),
        "status": "withheld" if withheld else "waiting" if open_ else "graded",
        "waiting_for": " ".join(open_),
    }


def _refuse_unknown(what: str, named: Iterable[str], known: Sequence[str]) -> None:
    for name in named:
        if name not in known:
            raise UsageError(f"The gradebook knows no {what} '{name}'.")


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _number(value: float) -> str:
    return str(round(float(value), 2))


def _harmless(field: str) -> str:
    """A spreadsheet must not take a student's name for a formula."""
    return f"'{field}" if field[:1] in ("=", "+", "-", "@", "\t", "\r") else field
