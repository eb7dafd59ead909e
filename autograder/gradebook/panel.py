"""What stands beside a question in `autograded/`: the student's own plots, and a staff panel.

Both are cells of their own, without a source, below the cell that is graded. The plots go into
the feedback; the panel is for formgrader, and `without_staff_panels` takes it out of whatever a
student sees. It fills in no score: what it says is for a person to weigh.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import nbformat

from autograder.checking.evidence import Evidence, Figures, Reading
from autograder.course.course import Course, notebook_paths
from autograder.course.questions import answer_cells
from autograder.grading.graded import Picture, Pictures
from autograder.model import QuestionScore, Verdict
from autograder.release.regions import BEGIN, END
from autograder.submission.frame import marked, read_released

STAFF_KEY = "staff"
"""In `metadata.autograder` of a cell that no student may see."""
PLOTS = "Plots of the notebook as it was handed in"
STYLE = "background-color: #fff8e1; color: #22252a; padding: 0.6em; overflow: auto"
FOLD = "display: list-item"  # formgrader's Bootstrap takes the triangle away
TEXT = "white-space: pre-wrap; font-family: monospace; border: 1px solid #cccccc; padding: 0.6em"
LEFT = '<td style="text-align: left; vertical-align: top; padding: 0 1em 0.2em 0">'
FOUND = "Sentences that speak of an idea, found by phrases; whether they are true is for you:"
MARKS = {Verdict.PASSED: "✓", Verdict.GRADER_ERROR: "‼", Verdict.SKIPPED: "?"}


def plots_cell(question: str, pictures: Sequence[Picture]) -> Any:
    """A cell that shows a student's own pictures."""
    shown = "".join(
        f'<p><img alt="Picture of the cell {html.escape(picture.cell)}" width="100%" '
        'style="border-color: transparent" '
        f'src="data:{picture.mime};base64,{html.escape(picture.data)}"></p>'
        for picture in pictures
    )
    return _cell(f"{question}-plots", [_html(f"<p><em>{PLOTS}:</em></p>{shown}", PLOTS)])


def staff_cell(score: QuestionScore, evidence: Evidence, model_answer: str) -> Any:
    """A cell that shows the staff what the machine found, and what a right answer says."""
    parts = [
        f"<p><strong>For the staff: {html.escape(score.id)}</strong> (no student sees this)</p>",
        _checks(score),
        _reading(evidence.reading) if evidence.reading else "",
        *(_folded(table.title, _figures(table)) for table in evidence.figures),
        _folded("Model answer", _text(model_answer)) if model_answer else "",
    ]
    body = f'<div style="{STYLE}">{"".join(parts)}</div>'
    cell = _cell(f"{score.id}-staff", [_html(body, f"For the staff: {score.id}")])
    cell.metadata["autograder"] = {STAFF_KEY: True}
    return cell


def without_staff_panels(notebook: Any) -> None:
    """Take out of a notebook what no student may see."""
    notebook.cells = [
        cell for cell in notebook.cells if STAFF_KEY not in cell.metadata.get("autograder", {})
    ]


def model_answers(course: Course, assignment: str) -> Mapping[tuple[str, str], str]:
    """By notebook and question, the instructor's own answer."""
    return {
        (path.stem, question): text
        for path in notebook_paths(course.source(assignment))
        for question, text in _answers_in(path, path.stat().st_mtime_ns).items()
    }


@lru_cache(maxsize=32)
def _answers_in(path: Path, version: int) -> Mapping[str, str]:
    del version  # a file that has changed is another one
    cells = read_released(path).cells
    sources = {
        cell.metadata["nbgrader"]["grade_id"]: _without_marks(cell.source)
        for cell in cells
        if marked(cell, "solution") or marked(cell, "task")
    }
    return {
        question: sources[answer]
        for question, answer in answer_cells(cells).items()
        if answer in sources
    }


def _without_marks(source: str) -> str:
    lines = source.splitlines()
    return "\n".join(line for line in lines if BEGIN not in line and END not in line).strip()


def _cell(id_: str, outputs: Sequence[Mapping[str, Any]]) -> Any:
    # By hand: nbformat would check each cell and output against its schema, for 10 ms a submission.
    return nbformat.from_dict(
        {
            "id": id_[:64],
            "cell_type": "code",
            "metadata": {"transient": {"remove_source": True}},  # nbconvert shows no empty box then
            "execution_count": None,
            "outputs": list(outputs),
            "source": "",
        }
    )


def _html(markup: str, plain: str) -> Mapping[str, Any]:
    data = {"text/html": markup, "text/plain": plain}
    return {"output_type": "display_data", "data": data, "metadata": {}}


def _folded(title: str, markup: str) -> str:
    summary = f'<summary style="{FOLD}">{html.escape(title)}</summary>'
    return f"<details>{summary}{markup}</details>"


def _text(plain: str) -> str:
    return f'<div style="{TEXT}">{html.escape(plain)}</div>'  # Bootstrap breaks words in a pre


def _checks(score: QuestionScore) -> str:
    """A line a check; of a written answer there is none."""
    if not score.checks:
        return ""
    rows = "".join(
        _row(
            f"{MARKS.get(check.verdict, '✗')} {check.verdict}",
            check.name,
            f"{check.points:g} of {check.max_points:g}",
            (f"[{check.misconception}] " if check.misconception else "") + check.message,
        )
        for check in score.checks
    )
    return f"<table>{rows}</table>"


def _reading(reading: Reading) -> str:
    if reading.unaided:
        return f"<p><strong>Read unaided</strong>: {html.escape(reading.unaided)}.</p>"
    ideas = "".join(
        _row(idea.name, f"“{idea.sentence}”" if idea.sentence else "no sentence found", idea.asks)
        for idea in reading.ideas
    )
    numbers = "".join(
        _row(number.text, _places(number.stands) or "is not in the student's own record")
        for number in reading.numbers
    )
    found = f"<p>{FOUND}</p><table>{ideas}</table>"
    return found + (f"<p>Numbers quoted:</p><table>{numbers}</table>" if numbers else "")


def _places(stands: Sequence[str]) -> str:
    more = f", and {len(stands) - 2} more" if len(stands) > 2 else ""
    return "; ".join(stands[:2]) + more


def _figures(table: Figures) -> str:
    head = _row("", *table.columns)
    rows = "".join(
        _row(name, *("–" if value is None else f"{value:.4g}" for value in row))
        for name, row in table.rows.items()
    )
    return f"<table>{head}{rows}</table>"


def _row(*cells: str) -> str:
    return f"<tr>{''.join(_data(cell) for cell in cells)}</tr>"


def _data(text: str) -> str:
    return f"{LEFT}{html.escape(text)}</td>"


def beside(
    cells: Iterable[Any],
    scores: Mapping[str, QuestionScore],
    pictures: Pictures,
    evidence: Mapping[str, Evidence],
    answers: Mapping[str, str],
) -> list[Any]:
    """The cells of a notebook with what belongs beside each question.

    Args:
        cells: the notebook's.
        scores: by question of this notebook.
        pictures: the student's own.
        evidence: by question, what helps a person.
        answers: by question, the instructor's own answer.
    """
    laid_out: list[Any] = []
    for cell in cells:
        laid_out.append(cell)
        id_ = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        if (score := scores.get(id_)) is None:
            continue
        if own := pictures.beside(id_):
            laid_out.append(plots_cell(id_, own))
        laid_out.append(staff_cell(score, evidence.get(id_, Evidence()), answers.get(id_, "")))
    return laid_out
