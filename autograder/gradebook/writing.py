"""Everything that one graded submission leaves in a course: its folder, and its rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nbgrader.api import Gradebook

from autograder.course.course import Course
from autograder.course.questions import Question
from autograder.course.waiting import wait_until_free
from autograder.gradebook.autograded import course_files, write_autograded
from autograder.gradebook.place import Files, place_of, put_in_place
from autograder.gradebook.rows import Entry, enter, enter_submission
from autograder.gradebook.stored import Stored
from autograder.gradebook.work import Work, digests_of


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
        self.given: Files = course_files(course, assignment)
        """What lies beside everybody's notebooks."""

    def write(self, work: Work) -> Stored:
        """Write `autograded/` and the gradebook's rows of one submission; returns the rows.

        Raises:
            UsageError: the gradebook is at fault, so every student would meet it.
        """
        wait_until_free(self._address)
        self._put(work)
        entry = self._entry(work)
        return enter_submission(
            self._course,
            self._gradebook,
            work.student,
            work.grade,
            work.folder,
            answers=self._answers,
            handed_in=entry.handed_in,
            same=work.same,
        )

    def write_together(self, works: Sequence[Work]) -> dict[str, Stored]:
        """Write several submissions, of the gradebook's rows all or none; returns them by student.

        Raises:
            UsageError: as above.
            Exception: whatever goes wrong with one of them.
        """
        wait_until_free(self._address)
        try:
            for work in works:
                self._put(work)
            entries = [self._entry(work) for work in works]
            stored = enter(self._course, self._gradebook, entries, answers=self._answers)
            self._gradebook.db.commit()
        except BaseException:
            self._gradebook.db.rollback()
            raise
        return stored

    @property
    def _address(self) -> str:
        return str(self._gradebook.engine.url)

    def _entry(self, work: Work) -> Entry:
        answered = work.answered
        if answered is None:
            answered = digests_of(work.graded, self._questions)
        return Entry(work.student, work.grade, work.folder, answered, work.same)

    def _put(self, work: Work) -> None:
        """Write `autograded/`, if a worker has not left no more to do than to give it its name."""
        if work.ready and Path(work.ready).is_dir():
            put_in_place(Path(work.ready), place_of(self._course, work.student, self._assignment))
            return
        own = work.laid_out or None
        kept = self._course, work.student, work.graded, work.folder
        write_autograded(*kept, own=own, given=self.given)
