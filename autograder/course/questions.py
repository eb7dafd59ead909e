"""What an assignment's source notebooks declare: questions, points, upstream.

Points and upstream questions live in the notebooks' cell metadata and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, Literal, cast, get_args

import msgspec
import nbformat

from autograder.course.course import Course, notebook_paths
from autograder.errors import UsageError

Kind = Literal["code", "form", "written", "task"]
"""A written answer and a task are graded by a person; a task has no cell to answer in."""
Carry = Literal["lend", "own", "none"]
"""What becomes of a question whose upstream is wrong (see `grading.carry`)."""


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
    answer: str
    """The id of the cell that holds the answer."""
    carry: Carry = "none"
    """`lend` by default, where code has questions upstream; `own` marks a backward pass."""

    @property
    def by_hand(self) -> bool:
        """Whether a person grades it."""
        return self.kind in ("written", "task")


def questions_of(course: Course, assignment: str) -> tuple[Question, ...]:
    """All questions of an assignment, in notebook and cell order.

    Notebooks come in the order in which their questions build on each other.

    Raises:
        UsageError: if there is no such assignment, a notebook cannot be read, or the questions
            are not well declared.
    """
    notebooks = {
        path.stem: _questions_in(path) for path in notebook_paths(course.source(assignment))
    }
    questions = {q.id: q for own in notebooks.values() for q in own}
    for own in notebooks.values():
        ids = [q.id for q in own]
        if twice := next((id_ for id_ in ids if ids.count(id_) > 1), None):
            raise UsageError(f"source/{assignment} declares the question '{twice}' twice.")
    before = {
        name: sorted(
            {questions[up].notebook for q in own for up in q.upstream if up in questions} - {name}
        )
        for name, own in notebooks.items()
    }
    try:
        ordered = list(TopologicalSorter(before).static_order())
    except CycleError as error:
        circle = " and ".join(sorted(set(error.args[1])))
        raise UsageError(
            f"source/{assignment}: the questions of {circle} build on each other in a circle."
        ) from None
    return tuple(question for name in ordered for question in notebooks[name])


def refuse_unreleased(course: Course, assignment: str) -> None:
    """See that the release holds the questions of `source/`, each worth the same.

    Raises:
        UsageError: if it does not; grading by either would be wrong by the other.
    """
    sides = [
        {
            (q.notebook, q.id): f"{q.points:g} points" + f" and {q.bonus:g} bonus" * bool(q.bonus)
            for path in notebook_paths(folder)
            for q in _questions_in(path)
        }
        for folder in (course.source(assignment), course.release(assignment))
    ]
    for key in sorted(sides[0].keys() | sides[1].keys()):
        now, then = (side.get(key, "no such question") for side in sides)
        if now != then:
            raise UsageError(
                f"'{key[1]}': source/{assignment} says {now} and release/{assignment} {then}; "
                f"run 'autograder release {assignment}', or undo the change."
            )


def answer_cells(cells: Sequence[Any]) -> dict[str, str]:
    """By question, the id of the cell that holds its answer.

    `metadata.autograder.answer` of the check cell says it; without it, it is the solution cell
    before the check that no other check has. A written answer is its own.
    """
    answers: dict[str, str] = {}
    free = ""
    for cell in cells:
        own = cell.metadata.get("nbgrader", {})
        id_ = own.get("grade_id")
        if own.get("grade"):
            declared = cell.metadata.get("autograder", {}).get("answer")
            answers[id_] = id_ if own.get("solution") else declared or free or id_
            free = ""
        elif own.get("task"):
            answers[id_] = id_
        elif own.get("solution"):
            free = id_
    return answers


def _questions_in(path: Path) -> list[Question]:
    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception as error:
        raise UsageError(f"{path} is not a readable notebook: {error}.") from error
    answers = answer_cells(notebook.cells)
    graded = [cell for cell in notebook.cells if _is_graded(cell.metadata.get("nbgrader", {}))]
    return [_question(cell, path.stem, answers) for cell in graded]


def _is_graded(own: Any) -> bool:
    return bool(own.get("grade") or own.get("task"))


def _question(cell: Any, notebook: str, answers: Mapping[str, str]) -> Question:
    declared = cell.metadata.get("autograder", {})
    id_ = cell.metadata.nbgrader["grade_id"]
    task = bool(cell.metadata.nbgrader.get("task"))
    written = bool(cell.metadata.nbgrader.get("solution"))
    kind: Kind = "task" if task else "written" if written else declared.get("kind", "code")
    upstream = tuple(declared.get("upstream", ()))
    return Question(
        id=id_,
        notebook=notebook,
        points=float(cell.metadata.nbgrader.get("points", 0)),
        bonus=float(declared.get("bonus", 0)),
        kind=kind,
        upstream=upstream,
        defines=declared.get("defines"),
        answer=answers[id_],
        carry=_carry(id_, declared) if upstream and kind == "code" else "none",
    )


def _carry(id_: str, declared: Any) -> Carry:
    """How a question of code with others upstream is carried.

    Raises:
        UsageError: its metadata does not say it in a way that is known.
    """
    carry = declared.get("carry", {"kind": "lend"})
    kind = carry.get("kind") if isinstance(carry, dict) else None
    if kind not in get_args(Carry):
        raise UsageError(
            f"The question '{id_}' declares carry {carry!r}; write "
            f'{{"kind": "lend"}} or another of {", ".join(get_args(Carry))}.'
        )
    return cast(Carry, kind)
