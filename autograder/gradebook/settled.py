"""A grade as the gradebook has it: with what a person entered and what being late costs.

Grading says what the machine found; whatever shows a score to people shows this.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from nbgrader.api import (
    Assignment,
    BaseCell,
    Gradebook,
    GradeCell,
    Notebook,
    SubmittedAssignment,
    SubmittedNotebook,
    TaskCell,
)
from nbgrader.api import Grade as GradeRow

from autograder.course.course import Course
from autograder.errors import UsageError
from autograder.gradebook.comments import is_withheld
from autograder.gradebook.rows import open_gradebook
from autograder.gradebook.stored import Stored
from autograder.model import Grade, QuestionScore, Status


class Entered(msgspec.Struct, frozen=True):
    """One question of one submission in the gradebook."""

    auto: float | None
    by_hand: float | None
    extra: float | None
    waits: bool
    """Whether a person is asked to look."""
    worth: float


class Standing(msgspec.Struct):
    """One submission in the gradebook."""

    questions: dict[tuple[str, str], Entered] = {}
    """By notebook and question."""
    penalty: float = 0.0


def standings(gradebook: Gradebook, assignment: str, *students: str) -> dict[str, Standing]:
    """All submissions of an assignment by student, or some students'; four queries for a class."""
    db = gradebook.db
    handed_in = (
        db.query(SubmittedAssignment.student_id, SubmittedNotebook.late_submission_penalty)
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
        .filter(Assignment.name == assignment)
    )
    rows = (
        db.query(
            SubmittedAssignment.student_id,
            Notebook.name,
            BaseCell.name,
            GradeRow.auto_score,
            GradeRow.manual_score,
            GradeRow.extra_credit,
            GradeRow.needs_manual_grade,
            BaseCell.id,
        )
        .select_from(GradeRow)
        .join(SubmittedNotebook, GradeRow.notebook_id == SubmittedNotebook.id)
        .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
        .join(BaseCell, GradeRow.cell_id == BaseCell.id)
        .join(Notebook, BaseCell.notebook_id == Notebook.id)
        .filter(Assignment.name == assignment)
    )
    if students:
        handed_in = handed_in.filter(SubmittedAssignment.student_id.in_(students))
        rows = rows.filter(SubmittedAssignment.student_id.in_(students))
    worth = _worth(db)
    found: dict[str, Standing] = {}
    for who, penalty in handed_in:
        found.setdefault(who, Standing()).penalty += penalty or 0.0
    for who, notebook, question, auto, by_hand, extra, waits, cell in rows:
        entered = Entered(auto, by_hand, extra, waits, worth[cell])
        found[who].questions[notebook, question] = entered
    return found


def standing_of(stored: Stored) -> Standing:
    """What the gradebook says with these rows of a submission."""
    questions = {
        row.cell.key: Entered(row.auto, row.by_hand, row.extra, row.waits, row.cell.worth)
        for row in stored.grades
    }
    return Standing(questions, sum(own or 0.0 for own in stored.penalties.values()))


def foreseen(grade: Grade, standing: Standing) -> Grade:
    """The grade as it would stand in the gradebook, beside what a person has entered there."""
    questions = {}
    for score in grade.questions:
        key = score.notebook, score.id
        by_hand = standing.questions[key].by_hand if key in standing.questions else None
        extra = standing.questions[key].extra if by_hand is not None else score.extra_credit
        waits = score.needs_review and by_hand is None
        questions[key] = Entered(score.score, by_hand, extra, waits, score.max_score)
    return settled(grade, Standing(questions, standing.penalty))


def in_gradebook(course: Course, assignment: str, student: str) -> Standing | None:
    """What the gradebook says of a student's submission; None if it has none."""
    try:
        with open_gradebook(course, assignment) as gradebook:
            return standings(gradebook, assignment, student).get(student)
    except UsageError:  # there is no gradebook yet
        return None


def _worth(db: Any) -> dict[str, float]:
    """By id of a graded cell, its points."""
    return {
        cell: points
        for kind in (GradeCell, TaskCell)
        for cell, points in db.query(kind.id, kind.max_score)
    }


def settled(grade: Grade, standing: Standing) -> Grade:
    """The grade with the gradebook's scores, for the questions that the gradebook has."""
    known = {(score.notebook, score.id): score for score in grade.questions}
    kept = [key for key in known if key in standing.questions]
    new = [key for key in standing.questions if key not in known]
    questions = tuple(_question(key, known, standing.questions[key]) for key in (*kept, *new))
    held = any(
        score.score is None and is_withheld(known[score.notebook, score.id], grade)
        for score in questions
        if (score.notebook, score.id) in known
    )
    earned = sum(score.score or 0.0 for score in questions)
    extra = sum(score.extra_credit for score in questions)
    beyond = max(0.0, standing.penalty - earned)
    return msgspec.structs.replace(
        grade,
        status=Status.WITHHELD if held else Status.GRADED,
        score=None if held else round(max(0.0, earned - standing.penalty), 2),
        max_score=round(sum(score.max_score for score in questions), 2),
        extra_credit=round(max(0.0, extra - beyond), 2),
        late_penalty=standing.penalty or msgspec.UNSET,
        questions=questions,
    )


def _question(
    key: tuple[str, str], known: Mapping[tuple[str, str], QuestionScore], entered: Entered
) -> QuestionScore:
    notebook, id_ = key
    blank = QuestionScore(id_, notebook, None, entered.worth)
    return msgspec.structs.replace(
        known.get(key, blank),
        score=entered.auto if entered.by_hand is None else entered.by_hand,
        max_score=entered.worth,
        extra_credit=entered.extra or 0.0,
        needs_review=entered.waits,
        by_hand=msgspec.UNSET if entered.by_hand is None else True,
    )
