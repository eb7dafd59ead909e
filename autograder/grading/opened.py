"""One submission with its cells run, to be asked as often as one likes: for debugging."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Self

from autograder.assignment import find
from autograder.checking.student import Student
from autograder.course.course import Course
from autograder.errors import UsageError
from autograder.grading.run import neighbours, to_run
from autograder.sandbox.client import Sandbox
from autograder.sandbox.session import Session
from autograder.submission.intake import read_submission


class OpenSubmission:
    """A submission in the sandbox, as grading sees it; a context manager.

    Args:
        course: whose it is.
        assignment: what it is graded as.
        folder: the submission's folder.

    Raises:
        UsageError: there is no such assignment, release or folder.
    """

    def __init__(self, course: Course, assignment: str, folder: Path) -> None:
        self._assignment = find(course, assignment)
        self.release = self._assignment.release
        found = self._assignment
        self._submission = read_submission(folder, self.release, found.settings.records)
        self._sandbox = Sandbox("bubblewrap", found.shared(), found.policy, found.warm())
        self._sessions: dict[str, Session] = {}
        self._stack = ExitStack()

    def student(self, question: str, stack: ExitStack) -> Student:
        """A student in a fresh fork of the question's notebook; `stack` ends the fork.

        Raises:
            UsageError: there is no such question, or its notebook was not handed in.
        """
        notebooks = {q.id: q.notebook for q in self._assignment.questions}
        name = notebooks.get(question)
        if name not in self._submission.notebooks:
            raise UsageError(f"The question '{question}' is in no notebook of the submission.")
        fork = stack.enter_context(self._session(str(name)).fork())
        records = self._assignment.parsed(self._submission.records)
        return Student(fork, self._assignment.answers, records=records)

    def _session(self, name: str) -> Session:
        if name not in self._sessions:
            notebooks = self._submission.notebooks
            files = {f"{other}.ipynb": nb.to_bytes() for other, nb in notebooks.items()}
            questions = self._assignment.questions
            others = neighbours(name, self._submission, questions)
            session = self._sandbox.session(self._submission.files | files, neighbours=others)
            self._sessions[name] = self._stack.enter_context(session)
            session.run(to_run(notebooks[name], questions))
        return self._sessions[name]

    def __enter__(self) -> Self:
        self._stack.enter_context(self._sandbox)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
