"""A submission's rows in nbgrader's tables: read, made where there are none, and written.

nbgrader makes and changes them one object at a time, and looks through all of a table for those of
one submission. Here they are a statement a table for several submissions, which finds them by the
tables' own keys: a fifth of the time of the one process that writes, in a class of any size.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct
from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Gradebook,
    GradeCell,
    Notebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
    TaskCell,
    new_uuid,
)
from nbgrader.api import Grade as GradeRow
from sqlalchemy import bindparam, func, insert, select, update

# nbgrader declares no types.
ASSIGNMENTS: Any = Assignment.__table__
NOTEBOOKS: Any = Notebook.__table__
STUDENTS: Any = Student.__table__
CELLS: Any = BaseCell.__table__
GRADED: Any = GradeCell.__table__
TASKS: Any = TaskCell.__table__
HANDED_IN: Any = SubmittedAssignment.__table__
NOTEBOOKS_IN: Any = SubmittedNotebook.__table__
GRADES: Any = GradeRow.__table__
COMMENTS: Any = Comment.__table__
SCORED = ("GradeCell", "TaskCell")
COMMENTED = ("SolutionCell", "TaskCell")


class Cell(Struct, frozen=True):
    """A cell that the gradebook knows."""

    id: str
    name: str
    kind: str
    notebook: str
    """The id of its notebook."""
    of: str
    """The name of its notebook."""
    worth: float

    @property
    def key(self) -> tuple[str, str]:
        """By what a grade names it: its notebook and its own name."""
        return self.of, self.name


class Scored(Struct):
    """A row of nbgrader's `grade`: what a cell has earned."""

    id: str
    cell: Cell
    notebook: str
    """The id of the submitted notebook."""
    auto: float | None = None
    by_hand: float | None = None
    extra: float | None = None
    waits: bool = True


class Said(Struct):
    """A row of nbgrader's `comment`, as far as we write there."""

    id: str
    cell: Cell
    notebook: str
    auto: str | None = None


class Stored(Struct):
    """The rows of one submission."""

    id: str
    student: str
    assignment: str
    """The id of the assignment."""
    due: datetime.datetime | None
    """When the class had to hand in."""
    new: bool = False
    """Whether they are still to be made."""
    timestamp: datetime.datetime | None = None
    extension: datetime.timedelta | None = None
    notebooks: dict[str, str] = {}
    """By id of a notebook, the id of the submitted one."""
    penalties: dict[str, float | None] = {}
    """By id of a submitted notebook, what it loses for being late."""
    grades: list[Scored] = []
    comments: list[Said] = []
    read: dict[str, dict[str, Any]] = {}
    """By id of a row, what stood there when it was read, by column."""


def read_rows(gradebook: Gradebook, assignment: str, students: Iterable[str]) -> dict[str, Stored]:
    """By student, the rows of their submissions; where there are none, those that are to be made.

    Args:
        gradebook: the open gradebook.
        assignment: the assignment's name, which it knows.
        students: the students' ids.
    """
    db = gradebook.db.connection()
    is_it = ASSIGNMENTS.c.name == assignment
    known, due = db.execute(select(ASSIGNMENTS.c.id, ASSIGNMENTS.c.duedate).where(is_it)).one()
    cells = _cells(db, known)
    own = select(NOTEBOOKS.c.id).where(NOTEBOOKS.c.assignment_id == known)
    notebooks = list(db.execute(own).scalars())
    wanted = list(students)
    columns = (HANDED_IN.c.student_id, HANDED_IN.c.id, HANDED_IN.c.timestamp, HANDED_IN.c.extension)
    there = (HANDED_IN.c.assignment_id == known) & HANDED_IN.c.student_id.in_(wanted)
    found = {
        who: Stored(id_, who, known, due, False, timestamp, extension)
        for who, id_, timestamp, extension in db.execute(select(*columns).where(there))
    }
    if found:
        _read(db, list(found.values()), cells, notebooks)
    blank = (_blank(who, known, due, cells, notebooks) for who in wanted if who not in found)
    return found | {rows.student: rows for rows in blank}


def save_rows(gradebook: Gradebook, stored: Sequence[Stored]) -> None:
    """Make the rows that are new, and change those that are not what they were; nobody commits.

    Raises:
        IntegrityError: another grader has made some of them meanwhile.
    """
    db = gradebook.db.connection()
    if new := [rows for rows in stored if rows.new]:
        _make(db, new)
    if old := [rows for rows in stored if not rows.new]:
        _change(db, old)


def submission_row(gradebook: Gradebook, assignment: str, student: str) -> Any:
    """The gradebook's row of a submission; if there is none one is made, for the caller to commit.

    Args:
        gradebook: the open gradebook.
        assignment: the assignment's name, which it knows.
        student: the student's id; new students are added, as nbgrader does.
    """
    save_rows(gradebook, [read_rows(gradebook, assignment, [student])[student]])
    return gradebook.find_submission(assignment, student)


def _cells(db: Any, assignment: str) -> dict[str, Cell]:
    worth = func.coalesce(GRADED.c.max_score, TASKS.c.max_score, 0.0)
    own = (CELLS.c.id, CELLS.c.name, CELLS.c.type, CELLS.c.notebook_id, NOTEBOOKS.c.name, worth)
    joined = (
        CELLS.join(NOTEBOOKS, CELLS.c.notebook_id == NOTEBOOKS.c.id)
        .outerjoin(GRADED, GRADED.c.id == CELLS.c.id)
        .outerjoin(TASKS, TASKS.c.id == CELLS.c.id)
    )
    of_it = NOTEBOOKS.c.assignment_id == assignment
    return {row[0]: Cell(*row) for row in db.execute(select(*own).select_from(joined).where(of_it))}


