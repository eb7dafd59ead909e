"""The class's grades as a table: a plugin for `nbgrader export`, and `autograder export`.

What is no final number is printed as a word: `withheld`, `waiting` (for a person) or `missing`,
in the score and in each question, so that it cannot be read or summed up as one.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import msgspec
from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Gradebook,
    Notebook,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.plugins import ExportPlugin

from autograder.course.course import Course
from autograder.course.extensions import dropped
from autograder.course.questions import questions_of
from autograder.errors import UsageError
from autograder.gradebook.comments import WITHHELD
from autograder.gradebook.rows import answer_cells
from autograder.gradebook.settled import Entered, Standing, standings
from autograder.model import Grade, QuestionScore

DEFAULT_FILE = "grades.csv"
ENCODING = "utf-8-sig"
"""Without the mark at its start, Excel takes a file's umlauts for something else."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
ROUNDED = 0.02
"""How far the sum of checks' points, each rounded, may lie from a question's."""
Key = tuple[str, str]
"""Notebook and question."""


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
    """Points with bonus; a word if they are not final."""
    late_submission_penalty: str
    score: str
    """The same after the late penalty."""
    max_score: str
    extra_credit: str
    status: Literal["missing", "withheld", "waiting", "graded"]
    waiting_for: str
    """The questions that have no final score yet."""
    lms_user_id: str
    points: Mapping[str, str] = MappingProxyType({})
    """By question, and by question and check where they are known: further columns."""


class _Handed(msgspec.Struct):
    """What the gradebook says of a submission beside its scores."""

    timestamp: str = ""
    withheld: set[Key] = set()
    """Where a comment says that a question could not be graded."""


def grade_rows(
    course: Course,
    gradebook: Gradebook,
    assignments: Sequence[str] = (),
    students: Sequence[str] = (),
    grades: Mapping[str, Grade] = MappingProxyType({}),
) -> list[Row]:
    """One row per assignment and student, sorted by both.

    Args:
        course: the course, whose sources say which cell answers which question.
        gradebook: an open gradebook.
        assignments: names to keep; empty keeps all.
        students: ids to keep; empty keeps all.
        grades: by student, what grading said of the one assignment, for the points of checks.

    Raises:
        UsageError: if a named assignment or student is not in the gradebook.
    """
    people = sorted(gradebook.students, key=lambda one: (one.id.casefold(), one.id))
    works = sorted(gradebook.assignments, key=lambda one: str(one.name))
    _refuse_unknown("assignment", assignments, [entry.name for entry in works])
    _refuse_unknown("student", students, [entry.id for entry in people])
    rows: list[Row] = []
    for work in works:
        if assignments and work.name not in assignments:
            continue
        handed, known = _handed_in(course, gradebook, work.name), standings(gradebook, work.name)
        names, gone = _names(course, gradebook, work.name), dropped(course, work.name)
        for person in people:
            if person.id not in gone and (not students or person.id in students):
                own = known.get(person.id), handed.get(person.id)
                grade = grades.get(person.id)
                rows.append(_row(work, person, own, names, grade))
    return rows


def to_csv(rows: Sequence[Row]) -> str:
    """The rows as CSV with a heading; quoted wherever a name holds a comma."""
    fixed = Row.__struct_fields__[:-1]
    further = list(dict.fromkeys(name for row in rows for name in row.points))
    return table(
        (*fixed, *further),
        (
            (*msgspec.structs.astuple(row)[:-1], *(row.points.get(name, "") for name in further))
            for row in rows
        ),
    )


def table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table as CSV, of which a spreadsheet runs nothing."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heading)
    writer.writerows(map(_harmless, rows))
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
        target.write_text(to_csv(rows), encoding=ENCODING)
        self.log.info("Exported %d rows to %s", len(rows), target)


def _handed_in(course: Course, gradebook: Gradebook, assignment: str) -> dict[str, _Handed]:
    """What the gradebook says of all submissions of an assignment, in two queries."""
    works = (
        gradebook.db.query(SubmittedAssignment.student_id, SubmittedAssignment.timestamp)
        .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
        .filter(Assignment.name == assignment)
    )
    found = {student: _Handed(_text(time)) for student, time in works}
    comments = (
        gradebook.db.query(SubmittedAssignment.student_id, Notebook.name, BaseCell.name)
        .select_from(Comment)
        .join(SubmittedNotebook, Comment.notebook_id == SubmittedNotebook.id)
        .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
        .join(BaseCell, Comment.cell_id == BaseCell.id)
        .join(Notebook, BaseCell.notebook_id == Notebook.id)
        .filter(Assignment.name == assignment, Comment.auto_comment.like(f"{WITHHELD}%"))
    )
    answers = _answers(course, assignment)
    for student, notebook, cell in comments:
        found[student].withheld.add((notebook, answers.get(cell, cell)))
    return found


