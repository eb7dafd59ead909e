"""Which answer a grade in the gradebook is for, so that a hand grade is doubted only with cause.

One row for each of nbgrader's grades, in a table of our own in the same database: it is written
in the same transaction, and stays with its grade when a question is renamed.
"""

from __future__ import annotations

from collections.abc import Mapping

from nbgrader.api import Gradebook
from sqlalchemy import Column, Connection, MetaData, String, Table, inspect, select
from sqlalchemy.exc import DBAPIError

ANSWERS = Table(
    "autograder_answer",
    MetaData(),
    Column("grade_id", String(32), primary_key=True),
    Column("digest", String(64), nullable=False),
)


def changed_answers(gradebook: Gradebook, rows: Mapping[str, str | None]) -> set[str]:
    """Note the answers that grades are for now; returns the grades that were for another.

    Args:
        gradebook: the open gradebook; the caller commits.
        rows: by id of nbgrader's grade, the answer's digest; None if nobody knows it.
    """
    connection = gradebook.db.connection()
    _lay_out(connection)
    wanted = ANSWERS.c.grade_id.in_(list(rows))
    found = connection.execute(select(ANSWERS).where(wanted))
    known: dict[str, str] = {row.grade_id: row.digest for row in found}
    new: list[dict[str, str]] = []
    for id_, digest in rows.items():
        if digest is None or known.get(id_) == digest:
            continue
        if id_ in known:
            own = ANSWERS.c.grade_id == id_
            connection.execute(ANSWERS.update().where(own).values(digest=digest))
        else:
            new.append({"grade_id": id_, "digest": digest})
    if new:
        connection.execute(ANSWERS.insert(), new)
    return {id_ for id_, digest in rows.items() if digest is None or known.get(id_) != digest}


def _lay_out(connection: Connection) -> None:
    """Make our table if it is not there; another grader may make it at the same moment."""
    if inspect(connection).has_table(ANSWERS.name):
        return
    try:
        with connection.begin_nested():
            ANSWERS.create(connection)
    except DBAPIError:
        if not inspect(connection).has_table(ANSWERS.name):
            raise
