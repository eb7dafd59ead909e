"""Change the questions in a gradebook that has submissions.

nbgrader refuses to add or to remove cells once somebody has handed in. Here the gradebook's cells
are brought in line with the new notebooks in one transaction: rows of questions that stay are not
touched, so hand grades stay with them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from nbgrader.api import (
    Base,
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    MissingEntry,
    SourceCell,
    SubmittedNotebook,
)
from nbgrader.api import Notebook as NotebookRow
from nbgrader.dbutil import ALEMBIC_DIR
from sqlalchemy import create_engine, inspect
from sqlalchemy.exc import SQLAlchemyError

from autograder.course.course import Course
from autograder.course.nbgrader_view import course_directory
from autograder.course.waiting import patient, wait_until_free
from autograder.release.changes import Plan, cells_of, plan


def lay_out(gradebook: str) -> None:
    """Make a new gradebook's tables: nbgrader would start `alembic` for a version, a second long.

    One that is there stays as it is; one that cannot be reached is nbgrader's to complain about.
    """
    with suppress(SQLAlchemyError, ImportError):
        engine = create_engine(gradebook)
        with engine.begin() as connection:
            if not inspect(connection).get_table_names():
                Base.metadata.create_all(connection)
                MigrationContext.configure(connection).stamp(ScriptDirectory(ALEMBIC_DIR), "head")
        engine.dispose()


def planned_change(workshop: Path, course: Course, assignment: str) -> Plan | None:
    """What would become of submissions in the gradebook; None if there are none."""
    url = course_directory(course.root).db_url
    path = url.removeprefix("sqlite:///")
    if path != url and not Path(path).is_file():
        return None
    with _gradebooks(workshop, course) as (book, wanted):
        folders = (root / "release" / assignment for root in (course.root, workshop))
        try:
            return plan(book, wanted, assignment, *folders)
        except MissingEntry:  # the course's first release of it
            return None


def change_questions(
    workshop: Path, course: Course, assignment: str, planned: Plan
) -> Path | None:
    """Change the gradebook's cells; returns the copy of it that was made first, if one was."""
    with _gradebooks(workshop, course) as (book, wanted):
        backup = back_up(book, course.root / ".autograder") if planned.changes else None
        carry_out(book, wanted, assignment, planned)
    return backup


@contextmanager
def _gradebooks(workshop: Path, course: Course) -> Iterator[tuple[Gradebook, Gradebook]]:
    folder = course_directory(course.root)
    wait_until_free(folder.db_url)
    address = patient(folder.db_url)
    lay_out(address)
    with (
        Gradebook(address, folder.course_id) as book,
        Gradebook(f"sqlite:///{workshop}/gradebook.db", folder.course_id) as wanted,
    ):
        yield book, wanted


def carry_out(book: Gradebook, wanted: Gradebook, assignment: str, planned: Plan) -> None:
    """Give the gradebook the new cells, and every submission its rows: all of it, or nothing."""
    session = book.db
    with session.no_autoflush:
        try:
            _rename(book, assignment, planned.renamed)
            old, new = cells_of(book, assignment), cells_of(wanted, assignment)
            for key in old.keys() - new.keys():
                _remove_cell(session, old[key])
            notebooks = {row.name: row for row in book.find_assignment(assignment).notebooks}
            kept = {row.name for row in wanted.find_assignment(assignment).notebooks}
            for name in notebooks.keys() - kept:
                _remove_notebook(session, notebooks.pop(name))
            for name in sorted(kept - notebooks.keys()):
                notebooks[name] = NotebookRow(
                    name=name, assignment=book.find_assignment(assignment)
                )
                session.add(notebooks[name])
                for submission in book.assignment_submissions(assignment):
                    session.add(SubmittedNotebook(notebook=notebooks[name], assignment=submission))
            for key in sorted(new.keys() - old.keys()):
                _add_cell(session, notebooks[key[0]], new[key])
            reweighed = {(c.notebook, c.name) for c in planned.changes if c.before != c.after}
            for key in old.keys() & new.keys():
                _reweigh(old[key], new[key], asked=(key[0], key[2]) in reweighed)
            session.commit()
        except BaseException:
            session.rollback()
            raise


def back_up(book: Gradebook, folder: Path) -> Path | None:
    """Copy the gradebook into a folder; None if it is no file, and its server keeps copies."""
    path = book.engine.url.database
    if book.engine.dialect.name != "sqlite" or not path:
        return None
    copy = folder / f"gradebook-{datetime.now():%Y%m%d-%H%M%S-%f}.db"
    copy.touch(mode=0o600)
    source, target = sqlite3.connect(path), sqlite3.connect(copy)
    try:
        source.backup(target)
    finally:
        source.close()
        target.close()
    return copy


def _rename(book: Gradebook, assignment: str, renamed: Mapping[tuple[str, str], str]) -> None:
    for (notebook, _, name), cell in cells_of(book, assignment).items():
        if (notebook, name) in renamed:
            cell.name = renamed[notebook, name]
    book.db.flush()


def _remove_cell(session: Any, cell: Any) -> None:
    if isinstance(cell, BaseCell):
        for rows in (Grade, Comment):
            session.query(rows).filter(rows.cell_id == cell.id).delete(synchronize_session="fetch")
    for table in reversed(type(cell).__mapper__.tables):
        session.execute(table.delete().where(table.c.id == cell.id))
    session.expire_all()


def _remove_notebook(session: Any, notebook: Any) -> None:
    """Remove a notebook whose cells are gone, and what was handed in for it."""
    for rows, column in ((SubmittedNotebook, "notebook_id"), (NotebookRow, "id")):
        session.execute(
            rows.__table__.delete().where(rows.__table__.c[column] == notebook.id)
        )
    session.expire_all()


def _add_cell(session: Any, notebook: Any, like: Any) -> None:
    """Add a cell like one of the other gradebook, and its row for every submission."""
    values = {
        column.key: getattr(like, column.key)
        for table in type(like).__mapper__.tables
        for column in table.columns
        if column.key not in ("id", "notebook_id", "type")
    }
    cell = type(like)(notebook=notebook, **values)
    session.add(cell)
    session.flush()
    if isinstance(cell, SourceCell):
        return
    for submitted in notebook.submissions:
        if hasattr(cell, "max_score"):
            session.add(Grade(cell_id=cell.id, notebook=submitted))
        if type(cell).__name__ != "GradeCell":
            session.add(Comment(cell_id=cell.id, notebook=submitted))


def _reweigh(cell: Any, like: Any, *, asked: bool) -> None:
    if hasattr(cell, "max_score"):
        cell.max_score, cell.cell_type = like.max_score, like.cell_type
        for row in cell.grades if asked else ():
            row.needs_manual_grade = row.needs_manual_grade or row.manual_score is not None
