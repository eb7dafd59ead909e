"""Which submissions a person should look at, the most urgent first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import msgspec

from autograder.model import Grade, Status

MOST_SENTENCES = 2
"""Sentences of one kind about one submission; a student can change the tags of all cells."""
NOTHING: Mapping[str, str] = MappingProxyType({})


class LookAt(msgspec.Struct, frozen=True):
    """What there is to look at."""

    first: tuple[tuple[str, str], ...]
    """By urgency, a name and what there is to say: what is not graded, what is withheld, what was
    changed to steer grading, what could not be read or run, what is odd about a folder. One line
    for a name and kind."""
    notes: tuple[tuple[str, str], ...]
    """The same of harmless things."""


def look_at(
    grades: Mapping[str, Grade],
    ungraded: Mapping[str, str] = NOTHING,
    folders: Mapping[str, str] = NOTHING,
) -> LookAt:
    """Collect what a person should look at.

    Args:
        grades: by student.
        ungraded: by name, why something in submitted/ is not graded.
        folders: by name, what is odd about a folder of submitted/ as such.
    """
    held = {name: grade for name, grade in grades.items() if grade.status is Status.WITHHELD}
    read = {name: grade for name, grade in grades.items() if name not in held}
    return LookAt(
        (
            *ungraded.items(),
            *((name, _in_one(grade.problems)) for name, grade in held.items() if grade.problems),
            *((name, _in_one(grade.suspect)) for name, grade in grades.items() if grade.suspect),
            *((name, _in_one(grade.problems)) for name, grade in read.items() if grade.problems),
            *folders.items(),
        ),
        tuple((name, _in_one(grade.notes)) for name, grade in grades.items() if grade.notes),
    )


def _in_one(sentences: Sequence[str]) -> str:
    """Several sentences of a kind as one line; of many, the first ones and how many follow."""
    told = list(dict.fromkeys(sentences))
    more = len(told) - MOST_SENTENCES
    rest = f" (and {more} more of this kind)" if more > 0 else ""
    return " ".join(told[:MOST_SENTENCES]) + rest


def together(lines: Iterable[tuple[str, str]]) -> list[tuple[list[str], str]]:
    """Lines of the same words as one, with all the names."""
    names: dict[str, list[str]] = {}
    for name, sentence in lines:
        names.setdefault(sentence, []).append(name)
    return [(who, sentence) for sentence, who in names.items()]
