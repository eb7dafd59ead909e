"""Grades as learning platforms take them in: the gradebooks of Canvas and of Moodle.

Only final scores are in these tables: a platform would take an empty cell for "delete", and a
word for an error. Who is left out is for the caller to say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from autograder.course.people import Roster
from autograder.outputs.export import Row, final, table
from autograder.submission.layouts import Sender

FROM_ROSTERS = ("last_name", "first_name", "email", "lms_user_id")
CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
MOODLE = (
    "Identifier", "Full name", "Email address", "Username", "ID number", "Grade", "Maximum grade",
    "Last modified (grade)",
)  # fmt: skip


def with_roster(rows: Sequence[Row], roster: Roster) -> list[Row]:
    """The rows with what a roster knows of people, and a row for each who handed in nothing.

    Args:
        rows: of one assignment, at least one.
        roster: the people of the course; what the gradebook says of them stays.
    """
    if not rows:
        return []
    absent = _absent(rows[0])
    known = {row.student_id: row for row in rows}
    for id_, person in roster.people.items():
        row = known.get(id_, msgspec.structs.replace(absent, student_id=id_))
        told = {field: getattr(row, field) or getattr(person, field) for field in FROM_ROSTERS}
        known[id_] = msgspec.structs.replace(row, **told)
    return sorted(known.values(), key=lambda row: (row.student_id.casefold(), row.student_id))


def _absent(other: Row) -> Row:
    """The row of somebody who handed in nothing, from another's of the same assignment."""
    nothing = dict.fromkeys(
        (*FROM_ROSTERS, "timestamp", "late_submission_penalty", "extra_credit", "waiting_for"), ""
    )
    known = other.points  # by question, and by question and check
    points = {name: "missing" for name in known if name.rpartition(".")[0] not in known}
    word = dict.fromkeys(("raw_score", "score", "status"), "missing")
    return msgspec.structs.replace(other, **nothing, **word, points=points)


def to_canvas(rows: Sequence[Row], column: str) -> str:
    """What Canvas's gradebook imports.

    Args:
        rows: of one assignment.
        column: what the assignment's column is called there, as `Lab 1 (4711)`; Canvas takes
            another name for a new assignment.
    """
    worth = next((row.max_score for row in rows), "")
    return table(
        (*CANVAS, column),
        [
            ("    Points Possible", "", "", "", "", worth),
            *(
                (_sortable(row), row.lms_user_id, "", row.student_id, "", row.score)
                for row in final(rows)
            ),
        ],
    )


def to_moodle(rows: Sequence[Row], senders: Mapping[str, Sender]) -> str:
    """What Moodle imports, as an assignment's grading worksheet or into its gradebook.

    Args:
        rows: of one assignment.
        senders: by student, what Moodle called them when their submission was collected.
    """
    return table(MOODLE, [_for_moodle(row, senders.get(row.student_id)) for row in final(rows)])


def _for_moodle(row: Row, sender: Sender | None) -> tuple[str, ...]:
    known = sender is not None and sender.platform == "moodle"
    name = f"{row.first_name} {row.last_name}".strip()
    return (
        f"Participant {sender.number}" if sender and known else "",
        name or (sender.name if sender and known else ""),
        row.email,
        row.student_id,
        row.lms_user_id,
        row.score,
        row.max_score,
        "",
    )


def _sortable(row: Row) -> str:
    return ", ".join(filter(None, (row.last_name, row.first_name))) or row.student_id
