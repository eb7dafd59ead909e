"""A graded submission: its grade, and what people look at beside it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from autograder.checking.evidence import Evidence
from autograder.model import Grade
from autograder.sandbox.session import CellRun
from autograder.submission.frame import Notebook


class Picture(msgspec.Struct, frozen=True):
    """One picture of a student's notebook, as it can be shown."""

    cell: str
    """The cell that held it."""
    mime: str
    data: str
    """In base64."""


class Pictures(msgspec.Struct, frozen=True):
    """The pictures of a submission that belong beside answers; each is kept once."""

    kept: tuple[Picture, ...] = ()
    places: Mapping[str, tuple[int, ...]] = {}
    """By question, which of them belong beside its answer."""

    def beside(self, question: str) -> tuple[Picture, ...]:
        """Those that belong beside the answer to a question."""
        return tuple(self.kept[at] for at in self.places.get(question, ()))


class Outcome(msgspec.Struct, frozen=True):
    """What a run over a class keeps of a `GradedSubmission`: a thirtieth of it."""

    grade: Grade
    staff_notes: tuple[str, ...] = ()


class GradedSubmission(msgspec.Struct, frozen=True):
    """A grade with what instructors look at beside it."""

    grade: Grade
    notebooks: Mapping[str, Notebook]
    """The notebooks as they were run: the student's cells in the release's frame."""
    runs: Mapping[str, tuple[CellRun, ...]]
    """Per notebook, what each code cell printed, showed or raised."""
    staff_notes: tuple[str, ...] = ()
    """Tracebacks of checks that could not be run; never shown to students."""
    cpu_seconds: float = 0.0
    """CPU time of the submission's cells and of its answers under check."""
    pictures: Pictures = Pictures()
    """The pictures of the student's own notebook, for the questions that a person reads."""
    evidence: Mapping[str, Evidence] = {}
    """By question, what helps a person who grades it; never shown to students."""
