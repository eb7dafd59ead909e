"""The answers of a class that a person reads: written ones, and those that a check flagged."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

import msgspec

from autograder.checking.evidence import Evidence
from autograder.classroom.ledger import recorded
from autograder.course.course import Course
from autograder.course.questions import questions_of
from autograder.model import Grade, QuestionScore, Verdict
from autograder.outputs.answers import Answer
from autograder.submission.frame import Notebook

FORMGRADER = "http://localhost:8888/formgrader"
"""Where `jupyter lab` has it, if nobody says otherwise."""


class _Known(msgspec.Struct, frozen=True):
    """What is needed of a `GradedSubmission`: neither its outputs nor its pictures."""

    notebooks: Mapping[str, Notebook]
    evidence: Mapping[str, Evidence] = {}


def answers_to_read(
    course: Course, assignment: str, grades: Mapping[str, Grade], formgrader: str = FORMGRADER
) -> tuple[Answer, ...]:
    """What there is for a person to read, or was: in the order of questions, then of students.

    Args:
        course: the course.
        assignment: the assignment's name.
        grades: by student, as the gradebook has them.
        formgrader: the address of formgrader, for the links.
    """
    entries = dict(recorded(course, assignment))
    pages = _pages(course, assignment)
    questions = {question.id: question for question in questions_of(course, assignment)}
    found: dict[str, list[Answer]] = {id_: [] for id_ in questions}
    for student in grades.keys() & entries.keys():
        known = msgspec.msgpack.decode(entries[student].graded, type=_Known)
        for score in grades[student].questions:
            question = questions.get(score.id)
            if question is not None and _for_a_person(score, question.kind):
                page = pages.get((student, score.notebook))
                at = f"{formgrader.rstrip('/')}/submissions/{quote(page)}/" if page else ""
                found[score.id].append(_answer(student, score, question.answer, known, at))
    return tuple(
        answer for own in found.values() for answer in sorted(own, key=lambda one: one.student)
    )


def _for_a_person(score: QuestionScore, kind: str) -> bool:
    untouched = any(check.verdict is Verdict.MISSING for check in score.checks)
    return bool(score.needs_review or score.by_hand or (kind == "written" and not untouched))


def _answer(student: str, score: QuestionScore, cell: str, known: _Known, address: str) -> Answer:
    notebook = known.notebooks.get(score.notebook)
    own = known.evidence.get(score.id)
    unaided = own.reading.unaided if own is not None and own.reading is not None else ""
    why = [check.message for check in score.checks if check.verdict is Verdict.SKIPPED]
    why.append(f"Read unaided: {unaided}." if unaided else "")
    return Answer(
        question=score.id,
        notebook=score.notebook,
        student=student,
        text=(notebook.answer(cell) if notebook is not None else None) or "",
        max_score=score.max_score,
        score=None if score.needs_review else score.score,
        waits=score.needs_review or score.score is None,
        remarks=tuple(dict.fromkeys(filter(None, why))),
        address=address,
    )


def _pages(course: Course, assignment: str) -> dict[tuple[str, str], str]:
    """By student and notebook, what formgrader calls the submission."""
    from autograder.gradebook.rows import open_gradebook  # noqa: PLC0415 - takes a second

    with open_gradebook(course, assignment) as gradebook:
        submissions = gradebook.assignment_submissions(assignment)
        return {
            (submission.student_id, notebook.name): notebook.id
            for submission in submissions
            for notebook in submission.notebooks
        }
