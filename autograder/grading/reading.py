"""What a person sees beside the answers of one submission that they read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autograder.assignment import Assignment
from autograder.checking.evidence import Evidence, Reading, read, rubric_of
from autograder.course.questions import Question
from autograder.submission.intake import Submission


def evidence_of(
    assignment: Assignment,
    submission: Submission,
    records: Any,
    questions: Sequence[Question],
    notes: list[str],
) -> Mapping[str, Evidence]:
    """By question, the student's record in numbers, and what helps to read a written answer.

    Args:
        assignment: whose questions they are; it may have a rubric, and `SETTINGS.figures`.
        submission: what was handed in.
        records: what the assignment's reader of records made of it.
        questions: the questions that are graded.
        notes: for the staff; what goes wrong here is noted, and the grade stands without it.

    Raises:
        UsageError: the rubric is no rubric, whoever has handed in.
    """
    rubric = rubric_of(assignment.folder) if assignment.folder else {}
    found: dict[str, Evidence] = {}
    try:
        figures = assignment.settings.figures(records) if assignment.settings.figures else {}
        for question in questions:
            own = tuple(figures.get(question.id, ()))
            reading = _reading(submission, question, rubric, own)
            if own or reading is not None:
                found[question.id] = Evidence(own, reading)
    except Exception as error:
        notes.append(f"no evidence: {error!r}")
    return found


def _reading(
    submission: Submission, question: Question, rubric: Any, figures: Sequence[Any]
) -> Reading | None:
    notebook = submission.notebooks.get(question.notebook)
    ideas = rubric.get(question.id)
    answer = notebook.answer(question.answer) if notebook is not None else None
    if notebook is None or ideas is None or answer is None:
        return None
    given = [cell.handed_out for cell in notebook.cells if cell.handed_out and cell.type != "code"]
    return read(answer, given, ideas, figures)
