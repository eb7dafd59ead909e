"""The run of one submission: a session for each notebook, and then its questions.

How a question is scored from its session is for those who derive from `Run`: with hidden
checks (`grade`), or with the notebook's own test cells (`classic`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

from autograder.checking.evidence import Evidence
from autograder.course.questions import Question
from autograder.grading.graded import Pictures
from autograder.grading.redraw import pictures_beside
from autograder.model import Grade, QuestionScore, Verdict
from autograder.sandbox.channel import Budget
from autograder.sandbox.client import Sandbox
from autograder.sandbox.errors import SandboxBroken, StudentError
from autograder.sandbox.policy import Policy
from autograder.sandbox.session import CellRun, Session, SourceCell
from autograder.submission.frame import Notebook
from autograder.submission.intake import Submission, shown

MOST_SHOWN = 40
"""Characters of a cell of the student's own by which it is named."""
UNSTARTED = "This could not be checked, because the submission's files cannot be laid out."


class Run(ABC):
    """The state of grading one submission."""

    def __init__(
        self,
        sandbox: Sandbox,
        policy: Policy,
        submission: Submission,
        questions: Sequence[Question],
    ) -> None:
        self.submission = submission
        self._sandbox = sandbox
        self._questions = questions
        self._policy = policy
        self._budget = Budget(policy.submission_wall)
        self._used = 0.0
        self._notebooks_left = len({question.notebook for question in questions})
        self.problems: list[str] = []
        """Sentences about cells that hung, ended their process or were not run."""
        self.staff_notes: list[str] = []
        self.runs: dict[str, tuple[CellRun, ...]] = {}
        """Per notebook, what became of each code cell."""
        self.pictures: Pictures | None = None
        """The student's own, that belong beside answers; None until a process has drawn them."""
        self.cpu_seconds = 0.0

    @abstractmethod
    def question(self, question: Question, session: Session) -> QuestionScore:
        """Score a question of a notebook that has been run."""

    @abstractmethod
    def without_notebook(self, question: Question) -> QuestionScore:
        """Score a question whose notebook is not there, or cannot be read."""

    @abstractmethod
    def all_alike(self, question: Question, verdict: Verdict, message: str) -> QuestionScore:
        """Score a question of a notebook that could not be run."""

    def as_run(self, notebook: Notebook) -> Notebook:
        """The notebook as it goes into the sandbox."""
        return notebook

    def evidence(self) -> Mapping[str, Evidence]:
        """By question, what helps a person who grades it."""
        return {}

    def mark(self, grade: Grade) -> Grade:
        """The grade with what there is to say of this way of grading."""
        return grade

    def files(self) -> dict[str, bytes]:
        """What lies in the session's folder beside what the release shares."""
        notebooks = self.submission.notebooks.items()
        return self.submission.files | {f"{name}.ipynb": nb.to_bytes() for name, nb in notebooks}

    def notebooks(self) -> Mapping[str, Notebook]:
        """The submission's notebooks as they go into the sandbox."""
        return {name: self.as_run(nb) for name, nb in self.submission.notebooks.items()}

    def scores(self) -> list[QuestionScore]:
        """Run every notebook, and score all questions in their own order."""
        names = dict.fromkeys(question.notebook for question in self._questions)
        scored = {(name, score.id): score for name in names for score in self._notebook(name)}
        return [scored[question.notebook, question.id] for question in self._questions]

    def _notebook(self, name: str) -> list[QuestionScore]:
        """Run a notebook's cells, then score each of its questions."""
        questions = [q for q in self._questions if q.notebook == name]
        self._next_budget()
        if name not in self.submission.notebooks:
            return [self.without_notebook(question) for question in questions]
        notebook = self.as_run(self.submission.notebooks[name])
        cells = to_run(notebook, self._questions)
        others = neighbours(name, self.submission, self._questions)
        try:
            with self._sandbox.session(self.files(), self._budget, others) as session:
                if self.pictures is None:
                    own = self.submission, self._questions
                    self.pictures = pictures_beside(session, *own)
                self.runs[name] = tuple(session.run(cells))
                self._report_cells(name)
                scores = [self.question(question, session) for question in questions]
                self.cpu_seconds += session.cpu_seconds
                return scores
        except StudentError:  # the submission's own files keep a session from starting
            return [self.all_alike(question, Verdict.RAISED, UNSTARTED) for question in questions]
        except SandboxBroken as error:
            self.staff_notes.append(f"{name}: {error}")
            return [self.all_alike(question, Verdict.GRADER_ERROR, "") for question in questions]

    def _next_budget(self) -> None:
        """An equal share of the time that is left, so that no notebook takes another's."""
        self._used += self._budget.used
        share = (self._policy.submission_wall - self._used) / self._notebooks_left
        self._notebooks_left -= 1
        self._budget = Budget(share, hung=self._budget.hung, stuck=self._budget.stuck)

    def _report_cells(self, name: str) -> None:
        for run in self.runs[name]:
            if run.status in ("timeout", "dead"):
                what = "used up its time" if run.status == "timeout" else "ended the Python process"
                which = called(self.submission.notebooks[name], run.id)
                self.problems.append(
                    f"{name}: {which} {what}; the other cells were run without it."
                )
        if skipped := sum(run.status == "skipped" for run in self.runs[name]):
            self.problems.append(
                f"{name}: {skipped} cells were not run, because those before used up the time."
            )


def called(notebook: Notebook, id_: str) -> str:
    """What a cell is called in a sentence: by the release's name, or by how it begins."""
    cell = next((cell for cell in notebook.cells if cell.id == id_), None)
    if cell is None or cell.released:
        return f"the cell '{id_}'"
    first = next(filter(None, map(str.strip, cell.source.splitlines())), "")
    return f"the added cell that begins with `{shown(first[:MOST_SHOWN].replace('`', ' '))}`"


def to_run(notebook: Notebook, questions: Sequence[Question]) -> list[SourceCell]:
    """A notebook's code cells, each with what the course handed out in its place."""
    defines = {q.answer: q.defines for q in questions if q.notebook == notebook.name}
    return [
        SourceCell(cell.id, cell.source, cell.handed_out, defines.get(cell.id))
        for cell in notebook.cells
        if cell.type == "code"
    ]


def neighbours(
    name: str, submission: Submission, questions: Sequence[Question]
) -> dict[str, SourceCell]:
    """The cells of the other notebooks, by `<notebook>: <cell>` and `<notebook>: <answer>`."""
    found: dict[str, SourceCell] = {}
    for other, notebook in submission.notebooks.items():
        cells = to_run(notebook, questions) if other != name else []
        found |= {f"{other}: {cell.id}": cell for cell in cells}
        found |= {f"{other}: {cell.defines}": cell for cell in cells if cell.defines}
    return found
