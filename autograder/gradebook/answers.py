"""Which answer a grade in the gradebook is for, so that a hand grade is doubted only with cause.

One row for each of nbgrader's grades, in a table of our own in the same database: it is written
in the same transaction, and stays with its grade when a question is renamed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from nbgrader.api import Gradebook
from sqlalchemy import Column, Connection, MetaData, String, Table, inspect, select
from sqlalchemy.exc import DBAPIError

ANSWERS = Table(
    "autograder_answer",
    MetaData(),
    Column("grade_id", String(32), primary_key=True),
    Column("digest", String(64), nullable=False),
)


def changed_answers(
    gradebook: Gradebook, rows: Mapping[str, str | None], new: Collection[str] = ()
) -> set[str]:
    """Note the answers that grades are for now; returns the grades that were for another.

    Args:
        gradebook: the open gradebook; the caller commits.
        rows: by id of nbgrader's grade, the answer's digest; None if nobody knows it.
        new: those of which nothing can be known yet.
    """
    connection = gradebook.db.connection()
    _lay_out(connection)
    known: dict[str, str] = {}
    if old := [id_ for id_ in rows if id_ not in new]:
        found = connection.execute(select(ANSWERS).where(ANSWERS.c.grade_id.in_(old)))
        known = {row.grade_id: row.digest for row in found}
    wanted = [
        {"grade_id": id_, "digest": digest}
        for id_, digest in rows.items()
        if digest is not None and known.get(id_) != digest
    ]
    if first := [row for row in wanted if row["grade_id"] not in known]:
        connection.execute(ANSWERS.insert(), first)
    for row in wanted:
        if row["grade_id"] in known:
            own = ANSWERS.c.grade_id == row["grade_id"]
            connection.execute(ANSWERS.update().where(own).values(digest=row["digest"]))
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
