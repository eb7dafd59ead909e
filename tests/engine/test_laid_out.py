"""Workers lay graded notebooks out, and load little for it."""

from __future__ import annotations

import json
import subprocess
import sys

import nbformat
from nbgrader.preprocessors import LimitOutput

from autograder.gradebook import autograded
from autograder.gradebook.autograded import MOST_LINES, MOST_LINES_OF_ERROR
from autograder.gradebook.shown import Shown
from autograder.submission.frame import Cell


def notebook(*outputs: dict[str, object]) -> nbformat.NotebookNode:
    cell = nbformat.v4.new_code_cell(outputs=[nbformat.from_dict(output) for output in outputs])
    cell.id = "a"
    return nbformat.v4.new_notebook(cells=[cell])


def printed(lines: int) -> dict[str, object]:
    return {"output_type": "stream", "name": "stdout", "text": "x\n" * (lines - 1) + "x"}


def raised(lines: int) -> dict[str, object]:
    error = {"output_type": "error", "ename": "E", "evalue": "e"}
    return error | {"traceback": [str(n) for n in range(lines)]}


def test_outputs_are_cut_where_nbgrader_cuts_them():
    assert LimitOutput().max_lines == MOST_LINES
    assert LimitOutput().max_traceback == MOST_LINES_OF_ERROR
    for outputs in (
        [printed(MOST_LINES)],
        [printed(MOST_LINES + 1)],
        [printed(MOST_LINES - 1), printed(2)],
        [raised(MOST_LINES_OF_ERROR)],
        [raised(MOST_LINES_OF_ERROR + 1)],
    ):
        theirs = LimitOutput().preprocess(notebook(*outputs), {})[0]
        assert autograded._limited(notebook(*outputs)) == theirs


def test_a_notebook_is_written_as_nbformat_writes_it():
    own = notebook(printed(3), raised(2))
    own.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Zürich 💡",
        "language": "python",
    }
    written = autograded._written(nbformat.from_dict(own))
    assert written.decode() == nbformat.writes(own) + "\n"
    assert json.loads(written)


def test_a_picture_that_the_course_pasted_stays_in_its_own_words_alone():
    given = nbformat.v4.new_markdown_cell("![a](attachment:a.png)", id="a")
    given["attachments"] = {"a.png": {"image/png": "AAAA"}}
    for source, there in ((given.source, True), ("mine ![a](attachment:a.png)", False)):
        cell = Cell("a", "markdown", source, True, given.source)
        laid_out = autograded._laid_out(cell, {"a": given}, [], Shown())
        assert ("attachments" in laid_out, "![" in laid_out.source) == (there, there)


def test_a_worker_loads_no_nbgrader():
    look = "import sys, autograder.classroom.preload as p; print('nbgrader' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False"
