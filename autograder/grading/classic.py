"""An ordinary nbgrader assignment: its own test cells, scored by nbgrader's own rule.

The hidden tests are put back into the student's notebook, which is then run in the sandbox
cell by cell; what a test cell raised or showed decides its points, as in
`nbgrader.utils.determine_grade`. So the verdicts are what the student's process says.
Three things differ from nbgrader, each in `docs/instructor.md`: text on stderr costs nothing,
a cell that hangs or ends its process costs itself only, and a value that is more than the
cell's points asks for a person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from autograder.assignment import Assignment
from autograder.course.course import notebook_paths
from autograder.course.questions import Question
from autograder.errors import UsageError
from autograder.grading.rule import ENDED, NO_RESPONSE, by_person, one_verdict, score_run
from autograder.grading.run import Run
from autograder.model import Grade, QuestionScore, Verdict
from autograder.release.regions import public_part
from autograder.sandbox.client import Sandbox
from autograder.sandbox.policy import Policy
from autograder.sandbox.session import CellRun, Session
from autograder.submission.frame import Notebook, grade_id, read_released
from autograder.submission.intake import Submission


class ClassicTests:
    """The tests of an ordinary nbgrader assignment, with the hidden ones.

    Args:
        assignment: the assignment.

    Raises:
        UsageError: if `source/` and `release/` are not of one another.
    """

    def __init__(self, assignment: Assignment) -> None:
        source, release = assignment.source, assignment.release
        self._released = {path.stem: _by_id(path) for path in notebook_paths(release)}
        self._whole: dict[str, dict[str, str]] = {}
        for path in notebook_paths(source):
            released = self._released.get(path.stem, {})
            cells = {id_: cell for id_, cell in _by_id(path).items() if _is_scored(cell)}
            for id_, cell in cells.items():
                if _worth(cell, public=True) != _worth(released.get(id_), public=False):
                    name = assignment.name
                    raise UsageError(
                        f"The cell '{id_}' of {path.stem}.ipynb is not the same in source/{name} "
                        f"and in release/{name}; run 'autograder release {name}', or undo the "
                        "change."
                    )
            self._whole[path.stem] = {
                id_: cell.source
                for id_, cell in cells.items()
                if not cell.metadata.nbgrader.get("solution")
            }

    def put_back(self, notebook: Notebook) -> Notebook:
        """The notebook with its hidden tests, and for graders the tasks' mark schemes."""
        whole = self._whole[notebook.name]
        cells = [
            msgspec.structs.replace(cell, source=whole[cell.id])
            if cell.released and cell.id in whole
            else cell
            for cell in notebook.cells
        ]
        return Notebook(notebook.name, cells)

    def mark(self, grade: Grade, submission: Submission) -> Grade:
        """Say in the grade where its verdicts come from, and what was left as handed out."""
        return msgspec.structs.replace(
            grade, verdicts_from="submission", unanswered=self._unanswered(submission)
        )

    def _unanswered(self, submission: Submission) -> tuple[tuple[str, str], ...]:
        return tuple(
            (name, id_)
            for name, cells in self._released.items()
            for id_, cell in cells.items()
            if cell.metadata.nbgrader.get("solution")
            and name in submission.notebooks
            and submission.notebooks[name].answer(id_) == cell.source
        )

    def score(
        self, question: Question, submission: Submission, runs: Sequence[CellRun]
    ) -> QuestionScore:
        """Score one cell, as nbgrader does, from what it put out."""
        name = question.notebook
        notebook = submission.notebooks.get(name)
        if notebook is None:
            return self._without_notebook(question, submission)
        if question.by_hand:
            released = self._released[name][question.id]
            own = notebook.answer(question.id)
            if question.kind == "written" and own == released.source:
                return one_verdict(question, Verdict.MISSING, NO_RESPONSE)
            return by_person(question)
        run = next((run for run in runs if run.id == question.id), None)
        if run is None:
            return one_verdict(question, *ENDED["skipped"])
        return score_run(question, run, self._whole[name][question.id])

    def _without_notebook(self, question: Question, submission: Submission) -> QuestionScore:
        """As in nbgrader, 0 for what was not handed in; what cannot be read is for a person."""
        name = f"{question.notebook}.ipynb"
        if question.notebook in submission.unread:
            return by_person(question, f"{name} cannot be read; a person will look at it.")
        return one_verdict(question, Verdict.MISSING, f"{name} was not handed in.")


class ClassicRun(Run):
    """Grading one submission with its own test cells."""

    def __init__(
        self,
        tests: ClassicTests,
        sandbox: Sandbox,
        policy: Policy,
        submission: Submission,
        questions: Sequence[Question],
    ) -> None:
        super().__init__(sandbox, policy, submission, questions)
        self._tests = tests

    def as_run(self, notebook: Notebook) -> Notebook:
        """The notebook with its hidden tests."""
        return self._tests.put_back(notebook)

    def mark(self, grade: Grade) -> Grade:
        """Say where the verdicts come from, and what was left as handed out."""
        return self._tests.mark(grade, self.submission)

    def question(self, question: Question, session: Session) -> QuestionScore:
        """Score a cell from what came of it; the session is not asked anything more."""
        del session
        return self._tests.score(question, self.submission, self.runs[question.notebook])

    def without_notebook(self, question: Question) -> QuestionScore:
        """As in nbgrader, 0 for what was not handed in."""
        return self._tests.score(question, self.submission, ())

    def all_alike(self, question: Question, verdict: Verdict, message: str) -> QuestionScore:
        """The verdict for every test; what a person reads does not depend on it."""
        if question.by_hand:
            return self._tests.score(question, self.submission, ())
        return one_verdict(question, verdict, message)


def _by_id(path: Path) -> Mapping[str, Any]:
    """The cells that nbgrader knows, by id."""
    try:
        cells = read_released(path).cells
    except Exception as error:
        raise UsageError(f"{path} is not a readable notebook: {error}.") from error
    return {id_: cell for cell in cells if (id_ := grade_id(cell)) is not None}


def _is_scored(cell: Any) -> bool:
    ours = cell.metadata.nbgrader
    return bool(ours.get("grade") or ours.get("task"))


def _worth(cell: Any, *, public: bool) -> tuple[Any, ...] | None:
    """What has to be the same in source and release: points, and of a test what is public."""
    if cell is None:
        return None
    ours = cell.metadata.nbgrader
    flags = tuple(bool(ours.get(flag)) for flag in ("grade", "solution", "task"))
    points = float(ours.get("points", 0))
    if ours.get("solution"):
        return points, flags
    try:
        return points, flags, public_part(cell.source) if public else cell.source
    except ValueError as error:
        raise UsageError(f"In cell '{grade_id(cell)}', {error}.") from None
