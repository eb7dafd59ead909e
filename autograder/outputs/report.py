"""How the class did, as a page to look at, and beside it a page of similar submissions.

Pure functions of the grades and of what is known beside them. A page holds all it shows; a class
of thousands stays within a few megabytes, because sentences stand in it once.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from statistics import median

import msgspec
import numpy as np

from autograder.model import FROM_SUBMISSION, Grade, Regraded
from autograder.outputs.changed import changed_lines
from autograder.outputs.compiled import page_environment
from autograder.outputs.facts import Facts
from autograder.outputs.items import items
from autograder.outputs.look import look_at, together
from autograder.outputs.side_by_side import shares, side_by_side
from autograder.outputs.similar import Similar, similar
from autograder.outputs.students import row, said, work
from autograder.outputs.summary import summarize
from autograder.outputs.unnamed import unnamed

TEMPLATES = "templates/class_report"
BINS = 20
MANY = 6
"""Names in a row; the rest is folded."""
MOST_GROUPS = 12
"""Groups of outputs without a name that are shown."""


class Times(msgspec.Struct, frozen=True):
    """CPU seconds of a class's submissions."""

    median: float
    most: float
    """95 of 100 take at most so long."""
    sum: float
    slowest: tuple[tuple[str, float], ...]


def write_report(
    assignment: str,
    grades: Mapping[str, Grade],
    path: Path,
    facts: Facts | None = None,
    answers_page: str = "",
) -> Path:
    """Write the class report, and beside it `NAME-similar.html`; returns `path`.

    Args:
        assignment: its name.
        grades: by student.
        path: of the report.
        facts: what is known beside the grades.
        answers_page: the name of the page that lists what a person reads, if there is one.
    """
    known = facts or Facts()
    alike = similar(grades, known.answers, known.written, known.given) if known.answers else None
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.stem}-similar.html")
    page = render_report(assignment, grades, known, alike, beside.name, answers_page)
    path.write_text(page, encoding="utf-8")
    if alike is not None:
        beside.write_text(render_similar(assignment, grades, known, alike), encoding="utf-8")
    return path


def render_report(
    assignment: str,
    grades: Mapping[str, Grade],
    facts: Facts | None = None,
    alike: Similar | None = None,
    similar_page: str = "similar.html",
    answers_page: str = "",
) -> str:
    """The class report as HTML; the same grades always give the same page.

    Args:
        assignment: its name.
        grades: by student, not empty.
        facts: what is known beside the grades.
        alike: the similar submissions; None leaves their section out.
        similar_page: the name of their page.
        answers_page: the name of the page that lists what a person reads, if there is one.
    """
    known = facts or Facts()
    summary = summarize(grades)
    groups, alone = unnamed(grades, known.answers)
    changed = {name: one for name, one in known.regraded.items() if name in grades}
    moved = [_moved(one) for one in changed.values()]
    script = _asset("script.js")
    page = {
        "assignment": assignment,
        "summary": summary,
        "facts": known,
        "work": work(grades),
        "look_at": look_at(grades, known.ungraded, known.folders),
        "late": [
            (name, _how_late(known.late[name]), grade.late_penalty)
            for name, grade in grades.items()
            if name in known.late
        ],
        "from_submission": FROM_SUBMISSION,
        "bins": _bins(summary.shares),
        "questions": list(zip(summary.questions, items(grades), strict=True)),
        "times": _times({name: known.seconds[name] for name in grades if name in known.seconds}),
        "groups": groups,
        "alone": alone,
        "alike": alike,
        "similar_page": similar_page,
        "answers_page": answers_page,
        "changed": changed_lines(changed),
        "gained": sum(each > 0 for each in moved),
        "lost": sum(each < 0 for each in moved),
        "rows": [row(student, grade, known) for student, grade in grades.items()],
        "said": said(grades),
        "script": script,
        "script_hash": _hash(script),
    }
    return _rendered("report.html.j2", page)


def render_similar(
    assignment: str, grades: Mapping[str, Grade], facts: Facts, alike: Similar
) -> str:
    """The page of similar submissions as HTML."""
    page = {
        "assignment": assignment,
        "alike": alike,
        "groups": side_by_side(alike.clusters, facts.answers, facts.written),
        "total": len(grades),
        "most_of_class": len(grades) / 2,
    }
    return _rendered("similar.html.j2", page)


def _rendered(template: str, page: Mapping[str, object]) -> str:
    environment = page_environment(TEMPLATES)
    environment.globals |= {
        "percent": lambda share: "–" if share is None else f"{100 * share:.0f} %",
        "signed": lambda number: "–" if number is None else f"{number:+.2f}",
        "many": MANY,
        "most_groups": MOST_GROUPS,
        "shares": shares,
        "together": together,
        "style": _asset("style.css"),
    }
    return environment.get_template(template).render(page)


@cache
def _asset(name: str) -> str:
    return (Path(__file__).parent / TEMPLATES / name).read_text(encoding="utf-8")


def _hash(script: str) -> str:
    """What the page's policy calls the only script that may run in it."""
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"


def _bins(shares_: Sequence[float]) -> list[int]:
    if not shares_:
        return []
    counts, _ = np.histogram(np.clip(shares_, 0, 1), bins=BINS, range=(0, 1))
    return [int(count) for count in counts]


def _times(seconds: Mapping[str, float]) -> Times | None:
    if not any(seconds.values()):
        return None
    ordered = sorted(seconds.items(), key=lambda each: (-each[1], each[0]))
    numbers = list(seconds.values())
    most = float(np.percentile(numbers, 95))
    return Times(median(numbers), most, sum(numbers), tuple(ordered[:5]))


def _moved(one: Regraded) -> float:
    then, now = one.before.score, one.after.score
    return 0.0 if then is None or now is None else now - then


def _how_late(seconds: float) -> str:
    days, hours, minutes = int(seconds // 86400), int(seconds // 3600), int(seconds // 60)
    if days:
        return f"{days} d {hours % 24} h"
    return f"{hours} h {minutes % 60} min" if hours else f"{max(1, minutes)} min"
