"""Points live in the check cells; whatever else says them is held against these.

Looked at are the source notebooks' texts, the course's README.md, and the pages in its docs/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import nbformat

from autograder.assignment import names
from autograder.course.course import Course, notebook_paths
from autograder.course.questions import Question, questions_of

NUMBER = re.compile(r"\d+(?:\.\d+)?")
NAMED = re.compile(
    r"`(\w+)`\**(?: *\|)? *\(?(?:\+ ?|bonus )?(\d+(?:\.\d+)?)(?= *(?:[,;.|()\n]|$|points?\b|bonus\b))"
)
"""A question in backticks and the number behind it: `x` 4, `x` (4 points), `x` | + 3 bonus."""
TOTALS = re.compile(r"(\d+(?:\.\d+)?) points and (\d+(?:\.\d+)?) (?:for the bonus|bonus points)")


def other_points(course: Course, assignment: str) -> list[str]:
    """One sentence for each place that says other points than the question's check cell."""
    questions = questions_of(course, assignment)
    worth = {question.id: question.points or question.bonus for question in questions}
    found: list[str] = []
    for path in notebook_paths(course.source(assignment)):
        own = [question for question in questions if question.notebook == path.stem]
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "markdown":
                place = f"{path.name}, cell '{cell.get('id')}'"
                found += [f"{place}, {said}" for said in _in_text(cell.source, worth)]
                found += [f"{place}, {said}" for said in _in_contents(cell.source, own)]
    for path in [course.root / "README.md", *sorted((course.root / "docs").glob("*.md"))]:
        if path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            said = [*_in_text(text, worth), *_in_rows(text, worth)]
            if names(course) == [assignment]:
                said += _in_totals(text, questions)
            found += [f"{path.relative_to(course.root)} {one}" for one in said]
    return found


def _in_text(text: str, worth: Mapping[str, float]) -> Iterator[str]:
    for id_, number in NAMED.findall(text):
        if id_ in worth and float(number) != worth[id_]:
            yield f"says {number} for `{id_}`, its check cell {worth[id_]:g}"


def _in_contents(text: str, questions: list[Question]) -> Iterator[str]:
    """A notebook's table of contents gives each question's points, in the questions' order."""
    rows = [row for row in _points_column(text) if "](#" in "".join(row)]
    if not rows:
        return
    said = [float(number) for *_, cell in rows for number in NUMBER.findall(cell)]
    right = [question.points or question.bonus for question in questions]
    if said != right:
        told, meant = (", ".join(f"{number:g}" for number in side) for side in (said, right))
        yield f"gives {told} points in its table, the check cells {meant}"


def _in_rows(text: str, worth: Mapping[str, float]) -> Iterator[str]:
    """A row of a table of points gives the sum of the questions that it names."""
    for *others, cell in _points_column(text):
        named = [id_ for id_ in re.findall(r"`(\w+)`", "".join(others)) if id_ in worth]
        total = sum(worth[id_] for id_ in named)
        number = NUMBER.search(cell)
        if named and number and float(number[0]) != total:
            yield f"says {number[0]} for the row of `{named[0]}`, its check cells {total:g}"


def _in_totals(text: str, questions: tuple[Question, ...]) -> Iterator[str]:
    right = sum(q.points for q in questions), sum(q.bonus for q in questions)
    for said in TOTALS.finditer(text):
        if (float(said[1]), float(said[2])) != right:
            yield f"says '{said[0]}', the check cells {right[0]:g} and {right[1]:g}"


def _points_column(text: str) -> Iterator[list[str]]:
    """Rows of the tables that have a column `points`: the other cells, then that one."""
    column: int | None = None
    before: list[str] = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.lstrip().startswith("|"):
            column, before = None, []
        elif set(line) <= set("|-: "):
            column = before.index("points") if "points" in before else None
        elif column is not None and column < len(cells):
            yield [*cells[:column], *cells[column + 1 :], cells[column]]
        else:
            before = cells
