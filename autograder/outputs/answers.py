"""All that a person reads of a class, question by question, with alike answers side by side.

A pure function of the answers. Who reads like answers one after the other judges them alike; the
order is by common words, and says nothing of who wrote what first.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from autograder.outputs.compiled import page_environment

TEMPLATE = "answers.html.j2"
MOST_TEXT = 3_000
"""Characters of an answer that are shown here; the whole is in formgrader."""
MOST_WORDS = 2_000
"""Different words by which answers are compared: the most common."""
WORD = re.compile(r"\w+")


class Answer(msgspec.Struct, frozen=True):
    """One student's answer to one question."""

    question: str
    notebook: str
    student: str
    text: str
    max_score: float
    score: float | None
    """None while a person has to look."""
    waits: bool
    remarks: tuple[str, ...] = ()
    """Why a person has to look, where something says it."""
    address: str = ""
    """Of the submission in formgrader; empty if it is not there."""


class Same(msgspec.Struct, frozen=True):
    """Answers to one question with the very same words."""

    text: str
    answers: tuple[Answer, ...]


def write_answers(assignment: str, answers: Sequence[Answer], path: Path) -> Path:
    """Write the page of answers; returns `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render_answers(assignment, answers), encoding="utf-8")
    return path


def render_answers(assignment: str, answers: Sequence[Answer]) -> str:
    """The page of answers as HTML; the same answers always give the same page."""
    by_question: dict[str, list[Answer]] = {}
    for answer in answers:
        by_question.setdefault(answer.question, []).append(answer)
    environment = page_environment()
    return environment.get_template(TEMPLATE).render(
        assignment=assignment,
        questions={question: in_order(own) for question, own in by_question.items()},
        waiting=Counter(answer.question for answer in answers if answer.waits),
        most=MOST_TEXT,
    )


def in_order(answers: Sequence[Answer]) -> list[Same]:
    """The answers to one question, those of the same words as one, each beside one that is alike.

    It begins with the answer of most words, and goes on with what is most alike.
    """
    same: dict[tuple[str, ...], list[Answer]] = {}
    for answer in sorted(answers, key=lambda answer: answer.student):
        same.setdefault(tuple(_words(answer.text)), []).append(answer)
    groups = [Same(own[0].text, tuple(own)) for own in same.values()]
    return [groups[at] for at in _chain(_vectors([Counter(words) for words in same]))]


def _words(text: str) -> list[str]:
    return [word.casefold() for word in WORD.findall(text)]


def _vectors(counted: Sequence[Mapping[str, int]]) -> NDArray[np.float32]:
    """Word frequencies by answer, rare words weighing more; what all have in common, nothing."""
    in_answers = Counter(word for counts in counted for word in counts)
    known = sorted(in_answers, key=lambda word: (-in_answers[word], word))[:MOST_WORDS]
    place = {word: at for at, word in enumerate(known)}
    vectors = np.zeros((len(counted), max(1, len(place))), np.float32)
    for row, counts in zip(vectors, counted, strict=True):
        for word, count in counts.items():
            if word in place:
                row[place[word]] = count * np.log(len(counted) / in_answers[word])
    return vectors


def _chain(vectors: NDArray[np.float32]) -> list[int]:
    """The order of the rows in which each is followed by the one most alike that is left."""
    if not len(vectors):
        return []
    length = np.linalg.norm(vectors, axis=1)
    directions = vectors / np.maximum(length, 1e-12)[:, None]
    order = [int(length.argmax())]
    left = np.ones(len(vectors), bool)
    left[order] = False
    while left.any():
        alike = np.where(left, directions @ directions[order[-1]], -np.inf)
        order.append(int(alike.argmax()))
        left[order[-1]] = False
    return order
