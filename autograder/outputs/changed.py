"""What grading again has changed: who gained or lost, by which check, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from autograder.model import CheckResult, Grade, QuestionScore, Regraded
from autograder.outputs.progress import points

MOST_NAMED = 6
"""Students in one line."""


def is_another(before: Grade, after: Grade) -> bool:
    """Whether a score or a check's points differ."""
    return before.status is not after.status or bool(list(_differences(before, after)))


def changed_lines(regraded: Mapping[str, Regraded]) -> list[str]:
    """One line for each student whose points changed, then one for all who keep them alike."""
    alike: dict[str, list[str]] = {}
    lines: list[str] = []
    for student, one in regraded.items():
        if _keeps_points(one):
            alike.setdefault(_reason(one), []).append(student)
        else:
            total = f"{points(one.before)} → {points(one.after)}"
            lines.append(f"{student}: {total}{_reason(one)}")
    return lines + [f"{_named(students)}: points as before{why}" for why, students in alike.items()]


def changed_parts(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """What a grade depends on and what is not as it was."""
    return tuple(part for part in after if after[part] != before.get(part))


def history_lines(versions: Sequence[tuple[str, Grade, Mapping[str, str]]]) -> list[str]:
    """One line for each version: when, what the machine gave, and what had changed."""
    lines: list[str] = []
    for number, (at, grade, parts) in enumerate(versions):
        line = f"{at} UTC: {points(grade)}"
        if number:
            _, old, known = versions[number - 1]
            why = " and ".join(changed_parts(known, parts))
            told = "; ".join(_differences(old, grade))
            line += f" ({why} changed)" * bool(why) + f": {told}" * bool(told)
        lines.append(line)
    return lines


def _keeps_points(one: Regraded) -> bool:
    """Whether every question has the points that it had."""
    old, new = _by_key(one.before), _by_key(one.after)
    return old.keys() == new.keys() and all(_earned(old[key]) == _earned(new[key]) for key in old)


def _reason(one: Regraded) -> str:
    """Why a grade is another, and in what."""
    differences = "; ".join(_differences(one.before, one.after))
    why = f" ({' and '.join(one.why)} changed)" if one.why else " (nothing it depends on changed)"
    return f"{why}: {differences}" if differences else why


def _named(students: Sequence[str]) -> str:
    """The first few by name."""
    shown, more = students[:MOST_NAMED], len(students) - MOST_NAMED
    return f"{', '.join(shown)} and {more} more" if more > 0 else ", ".join(shown)


def _differences(before: Grade, after: Grade) -> Iterator[str]:
    old, new = _by_key(before), _by_key(after)
    for key in dict.fromkeys((*old, *new)):
        if key not in new:
            yield f"{key[1]} is gone"
        elif key not in old:
            yield f"{key[1]} is new"
        else:
            yield from _question(old[key], new[key])


def _question(old: QuestionScore, new: QuestionScore) -> Iterator[str]:
    then, now = _earned(old), _earned(new)
    checks = ", ".join(_checks(old.checks, new.checks))
    if then is None or now is None:
        if then is not now:
            yield f"{new.id} {'open' if now is None else f'{now:g}'}, was {_said(then)}"
    elif then != now:
        yield f"{new.id} {now - then:+g}" + (f" by {checks}" if checks else "")
    elif checks:
        hand = "; the grade given by hand stands" if new.by_hand else ""
        yield f"{new.id} unchanged, but {checks}{hand}"


def _checks(old: tuple[CheckResult, ...], new: tuple[CheckResult, ...]) -> Iterator[str]:
    then, now = ({check.name: check for check in checks} for checks in (old, new))
    for name in dict.fromkeys((*then, *now)):
        if name not in now:
            yield f"{name} (gone)"
        elif name not in then:
            yield f"{name} (new, {now[name].points:g})"
        elif then[name].points != now[name].points:
            yield f"{name} ({then[name].points:g} → {now[name].points:g})"


def _earned(score: QuestionScore) -> float | None:
    return None if score.score is None else round(score.score + score.extra_credit, 2)


def _said(points: float | None) -> str:
    return "open" if points is None else f"{points:g}"


def _by_key(grade: Grade) -> dict[tuple[str, str], QuestionScore]:
    return {(score.notebook, score.id): score for score in grade.questions}
