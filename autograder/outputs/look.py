"""Which submissions a person should look at, the most urgent first."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from autograder.model import Grade, Status

NOTHING: Mapping[str, str] = MappingProxyType({})


class LookAt(msgspec.Struct, frozen=True):
    """What there is to look at."""

    first: tuple[tuple[str, str], ...]
    """By urgency, a name and a sentence: what is not graded, what is withheld, what was changed
    to steer grading, what could not be read or run, what is odd about a folder."""
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
            *((name, said) for name, grade in held.items() for said in grade.problems),
            *((name, said) for name, grade in grades.items() for said in grade.suspect or ()),
            *((name, said) for name, grade in read.items() for said in grade.problems),
            *folders.items(),
        ),
        tuple((name, said) for name, grade in grades.items() for said in grade.notes or ()),
    )
