"""A graded submission on its way into `autograded/` and the gradebook."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from autograder.course.questions import Question
from autograder.grading.graded import GradedSubmission
from autograder.model import Grade
from autograder.submission.frame import Notebook

Digests = Mapping[tuple[str, str], str]
"""By notebook and question, a digest of the answer that was handed in."""


class Work(msgspec.Struct, frozen=True):
    """One submission to be written."""

    student: str
    grade: Grade
    encoded: bytes
    """The `GradedSubmission`, which is decoded only if something below is not known."""
    folder: Path
    """Where it was handed in."""
    same: bool = True
    """Whether the same files were in the gradebook before."""
    answered: Digests | None = None
    """What was answered, where a worker has said so already."""
    laid_out: Mapping[str, bytes] | None = None
    """What belongs in `autograded/`, where a worker elsewhere has said so."""
    ready: str = ""
    """A folder that has only to be put in its place there, where a worker here has made it."""

    @property
    def graded(self) -> GradedSubmission:
        """All that grading said. Raises `msgspec.DecodeError` on anything else."""
        return msgspec.msgpack.decode(self.encoded, type=GradedSubmission)


def digests_of(graded: GradedSubmission, questions: Iterable[Question]) -> Digests:
    """What was answered to each question of a notebook that could be read."""
    notebooks = graded.notebooks
    return {
        (q.notebook, q.id): _digest(notebooks[q.notebook], q)
        for q in questions
        if q.notebook in notebooks
    }


def _digest(notebook: Notebook, question: Question) -> str:
    """A digest of what a person grades: the answer's cell; of code and tasks, own cells too."""
    own = [
        cell.source
        for cell in notebook.cells
        if cell.id == question.answer or (question.kind != "written" and not cell.released)
    ]
    return hashlib.sha256("\0".join(own).encode()).hexdigest()