def _read(
    db: Any, stored: Sequence[Stored], cells: Mapping[str, Cell], notebooks: Sequence[str]
) -> None:
    """Read what there is of submissions."""
    by_id = {rows.id: rows for rows in stored}
    table = NOTEBOOKS_IN.c
    there = table.notebook_id.in_(notebooks) & table.assignment_id.in_(list(by_id))
    columns = table.assignment_id, table.notebook_id, table.id, table.late_submission_penalty
    owner: dict[str, Stored] = {}
    for whole, notebook, id_, penalty in db.execute(select(*columns).where(there)):
        owner[id_] = by_id[whole]
        owner[id_].notebooks[notebook] = id_
        owner[id_].penalties[id_] = penalty
    cell_in, row_in = list(cells), list(owner)
    where = GRADES.c
    scores = where.auto_score, where.manual_score, where.extra_credit, where.needs_manual_grade
    own = select(where.id, where.cell_id, where.notebook_id, *scores)
    for id_, cell, notebook, *values in db.execute(_of(own, where, cell_in, row_in)):
        owner[notebook].grades.append(Scored(id_, cells[cell], notebook, *values))
    where = COMMENTS.c
    own = select(where.id, where.cell_id, where.notebook_id, where.auto_comment)
    for id_, cell, notebook, said in db.execute(_of(own, where, cell_in, row_in)):
        owner[notebook].comments.append(Said(id_, cells[cell], notebook, said))
    for rows in stored:
        rows.read = {rows.id: _dated(rows), **_penalties(rows)}
        rows.read |= {row.id: _values(row) for row in rows.grades}
        rows.read |= {row.id: _values(row) for row in rows.comments}


def _of(rows: Any, where: Any, cells: list[str], notebooks: list[str]) -> Any:
    """Rows of cells in notebooks: both, since the tables are ordered by cell, then by notebook."""
    return rows.where(where.cell_id.in_(cells) & where.notebook_id.in_(notebooks))


def _blank(
    student: str,
    assignment: str,
    due: datetime.datetime | None,
    cells: Mapping[str, Cell],
    notebooks: Iterable[str],
) -> Stored:
    """The rows that nbgrader would make."""
    rows = Stored(new_uuid(), student, assignment, due, new=True)
    rows.notebooks = {notebook: new_uuid() for notebook in notebooks}
    for cell in cells.values():
        if cell.kind in SCORED:
            rows.grades.append(Scored(new_uuid(), cell, rows.notebooks[cell.notebook]))
        if cell.kind in COMMENTED:
            rows.comments.append(Said(new_uuid(), cell, rows.notebooks[cell.notebook]))
    return rows


def _make(db: Any, new: Sequence[Stored]) -> None:
    names = [rows.student for rows in new]
    known = set(db.execute(select(STUDENTS.c.id).where(STUDENTS.c.id.in_(names))).scalars())
    made: dict[Any, list[dict[str, Any]]] = {
        STUDENTS: [{"id": name} for name in names if name not in known],
        HANDED_IN: [
            {"id": rows.id, "assignment_id": rows.assignment, "student_id": rows.student}
            | _dated(rows)
            for rows in new
        ],
        NOTEBOOKS_IN: [
            {"id": id_, "assignment_id": rows.id, "notebook_id": notebook}
            for rows in new
            for notebook, id_ in rows.notebooks.items()
        ],
        GRADES: [_whole(row) for rows in new for row in rows.grades],
        COMMENTS: [_whole(row) for rows in new for row in rows.comments],
    }
    for table, its in made.items():
        if its:
            db.execute(insert(table), its)


def _whole(row: Scored | Said) -> dict[str, Any]:
    return {"id": row.id, "cell_id": row.cell.id, "notebook_id": row.notebook, **_values(row)}


def _values(row: Scored | Said) -> dict[str, Any]:
    """What can change in a row, by column."""
    if isinstance(row, Said):
        return {"auto_comment": row.auto}
    return {
        "auto_score": row.auto,
        "manual_score": row.by_hand,
        "extra_credit": row.extra,
        "needs_manual_grade": row.waits,
    }


def _dated(rows: Stored) -> dict[str, Any]:
    return {"timestamp": rows.timestamp, "extension": rows.extension}


def _penalties(rows: Stored) -> dict[str, dict[str, Any]]:
    return {id_: {"late_submission_penalty": own} for id_, own in rows.penalties.items()}


def _change(db: Any, old: Iterable[Stored]) -> None:
    """Write what has changed and no other column: a person may be at work in those."""
    changes: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for rows in old:
        its = [(HANDED_IN, rows.id, _dated(rows))]
        its += [(NOTEBOOKS_IN, *own) for own in _penalties(rows).items()]
        its += [(GRADES, row.id, _values(row)) for row in rows.grades]
        its += [(COMMENTS, row.id, _values(row)) for row in rows.comments]
        for table, id_, values in its:
            before = rows.read[id_]
            new = {name: value for name, value in values.items() if value != before[name]}
            if new:
                changes.setdefault((table, *new), []).append({"row": id_, **new})
    for (table, *_), new_ones in changes.items():
        db.execute(update(table).where(table.c.id == bindparam("row")), new_ones)
