"""A class student by student: rows of the report, what each says when it is opened, work left."""

from __future__ import annotations

import json
from collections.abc import Mapping

import msgspec

from autograder.model import Grade, QuestionScore, Status, Verdict
from autograder.outputs.facts import Facts
from autograder.outputs.progress import points
from autograder.outputs.summary import earned, worth


class Work(msgspec.Struct, frozen=True):
    """What is left to do in one question."""

    question: str
    worth: float
    open: tuple[str, ...]
    """Students whose score a person still gives."""
    again: tuple[str, ...]
    """Students whose score a person should look at again."""

    @property
    def students(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.open, *self.again)


class Row(msgspec.Struct, frozen=True):
    """One student in the table."""

    student: str
    points: str
    said: str
    share: float | None
    open: str
    cells: tuple[tuple[str, str], ...]
    """Of each question the class of its shade and what stands in the cell."""
    problem: bool
    keys: str
    """Words by which the search finds it beside the name."""


def work(grades: Mapping[str, Grade]) -> list[Work]:
    """The questions of which something is left to do, with whose answers."""
    worths: dict[tuple[str, str], float] = {}
    opened: dict[tuple[str, str], list[str]] = {}
    again: dict[tuple[str, str], list[str]] = {}
    for student, grade in grades.items():
        for score in grade.questions:
            key = score.notebook, score.id
            worths.setdefault(key, worth(score))
            if score.score is None:
                opened.setdefault(key, []).append(student)
            elif score.needs_review:
                again.setdefault(key, []).append(student)
    return [
        Work(key[1], points_of, tuple(opened.get(key, ())), tuple(again.get(key, ())))
        for key, points_of in worths.items()
        if key in opened or key in again
    ]


def row(student: str, grade: Grade, facts: Facts) -> Row:
    """One student's row."""
    waiting = sum(score.max_score for score in grade.questions if score.score is None)
    decided = grade.max_score - waiting
    known = grade.score is not None
    keys = [
        *(check.misconception or "" for score in grade.questions for check in score.checks),
        *["late"] * (student in facts.late),
        *["waiting"] * any(score.score is None or score.needs_review for score in grade.questions),
        *["withheld"] * (grade.status is Status.WITHHELD),
        *["problem"] * bool(grade.problems or grade.suspect),
    ]
    return Row(
        student=student,
        points=f"{grade.score:g}" if grade.score is not None else "",
        said=points(grade).partition(" (")[0],
        share=(grade.score or 0.0) / decided if known and decided > 0 else None,
        open=f"{waiting:g}" if waiting else "",
        cells=tuple((_shade(score), _got(score)) for score in grade.questions),
        problem=bool(grade.problems or grade.suspect),
        keys=" ".join(key.replace("_", " ") for key in dict.fromkeys(filter(None, keys))),
    )


def _shade(score: QuestionScore) -> str:
    """The class of a score's cell: full, part, none or waiting."""
    got = earned(score)
    if got is None:
        return "waiting"
    if got >= worth(score):
        return "full"
    return "part" if got > 0 else "none"


def _got(score: QuestionScore) -> str:
    got = earned(score)
    return "–" if got is None else f"{got:g}"


def said(grades: Mapping[str, Grade]) -> str:
    """What each student's row says when it is opened, as JSON that holds every sentence once."""
    sentences: dict[str, int] = {}
    ids: dict[str, int] = {}
    students = []
    for grade in grades.values():
        told = [[-1, [sentences.setdefault(each, len(sentences)) for each in grade.problems]]]
        for score in grade.questions:
            lines = [sentences.setdefault(each, len(sentences)) for each in _says(score)]
            told.append([ids.setdefault(score.id, len(ids)), lines])
        students.append([each for each in told if each[1]])
    text = json.dumps(
        {"questions": list(ids), "sentences": list(sentences), "students": students},
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return text.replace("<", r"\u003c")  # it stands in a script element


def _says(score: QuestionScore) -> list[str]:
    """What a row says of a question: each sentence of the checks that did not pass, once."""
    lines = [check.message for check in score.checks if check.verdict is not Verdict.PASSED]
    if score.by_hand:
        look = ", to be looked at again" if score.needs_review else ""
        lines.insert(0, f"A person gave this{look}.")
    if score.score is None and not lines:
        return ["Waits for a person."]
    return list(dict.fromkeys(filter(None, lines)))
