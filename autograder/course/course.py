"""The course root and what its source notebooks declare: questions, points, upstream.

Points and upstream questions live in the notebooks' cell metadata and nowhere else.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any, Literal

import msgspec
import nbformat

from autograder.assignment import is_classic
from autograder.errors import UsageError

SECRET_VARIABLE = "AUTOGRADER_SECRET"  # noqa: S105 - the variable's name, not a secret
SECRET_BYTES = 32
MIN_SECRET_CHARACTERS = 16
"""Shorter ones can be found by trying, and with them the hidden inputs."""

Kind = Literal["code", "form", "written", "task"]
"""A written answer and a task are graded by a person; a task has no cell to answer in."""


class Question(msgspec.Struct, frozen=True):
    """One graded question, as its check cell in the source notebook declares it."""

    id: str
    notebook: str
    points: float
    bonus: float
    """Extra credit; a bonus question has 0 points."""
    kind: Kind
    upstream: tuple[str, ...]
    """Questions whose answers this one calls."""
    defines: str | None
    """The Python name the answer defines; None for written answers."""

    @property
    def by_hand(self) -> bool:
        """Whether a person grades it."""
        return self.kind in ("written", "task")


class Course(msgspec.Struct, frozen=True):
    """A course on disk. `root` is the folder that holds `nbgrader_config.py`."""

    root: Path

    @classmethod
    def find(cls, root: Path | None = None) -> Course:
        """Take `root` (the working directory by default) as the course root.

        Raises:
            UsageError: if it holds no `nbgrader_config.py`.
        """
        root = (root or Path.cwd()).resolve()
        if not (root / "nbgrader_config.py").is_file():
            raise UsageError(
                f"{root} is not a course: it holds no nbgrader_config.py; "
                "change to the course's folder and run the command again."
            )
        return cls(root)

    def source(self, assignment: str) -> Path:
        """The instructor's folder of an assignment."""
        return self._folder("source", assignment, "check the assignment's name")

    def release(self, assignment: str) -> Path:
        """The student's folder of an assignment, as handed out."""
        return self._folder("release", assignment, f"run 'autograder release {assignment}' first")

    def _folder(self, step: str, assignment: str, advice: str) -> Path:
        folder = self.root / step / assignment
        if assignment in ("", ".", "..") or Path(assignment).name != assignment:
            raise UsageError(
                f"'{assignment}' is not an assignment's name; it is one folder's name."
            )
        if not folder.is_dir():
            raise UsageError(f"There is no {step}/{assignment} in {self.root}; {advice}.")
        return folder

    def questions(self, assignment: str) -> tuple[Question, ...]:
        """All questions of an assignment, in notebook and cell order.

        Raises:
            UsageError: if there is no such assignment, or a notebook cannot be read.
        """
        paths = notebook_paths(self.source(assignment))
        questions = [question for path in paths for question in _questions_in(path)]
        ids = [question.id for question in questions]
        # nbgrader asks for one id a notebook; checks find their question by the id alone.
        classic = is_classic(self, assignment)
        names = [f"{q.notebook}/{q.id}" for q in questions] if classic else ids
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise UsageError(f"source/{assignment} declares the question '{twice[0]}' twice.")
        # Students meet the notebooks in the order in which questions build on each other.
        downstream = {
            q.notebook
            for q in questions
            if any(
                up in ids and questions[ids.index(up)].notebook != q.notebook for up in q.upstream
            )
        }
        return tuple(sorted(questions, key=lambda q: q.notebook in downstream))

    def secret(self) -> bytes:
        """The course secret that seeds hidden inputs; made on first use, mode 0600.

        Raises:
            UsageError: if the environment's is too short (or empty), or the file is damaged.
        """
        from_environment = os.environ.get(SECRET_VARIABLE)
        if from_environment is not None:
            if len(from_environment) < MIN_SECRET_CHARACTERS:
                raise UsageError(
                    f"{SECRET_VARIABLE} has {len(from_environment)} characters; give it at least "
                    f"{MIN_SECRET_CHARACTERS}, or unset it to use the course's own secret."
                )
            return from_environment.encode()
        path = self.root / ".autograder" / "secret"
        if not path.exists():
            path.parent.mkdir(mode=0o700, exist_ok=True)
            fresh = path.with_name(f"secret.{os.getpid()}")
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(SECRET_BYTES))
            try:  # two first runs may race: the first one's secret stays
                os.link(fresh, path)
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        secret = path.read_bytes()
        if len(secret) < SECRET_BYTES:
            raise UsageError(f"{path} is damaged; delete it and grade everything again.")
        return secret


def notebook_paths(folder: Path) -> list[Path]:
    """The notebooks directly in a folder, by name."""
    return sorted(path for path in folder.glob("*.ipynb") if path.is_file())


def _questions_in(path: Path) -> list[Question]:
    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception as error:
        raise UsageError(f"{path} is not a readable notebook: {error}.") from error
    own = [(cell, cell.metadata.get("nbgrader", {})) for cell in notebook.cells]
    return [_question(cell, path.stem) for cell, ours in own if _is_graded(ours)]


def _is_graded(ours: Any) -> bool:
    return bool(ours.get("grade") or ours.get("task"))


def _question(cell: Any, notebook: str) -> Question:
    declared = cell.metadata.get("autograder", {})
    defines = declared.get("defines")
    task = bool(cell.metadata.nbgrader.get("task"))
    written = bool(cell.metadata.nbgrader.get("solution")) or cell.cell_type != "code"
    form = declared.get("kind") == "form" or (defines or "").endswith("_answers")
    return Question(
        id=cell.metadata.nbgrader["grade_id"],
        notebook=notebook,
        points=float(cell.metadata.nbgrader.get("points", 0)),
        bonus=float(declared.get("bonus", 0)),
        kind="task" if task else "written" if written else "form" if form else "code",
        upstream=tuple(declared.get("upstream", ())),
        defines=defines,
    )
