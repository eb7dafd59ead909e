"""A small class for the tests of batch grading, and what its gradebook says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mini_course
import nbformat

from autograder.classroom.batch import ClassResult, grade_class
from autograder.course.course import Course, notebook_paths
from autograder.demo.course import without_markers
from autograder.gradebook.rows import open_gradebook
from autograder.outputs.progress import Silent

RIGHT = {}
NO_BIAS = {"weigh_answer": (" + b", "")}
SLOW = {"weigh_answer": ("def weigh", "import time\n\ntime.sleep(3)\n\n\ndef weigh")}
"""Right, and still under way when a test disturbs the run."""
NO_CLIP = {"clip_answer": ("np.maximum(0.0, x)", "x")}
CLASS: dict[str, Mapping[str, tuple[str, str]]] = {
    "ann": RIGHT,
    "ben": NO_BIAS,
    "cat": NO_CLIP,
    "dan": NO_BIAS | NO_CLIP,
    "eve": RIGHT,
    "fay": RIGHT,
}
"""Students and the mistakes they made: cell -> (text, replacement)."""
LAST = {"eve": SLOW, "fay": SLOW}
"""What the last two hand in where a test disturbs the run: the same answers, only later."""


def hand_in(course: Course, student: str, mistakes: Mapping[str, tuple[str, str]]) -> Path:
    """Submit the solved notebooks with some mistakes."""
    folder = course.root / "submitted" / student / mini_course.NAME
    folder.mkdir(parents=True, exist_ok=True)
    for path in notebook_paths(course.source(mini_course.NAME)):
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            cell.source = without_markers(cell.source)
            if cell.id in mistakes:
                before, after = mistakes[cell.id]
                assert before in cell.source
                cell.source = cell.source.replace(before, after)
        nbformat.write(notebook, folder / path.name)
    return folder


def class_that_handed_in(course: Course) -> Course:
    """The released course, whose class has now handed in."""
    for student, mistakes in CLASS.items():
        hand_in(course, student, mistakes)
    return course


def grade(course: Course, *, jobs: int = 1, **options: Any) -> ClassResult:
    """Grade the class without a word; a second worker costs more than six submissions."""
    return grade_class(course, mini_course.NAME, progress=Silent(), jobs=jobs, **options)


def grade_by_hand(course: Course, student: str, scores: Mapping[str, float]) -> None:
    """What a person enters, by question."""
    with open_gradebook(course, mini_course.NAME) as book:
        for notebook in book.find_submission(mini_course.NAME, student).notebooks:
            for row in notebook.grades:
                if row.name in scores:
                    row.manual_score, row.needs_manual_grade = scores[row.name], False
        book.db.commit()


def rows(course: Course) -> dict[tuple[str, str], tuple[Any, ...]]:
    """What the gradebook holds of every student's every question, and every comment."""
    found: dict[tuple[str, str], tuple[Any, ...]] = {}
    with open_gradebook(course, mini_course.NAME) as gradebook:
        for submission in gradebook.assignment_submissions(mini_course.NAME):
            for notebook in submission.notebooks:
                for grade in notebook.grades:
                    found[submission.student.id, grade.name] = (
                        grade.auto_score,
                        grade.manual_score,
                        grade.extra_credit,
                        grade.needs_manual_grade,
                    )
                for comment in notebook.comments:
                    found[submission.student.id, f"{comment.name} says"] = (comment.auto_comment,)
    return found
