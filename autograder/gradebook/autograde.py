"""How `nbgrader autograde`, and formgrader's Autograde button, come to our grades.

nbgrader converts a submission notebook by notebook, twice: `submitted/` to `autograded/`,
then `autograded/` onto itself. The first time the exporter asks for the whole
submission's grade (once, both notebooks share it) and lays the notebook out from it; the
second time the grade is written to the gradebook. nbgrader's `Execute` has no part in it.
"""

from __future__ import annotations

import os
import weakref
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import nbformat
from nbconvert.exporters import NotebookExporter
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Enum

from autograder.course.course import Course, notebook_paths
from autograder.course.questions import Question, questions_of
from autograder.gradebook.autograded import autograded_notebook, write_beside
from autograder.gradebook.guard import stand_before
from autograder.gradebook.late import grant_time
from autograder.gradebook.panel import model_answers
from autograder.gradebook.rows import write_grade
from autograder.gradebook.work import digests_of
from autograder.submission.intake import read_submission

if TYPE_CHECKING:
    from autograder.grading.grade import Grader
    from autograder.grading.graded import GradedSubmission
    from autograder.sandbox.launch import Backend


class GradingExporter(NotebookExporter):
    """Read a submitted notebook as intake and grading see it, not as the file says.

    Keeps one warm sandbox for all the submissions of a run.
    """

    sandbox = Enum(
        ["bubblewrap", "none"],
        default_value="bubblewrap",
        help="How student code is kept apart; 'none' protects no files.",
    ).tag(config=True)

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)  # type: ignore[no-untyped-call]
        self._stack = ExitStack()
        self._close = weakref.finalize(self, self._stack.close)
        self._grader: Grader | None = None
        self._last: tuple[Path, GradedSubmission] | None = None
        stand_before(self._converter)

    def from_filename(self, filename: str, resources: Any = None, **options: Any) -> Any:
        """Lay out a submitted notebook, or read an autograded one."""
        path = Path(filename)
        who = resources["nbgrader"]
        if path.parent != self._submitted(who):
            converted = super().from_filename(filename, resources, **options)
            self._close_after(path, who)
            return converted
        graded = self.graded(who)
        release = self.course().release(who["assignment"])
        frame = nbformat.read(release / path.name, as_version=4)
        notebook = autograded_notebook(
            frame,
            graded.notebooks.get(path.stem),
            graded,
            path.stem,
            model_answers(self.course(), who["assignment"]),
        )
        resources["metadata"] = {"name": path.stem, "path": str(path.parent)}
        return self.from_notebook_node(notebook, resources, **options)  # type: ignore[no-untyped-call]

    def graded(self, who: Any) -> GradedSubmission:
        """The grade of the submission at hand: graded once, for all its notebooks."""
        folder = self._submitted(who)
        if self._last is None or self._last[0] != folder:
            graded = self._grader_for(who["assignment"]).grade(folder)
            for line in (*graded.grade.problems, *graded.staff_notes):
                self.log.warning("%s: %s", who["student"], line)
            self._last = (folder, graded)
            self._write_beside(folder, who)
        return self._last[1]

    def _write_beside(self, folder: Path, who: Any) -> None:
        """Write the other files into `autograded/`; nbgrader has copied none (see `guard`)."""
        course, folders = self.course(), self._converter.coursedir
        submission = read_submission(folder, course.release(who["assignment"]))
        place = folders.format_path(folders.autograded_directory, who["student"], who["assignment"])
        write_beside(course, who["assignment"], submission, Path(place))

    def questions(self, who: Any) -> tuple[Question, ...]:
        """The questions of the assignment at hand."""
        return questions_of(self.course(), who["assignment"])

    def _grader_for(self, assignment: str) -> Grader:
        from autograder.grading.grade import Grader  # noqa: PLC0415 - autograde alone needs it

        if self._grader is None or self._grader.assignment != assignment:
            self._stack.close()
            sandbox = cast("Backend", self.sandbox)
            grader = Grader(self.course(), assignment, sandbox=sandbox)
            self._grader = self._stack.enter_context(grader)
        return self._grader

    @property
    def _converter(self) -> Any:
        """The nbgrader converter that runs this exporter; it knows folders and notebooks."""
        return self.parent

    def course(self) -> Course:
        """The course at hand."""
        return Course.find(Path(self._converter.coursedir.root))

    def _submitted(self, who: Any) -> Path:
        folders = self._converter.coursedir
        step = folders.submitted_directory
        return Path(folders.format_path(step, who["student"], who["assignment"]))

    def _close_after(self, path: Path, who: Any) -> None:
        """End the sandbox after the last notebook of the run: a server lives on."""
        submissions = sorted(Path(folder) for folder in self._converter.assignments)
        notebooks = sorted(Path(notebook).name for notebook in self._converter.notebooks)
        if submissions[-1:] == [self._submitted(who)] and notebooks[-1:] == [path.name]:
            self._stack.close()
            self._grader = None


class SaveGrades(NbGraderPreprocessor):  # type: ignore[misc]
    """Write the submission's grade to the gradebook, in place of nbgrader's SaveAutoGrades.

    The whole grade is written with each notebook, so that a missing notebook's questions
    get their verdicts too; writing it again changes nothing.
    """

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Write the grade; the notebook passes through."""
        who = resources["nbgrader"]
        graded, questions = self.parent.graded(who), self.parent.questions(who)
        answers = {question.id: question.answer for question in questions}
        handed_in = digests_of(graded, questions)
        with Gradebook(who["db_url"]) as gradebook:
            write_grade(gradebook, who["student"], graded.grade, answers, handed_in)
            submission = gradebook.find_submission(who["assignment"], who["student"])
            grant_time(self.parent.course(), submission)
            gradebook.db.commit()
        return nb, resources


def expect_every_notebook(*, assignment: str, student: str, notebooks: list[str]) -> None:
    """Add the notebooks that a submission lacks to those nbgrader is about to convert.

    A `pre_convert_hook`: nbgrader calls it in the course's folder for every submission.
    `assignment` and `student` may be patterns; the notebooks' paths say whose they are.
    """
    del student
    folder = Path(notebooks[0]).parent
    for path in notebook_paths(Course.find().release(folder.name or assignment)):
        if not os.path.lexists(folder / path.name):
            notebooks.append(str(folder / path.name))
