"""What people look at after grading: `autograded/<student>/<assignment>/`.

The student's cells in the release's frame, with the outputs of the sandboxed run and, in
the metadata of each check cell, the question's result. formgrader shows it; feedback is
made from it.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import nbformat
from nbformat.v4.nbbase import nbformat as NBFORMAT  # noqa: N812 - 4
from nbformat.v4.nbbase import nbformat_minor as NBFORMAT_MINOR  # noqa: N812
from nbformat.v4.nbbase import validate
from nbformat.v4.rwbase import split_lines, strip_transient

from autograder.assignment import find
from autograder.course.course import Course, notebook_paths
from autograder.gradebook.beside import harmless
from autograder.gradebook.panel import beside, model_answers
from autograder.gradebook.place import Files, place_of, put_in_place, write_all, written_beside
from autograder.gradebook.shown import Shown
from autograder.model import QuestionScore
from autograder.release.regions import HIDDEN_TESTS, public_part
from autograder.submission.frame import Cell, Notebook, marked, read_released
from autograder.submission.intake import Submission, read_files
from autograder.submission.reader import walk

if TYPE_CHECKING:
    from autograder.grading.graded import GradedSubmission

RESULT_KEY = "result"
"""In `metadata.autograder` of a check cell: its `QuestionScore`, as JSON."""
MOST_LINES, MOST_LINES_OF_ERROR = 1000, 100
"""Of a cell's text, and of a traceback: nbgrader's own defaults."""


def autograded_notebook(
    frame: Any,
    notebook: Notebook | None,
    graded: GradedSubmission,
    name: str,
    answers: Mapping[tuple[str, str], str],
) -> Any:
    """Lay out one notebook of a graded submission.

    Args:
        frame: the released notebook.
        notebook: the student's cells in that frame; None if there was nothing to read.
        graded: the submission.
        name: the notebook's name.
        answers: by notebook and question, the instructor's own.
    """
    grade, runs = graded.grade, graded.runs.get(name, ())
    released = {_name(cell): cell for cell in frame.cells}
    own = notebook.cells if notebook else []
    outputs = {run.id: run.outputs for run in runs}
    shown = Shown()
    cells = [_laid_out(cell, released, outputs.get(cell.id, []), shown) for cell in own]
    _put_back(cells, frame.cells)
    scores = {score.id: score for score in grade.questions if score.notebook == name}
    for cell in cells:
        if is_scored(cell) and (score := scores.get(_name(cell))) is not None:
            cell.metadata.setdefault("autograder", {})[RESULT_KEY] = msgspec.to_builtins(score)
    model = {question: text for (own, question), text in answers.items() if own == name}
    cells = beside(cells, scores, graded.pictures, graded.evidence, model)
    # By hand: nbformat would check every cell against its schema, for 10 ms; outputs have been.
    result = nbformat.NotebookNode(
        nbformat=NBFORMAT,
        nbformat_minor=NBFORMAT_MINOR,
        metadata=copy.deepcopy(frame.metadata),
        cells=cells,
    )
    result.metadata["autograder"] = {"status": str(grade.status), "problems": list(grade.problems)}
    if grade.classic:
        result.metadata["autograder"]["verdicts_from"] = grade.verdicts_from
    return _limited(result)


def _limited(notebook: Any) -> Any:
    """The notebook with its outputs cut as nbgrader cuts them."""
    streams = [_lines(cell) for cell in notebook.cells]
    tracebacks = [len(o.get("traceback", ())) for c in notebook.cells for o in c.get("outputs", ())]
    if max(streams, default=0) <= MOST_LINES and max(tracebacks, default=0) <= MOST_LINES_OF_ERROR:
        return notebook
    # Importing nbgrader takes 0.6 s; few submissions put out so much.
    from nbgrader.preprocessors import LimitOutput  # noqa: PLC0415

    step = LimitOutput(max_lines=MOST_LINES, max_traceback=MOST_LINES_OF_ERROR)
    return step.preprocess(notebook, {})[0]


def _lines(cell: Any) -> int:
    texts = (output.get("text", "") for output in cell.get("outputs", ()))
    return sum(text.count("\n") + 1 for text in texts)


def result_of(cell: Any) -> QuestionScore | None:
    """The question's result that `autograded_notebook` put into a check cell."""
    result = cell.metadata.get("autograder", {}).get(RESULT_KEY)
    return None if result is None else msgspec.convert(result, QuestionScore)


def is_scored(cell: Any) -> bool:
    """Whether the gradebook has a score for this cell: a graded one, or a task."""
    return marked(cell, "grade") or marked(cell, "task")


def hide_tests(notebook: Any) -> None:
    """Take the hidden tests out of the test cells of an ordinary nbgrader assignment.

    Their outputs go too: a traceback quotes the tests, and what an answer prints shows their
    inputs. A task's mark scheme stays, as nbgrader says it does.
    """
    for cell in notebook.cells:
        if (
            marked(cell, "grade")
            and not marked(cell, "solution")
            and HIDDEN_TESTS[0] in cell.source
        ):
            cell.source = public_part(cell.source)
            if cell.cell_type == "code":
                cell.outputs = []


