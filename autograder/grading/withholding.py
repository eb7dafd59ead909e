"""A grade that says nothing: no points and no zero, a person has to look."""

from __future__ import annotations

import msgspec

from autograder.assignment import find
from autograder.course.course import Course
from autograder.course.questions import questions_of
from autograder.grading.graded import GradedSubmission
from autograder.model import Grade, QuestionScore, Status

UNWRITTEN = "it could not be written to the gradebook"


def withheld(course: Course, assignment: str, reason: str, note: str = "") -> GradedSubmission:
    """Withhold a whole submission for a reason that is not the student's.

    Args:
        course: whose questions all wait.
        assignment: the assignment's name.
        reason: half a sentence, for everybody to read.
        note: a traceback, for staff.
    """
    questions = tuple(
        QuestionScore(q.id, q.notebook, None, q.points, needs_review=True)
        for q in questions_of(course, assignment)
    )
    grade = Grade(
        assignment=assignment,
        status=Status.WITHHELD,
        score=None,
        max_score=round(sum(question.max_score for question in questions), 2),
        extra_credit=0.0,
        problems=(f"The grade is withheld: {reason}. The course staff will look at it.",),
        questions=questions,
        verdicts_from="submission" if find(course, assignment).classic else msgspec.UNSET,
    )
    return GradedSubmission(grade, {}, {}, (note,) if note else ())
