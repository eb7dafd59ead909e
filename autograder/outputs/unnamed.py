"""Wrong answers that no named mistake explains, grouped: the next mistakes to name."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

import msgspec

from autograder.model import Grade

Answers = Mapping[str, Mapping[str, str]]
"""By student, what they wrote, by question."""
MOST_CODE = 2_500
"""Characters of the answer that is shown of a group."""


class Unnamed(msgspec.Struct, frozen=True):
    """Submissions that are wrong in the same way, which has no name yet."""

    checks: tuple[tuple[str, str], ...]
    """Question and check, of all that the same students fail in the same way."""
    says: str
    """What the first of the checks says most often."""
    students: tuple[str, ...]
    example: str
    """The student whose answer is shown: the shortest."""
    code: str


def unnamed(grades: Mapping[str, Grade], answers: Answers) -> tuple[tuple[Unnamed, ...], int]:
    """The groups of two students and more, the largest first, and how many outputs stand alone."""
    who: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    says: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    for student, grade in grades.items():
        for score in grade.questions:
            for check in score.checks:
                if isinstance(check.output, str):
                    key = score.id, check.name, check.output
                    who[key].append(student)
                    says[key][check.message] += 1
    alike: dict[tuple[str, ...], list[tuple[str, str, str]]] = defaultdict(list)
    for key, students in who.items():
        alike[tuple(students)].append(key)
    groups = [
        _group(students, keys, says[keys[0]], answers)
        for students, keys in alike.items()
        if len(students) > 1
    ]
    alone = len({(students, keys[0][0]) for students, keys in alike.items() if len(students) == 1})
    return tuple(sorted(groups, key=lambda group: (-len(group.students), group.checks))), alone


def _group(
    students: tuple[str, ...],
    keys: list[tuple[str, str, str]],
    says: Counter[str],
    answers: Answers,
) -> Unnamed:
    question = keys[0][0]
    written = {student: answers.get(student, {}).get(question, "") for student in students}
    example = min(written, key=lambda student: (len(written[student]), student))
    return Unnamed(
        checks=tuple((question, check) for question, check, _ in keys),
        says=says.most_common(1)[0][0],
        students=students,
        example=example,
        code=written[example][:MOST_CODE],
    )