def laid_out(course: Course, graded: GradedSubmission, submission: Submission) -> Files:
    """What of a graded submission belongs in `autograded/`: its own files, and its notebooks.

    A worker does this, so that it costs the one writer nothing.

    Args:
        course: the course.
        graded: the graded submission.
        submission: the same, as intake read it.
    """
    grade, files = graded.grade, dict(harmless(submission.files))
    # Of a grade that is withheld because grading broke down there are no notebooks.
    notebooks = graded.notebooks or submission.notebooks
    answers = model_answers(course, grade.assignment)
    for path in notebook_paths(course.release(grade.assignment)):
        frame, own = read_released(path), notebooks.get(path.stem)
        result = autograded_notebook(frame, own, graded, path.stem, answers)
        files[path.name] = _written(result)
    return files


def course_files(course: Course, assignment: str) -> Files:
    """What of the source lies beside each autograded notebook, as nbgrader puts it there."""
    from nbgrader.utils import find_all_files  # noqa: PLC0415 - a worker does without nbgrader

    from autograder.course.nbgrader_view import LEFT_BEHIND, course_directory  # noqa: PLC0415

    source = course.source(assignment)
    ignored = [*course_directory(course.root).ignore, *LEFT_BEHIND, "*.ipynb"]
    ignored += find(course, assignment).settings.leaves_behind
    found = map(Path, find_all_files(str(source), ignored))
    return {str(path.relative_to(source)): path.read_bytes() for path in found}


def write_autograded(
    course: Course,
    student: str,
    graded: GradedSubmission,
    submitted: Path,
    *,
    own: Files | None = None,
    given: Files | None = None,
) -> Path:
    """Write a submission's `autograded/` folder as nbgrader does: files, notebooks, read-only.

    Args:
        course: the course.
        student: the student's id.
        graded: the graded submission.
        submitted: its folder.
        own: what `laid_out` says of it, where that is known already.
        given: what `course_files` says of the assignment, where that is known already.
    """
    assignment = graded.grade.assignment
    target = place_of(course, student, assignment)
    if own is None:
        # Where the folder is gone by now, there is nothing to read; grading has said so.
        handed_in = read_files(walk(submitted), course.release(assignment))
        own = laid_out(course, graded, handed_in)
    given = course_files(course, assignment) if given is None else given
    put_in_place(written_beside(target, {**own, **given}), target)
    return target


def write_beside(course: Course, assignment: str, submission: Submission, folder: Path) -> None:
    """Write what lies beside the notebooks: the student's files, and the source's over them."""
    write_all(folder, {**harmless(submission.files), **course_files(course, assignment)})


def _written(notebook: Any) -> bytes:
    """The notebook's file: what nbformat writes, without its check and its slow indenting."""
    text = json.dumps(split_lines(strip_transient(notebook)), ensure_ascii=False, sort_keys=True)
    return msgspec.json.format(text.encode(), indent=1) + b"\n"


def _laid_out(cell: Cell, released: Mapping[str, Any], outputs: Sequence[Any], shown: Shown) -> Any:
    known = released.get(cell.id) if cell.released else None
    result = {
        "id": (known.get("id") if known is not None else None) or cell.id[:64],
        "cell_type": cell.type,
        "metadata": known.metadata if known is not None else {},
        "source": (
            cell.source if cell.source == cell.handed_out else shown.source(cell.type, cell.source)
        ),
    }
    if known is not None and cell.source == cell.handed_out and "attachments" in known:
        result["attachments"] = known["attachments"]
    if cell.type == "code":
        sound = [shown.output(output) for output in map(_sound, outputs) if output is not None]
        result |= {"execution_count": None, "outputs": sound}
    return nbformat.from_dict(result)  # a copy, as deep as it is


def _sound(output: Any) -> Any:
    """The output as a notebook may hold it; None if it is none (student code made it)."""
    try:
        node = nbformat.from_dict(output)
        validate(node, ref=node.output_type)
    except (nbformat.ValidationError, AttributeError, TypeError, KeyError):
        return None
    return node


def _put_back(cells: list[Any], frame: Sequence[Any]) -> None:
    """Put back cells that carry scores or comments, so that a person can grade them.

    Without any cell of the student's, the whole frame is put back.
    """
    empty = not cells
    present = [_name(cell) for cell in cells]
    place = 0
    for cell in frame:
        name = _name(cell)
        if name in present:
            place = present.index(name) + 1
        elif empty or is_scored(cell) or marked(cell, "solution"):
            own = copy.deepcopy(cell)
            own.setdefault("id", name[:64])  # old formats have none
            cells.insert(place, own)
            present.insert(place, name)
            place += 1


def _name(cell: Any) -> str:
    return str(cell.metadata.get("nbgrader", {}).get("grade_id") or cell.get("id"))
