"""Everything that one graded submission leaves in a course: its folder, and its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property

from nbgrader.api import Gradebook

from autograder.course.course import Course
from autograder.course.questions import Question
from autograder.course.waiting import wait_until_free
from autograder.gradebook.answers import digests_of
from autograder.gradebook.autograded import Files, course_files, write_autograded
from autograder.gradebook.rows import enter, enter_submission
from autograder.gradebook.work import Work


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

    def write(self, work: Work) -> None:
        """Write `autograded/` and the gradebook's rows of one submission.

        Raises:
            UsageError: the gradebook is at fault, so every student would meet it.
        """
        wait_until_free(self._address)
        self._write(work, enter_submission)

    def write_together(self, works: Iterable[Work]) -> None:
        """Write several submissions, of the gradebook's rows all or none.

        Raises:
            UsageError: as above.
            Exception: whatever goes wrong with one of them.
        """
        wait_until_free(self._address)
        try:
            for work in works:
                self._write(work, enter)
            self._gradebook.db.commit()
        except BaseException:
            self._gradebook.db.rollback()
            raise

    @property
    def _address(self) -> str:
        return str(self._gradebook.engine.url)

    def _write(self, work: Work, into: Callable[..., None]) -> None:
        course, own, graded = self._course, work.laid_out or None, work.graded
        write_autograded(course, work.student, graded, work.folder, own=own, given=self._given)
        into(
            course,
            self._gradebook,
            work.student,
            graded.grade,
            work.folder,
            answers=self._answers,
            handed_in=digests_of(graded, self._questions),
            same=work.same,
        )
