"""Everything that one graded submission leaves in a course: its folder, and its rows."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from nbgrader.api import Gradebook

from autograder.course.course import Course
from autograder.course.questions import Question
from autograder.course.waiting import wait_until_free
from autograder.gradebook.answers import digests_of
from autograder.gradebook.autograded import Files, course_files, write_autograded
from autograder.gradebook.rows import enter_submission

if TYPE_CHECKING:
    from autograder.grading.graded import GradedSubmission


class Writer:
    """Writes the submissions of one class; what they share is read once.

    Args:
        course: the course.
        assignment: the assignment's name.
        questions: of the assignment.
        gradebook: the open gradebook.
    """

    def __init__(
        self, course: Course, assignment: str, questions: tuple[Question, ...], gradebook: Gradebook
    ) -> None:
        self._course, self._assignment = course, assignment
        self._questions, self._gradebook = questions, gradebook
        self._answers = {question.id: question.answer for question in questions}

    @cached_property
    def _given(self) -> Files:
        return course_files(self._course, self._assignment)

    def write(
        self,
        student: str,
        graded: GradedSubmission,
        submitted: Path,
        *,
        same: bool = True,
        laid_out: Files | None = None,
    ) -> None:
        """Write `autograded/` and the gradebook's rows.

        Args:
            student: the student's id.
            graded: the graded submission.
            submitted: its folder.
            same: whether the same files were in the gradebook before.
            laid_out: what belongs in `autograded/`, where a worker has said so already.

        Raises:
            UsageError: the gradebook is at fault, so every student would meet it.
        """
        wait_until_free(str(self._gradebook.engine.url))
        course, own = self._course, laid_out or None
        write_autograded(course, student, graded, submitted, own=own, given=self._given)
        enter_submission(
            course,
            self._gradebook,
            student,
            graded.grade,
            submitted,
            answers=self._answers,
            handed_in=digests_of(graded, self._questions),
            same=same,
        )
