"""What people look at after grading: `autograded/<student>/<assignment>/`.

The student's cells in the release's frame, with the outputs of the sandboxed run and, in
the metadata of each check cell, the question's result. formgrader shows it; feedback is
made from it.
"""

from __future__ import annotations

import copy
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import nbformat
from nbformat.v4.nbbase import validate
from nbgrader.preprocessors import LimitOutput
from nbgrader.utils import find_all_files, is_grade, is_solution, is_task

from autograder.assignment import find
from autograder.course.course import Course, notebook_paths
from autograder.course.nbgrader_view import LEFT_BEHIND, course_directory
from autograder.gradebook.beside import harmless
from autograder.gradebook.panel import beside, model_answers
from autograder.gradebook.shown import Shown
from autograder.model import QuestionScore
from autograder.release.regions import HIDDEN_TESTS, public_part
from autograder.submission.frame import Cell, Notebook, read_released
from autograder.submission.intake import Submission, read_submission

if TYPE_CHECKING:
    from autograder.grading.graded import GradedSubmission

RESULT_KEY = "result"
"""In `metadata.autograder` of a check cell: its `QuestionScore`, as JSON."""
READ_ONLY = 0o444
"""As nbgrader leaves autograded files."""


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
    result = nbformat.v4.new_notebook(cells=cells, metadata=copy.deepcopy(frame.metadata))
    result.metadata["autograder"] = {"status": str(grade.status), "problems": list(grade.problems)}
    if grade.classic:
        result.metadata["autograder"]["verdicts_from"] = grade.verdicts_from
    LimitOutput().preprocess(result, {})
    return result


def result_of(cell: Any) -> QuestionScore | None:
    """The question's result that `autograded_notebook` put into a check cell."""
    result = cell.metadata.get("autograder", {}).get(RESULT_KEY)
    return None if result is None else msgspec.convert(result, QuestionScore)


def is_scored(cell: Any) -> bool:
    """Whether the gradebook has a score for this cell: a graded one, or a task."""
    return bool(is_grade(cell) or is_task(cell))


def hide_tests(notebook: Any) -> None:
    """Take the hidden tests out of the test cells of an ordinary nbgrader assignment.

    Their outputs go too: a traceback quotes the tests, and what an answer prints shows their
    inputs. A task's mark scheme stays, as nbgrader says it does.
    """
    for cell in notebook.cells:
        if is_grade(cell) and not is_solution(cell) and HIDDEN_TESTS[0] in cell.source:
            cell.source = public_part(cell.source)
            if cell.cell_type == "code":
                cell.outputs = []


def write_autograded(
    course: Course, student: str, graded: GradedSubmission, submitted: Path
) -> Path:
    """Write a submission's `autograded/` folder as nbgrader does: files, notebooks, read-only."""
    grade = graded.grade
    target = course.root / "autograded" / student / grade.assignment
    fresh = target.with_name(f".{target.name}.new")
    for folder in (fresh, target):
        shutil.rmtree(folder, ignore_errors=True)
    release = course.release(grade.assignment)
    submission = read_submission(submitted, release)
    # Of a grade that is withheld because grading broke down there are no notebooks.
    notebooks = graded.notebooks or submission.notebooks
    answers = model_answers(course, grade.assignment)
    write_beside(course, grade.assignment, submission, fresh)
    for path in notebook_paths(release):
        frame = read_released(path)
        own = notebooks.get(path.stem)
        result = autograded_notebook(frame, own, graded, path.stem, answers)
        _write(fresh / path.name, f"{nbformat.writes(result)}\n".encode())
    fresh.rename(target)
    return target


def write_beside(course: Course, assignment: str, submission: Submission, folder: Path) -> None:
    """Write what lies beside the notebooks: the student's files, and the source's over them."""
    for name, raw in harmless(submission.files).items():
        _write(folder / name, raw)
    source = course.source(assignment)
    ignored = [*course_directory(course.root).ignore, *LEFT_BEHIND, "*.ipynb"]
    ignored += find(course, assignment).settings.leaves_behind
    for path in find_all_files(str(source), ignored):
        _write(folder / Path(path).relative_to(source), Path(path).read_bytes())


def _write(path: Path, raw: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_bytes(raw)
    path.chmod(READ_ONLY)


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
    if cell.type == "code":
        sound = [output for output in map(_sound, outputs) if output is not None]
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
        elif empty or is_scored(cell) or is_solution(cell):
            cells.insert(place, copy.deepcopy(cell))
            present.insert(place, name)
            place += 1


def _name(cell: Any) -> str:
    return str(cell.metadata.get("nbgrader", {}).get("grade_id") or cell.get("id"))
