"""The rows of a submission before anything is known of it: those that nbgrader would make.

nbgrader makes them one object at a time, and commits twice. Here they are a statement a table, and
the caller commits them together with the scores: 10 ms less of the one process that writes.
"""

from __future__ import annotations

from typing import Any

from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Gradebook,
    MissingEntry,
    Notebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
    new_uuid,
)
from nbgrader.api import Grade as GradeRow
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

GRADED = ("GradeCell", "TaskCell")
COMMENTED = ("SolutionCell", "TaskCell")


def submission_row(gradebook: Gradebook, assignment: str, student: str) -> Any:
    """The gradebook's row of a submission; if there is none one is made, for the caller to commit.

    Args:
        gradebook: the open gradebook.
        assignment: the assignment's name, which it knows.
        student: the student's id; new students are added, as nbgrader does.
    """
    try:
        return gradebook.find_submission(assignment, student)
    except MissingEntry:
        try:
            _make(gradebook.db, assignment, student)
        except IntegrityError:  # another grader made it at the same moment
            gradebook.db.rollback()
    return gradebook.find_submission(assignment, student)


def _make(db: Any, assignment: str, student: str) -> None:
    if db.scalar(select(Student.id).where(Student.id == student)) is None:
        db.execute(insert(Student), [{"id": student}])
    known = db.scalar(select(Assignment.id).where(Assignment.name == assignment))
    whole = {"id": new_uuid(), "assignment_id": known, "student_id": student}
    db.execute(insert(SubmittedAssignment), [whole])
    own = select(Notebook.id).where(Notebook.assignment_id == known)
    notebooks = {notebook: new_uuid() for notebook in db.scalars(own)}
    if not notebooks:
        return
    rows = [
        {"id": id_, "assignment_id": whole["id"], "notebook_id": notebook}
        for notebook, id_ in notebooks.items()
    ]
    db.execute(insert(SubmittedNotebook), rows)
    its = select(BaseCell.id, BaseCell.type, BaseCell.notebook_id)
    cells = db.execute(its.where(BaseCell.notebook_id.in_(notebooks))).all()
    for table, kinds in ((GradeRow, GRADED), (Comment, COMMENTED)):
        rows = [
            {"cell_id": cell.id, "notebook_id": notebooks[cell.notebook_id]}
            for cell in cells
            if cell.type in kinds
        ]
        if rows:
            db.execute(insert(table), rows)