def _answers(course: Course, assignment: str) -> Mapping[str, str]:
    """By cell with an answer, its question; nothing for an assignment that has no source now."""
    try:
        cells = answer_cells(course, assignment)
    except UsageError:
        return {}
    return {cell: question for question, cell in cells.items()}


def _names(course: Course, gradebook: Gradebook, assignment: str) -> dict[Key, str]:
    """What each question's column is called, in the course's order."""
    keys = [
        (notebook.name, cell.name)
        for notebook in gradebook.find_assignment(assignment).notebooks
        for cell in (*notebook.grade_cells, *notebook.task_cells)
    ]
    try:
        ordered = [(one.notebook, one.id) for one in questions_of(course, assignment)]
    except UsageError:
        ordered = []
    ids = [id_ for _, id_ in keys]
    place = {key: at for at, key in enumerate(ordered)}
    keys.sort(key=lambda key: (place.get(key, len(place)), key))
    return {key: key[1] if ids.count(key[1]) == 1 else "/".join(key) for key in keys}


def _row(
    work: Any,
    person: Any,
    own: tuple[Standing | None, _Handed | None],
    names: Mapping[Key, str],
    grade: Grade | None,
) -> Row:
    common = {
        "assignment": work.name,
        "duedate": _text(work.duedate),
        "student_id": person.id,
        "last_name": _text(person.last_name),
        "first_name": _text(person.first_name),
        "email": _text(person.email),
        "max_score": _text(work.max_score),
        "lms_user_id": _text(person.lms_user_id),
    }
    standing, handed = own
    if standing is None or handed is None:
        return Row(**common, **_no_submission(names))
    return Row(**common, **_submitted(standing, handed, names, grade))


def _no_submission(names: Mapping[Key, str]) -> dict[str, Any]:
    return {
        "timestamp": "", "raw_score": "missing", "late_submission_penalty": "", "score": "missing",
        "extra_credit": "", "status": "missing", "waiting_for": "",
        "points": dict.fromkeys(names.values(), "missing"),
    }  # fmt: skip


def _submitted(
    standing: Standing, handed: _Handed, names: Mapping[Key, str], grade: Grade | None
) -> dict[str, Any]:
    own = standing.questions
    unknown = {key for key, one in own.items() if one.auto is None and one.by_hand is None}
    withheld = handed.withheld & unknown
    open_ = unknown | {key for key, one in own.items() if one.waits}
    status = "withheld" if withheld else "waiting" if open_ else "graded"
    earned = sum(map(_earned, own.values()))
    final = max(0.0, earned - standing.penalty)
    checks = {(score.notebook, score.id): score for score in grade.questions} if grade else {}
    points: dict[str, str] = {}
    for key, name in names.items():
        word = "withheld" if key in withheld else "waiting" if key in open_ else ""
        points[name] = word or (_number(_earned(own[key])) if key in own else "missing")
        points |= _checks(name, own.get(key), checks.get(key))
    return {
        "timestamp": handed.timestamp,
        "raw_score": _number(earned) if status == "graded" else status,
        "late_submission_penalty": _number(standing.penalty),
        "score": _number(final) if status == "graded" else status,
        "extra_credit": _number(sum(one.extra or 0.0 for one in own.values())),
        "status": status,
        "waiting_for": " ".join(sorted(names.get(key, key[1]) for key in open_)),
        "points": points,
    }


def _earned(one: Entered) -> float:
    """A question's points with bonus, as nbgrader adds them up."""
    score = one.auto if one.by_hand is None else one.by_hand
    return 0.0 if score is None else score + (one.extra or 0.0)


def _checks(name: str, entered: Entered | None, score: QuestionScore | None) -> dict[str, str]:
    """The points of a question's checks, if they are those that the gradebook was given."""
    if entered is None or score is None or entered.auto is None:
        return {}
    known = sum(check.points for check in score.checks)
    told = entered.auto if score.max_score else (entered.extra or 0.0)
    if entered.by_hand is None and abs(known - told) > ROUNDED * max(1, len(score.checks)):
        return {}
    return {f"{name}.{check.name}": _number(check.points) for check in score.checks}


def final(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows with a final score, which is all that other platforms should take for one."""
    return (row for row in rows if row.status == "graded")


def _refuse_unknown(what: str, named: Iterable[str], known: Sequence[str]) -> None:
    for name in named:
        if name not in known:
            raise UsageError(f"The gradebook knows no {what} '{name}'.")


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _number(value: float) -> str:
    return str(round(float(value), 2))


def _harmless(row: Sequence[str]) -> list[str]:
    """A spreadsheet must not take a student's name for a formula."""
    return [f"'{field}" if field.startswith(FORMULA) else field for field in row]
