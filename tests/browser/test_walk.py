"""The assignment walked as a student walks it: JupyterLab, a browser, blanks filled in one by one.

The experiments run in full, as they do for a student. Pictures of every plot, light and dark,
are left in pytest's temporary folder, or in $WALK_PICTURES.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

pytest.importorskip("playwright", reason="the walk needs playwright, of the dev extra")
lab = pytest.importorskip("lab")

from playwright.sync_api import expect, sync_playwright  # noqa: E402

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(lab.browser_path() is None, reason="no Chromium on this machine"),
]

ROOT = Path(__file__).parents[2]
FIRST, SECOND = "fully_connected_nets", "batch_normalization"
BONUS = "batchnorm_backward_alt"
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A student's copy of the release."""
    return Path(shutil.copytree(ROOT / "release" / "batchnorm", tmp_path / "batchnorm"))


@pytest.fixture
def student(folder: Path, tmp_path: Path) -> Iterator[Any]:
    """Somebody who sits before JupyterLab, opened in the folder."""
    home = tmp_path / "home"
    home.mkdir()
    with (
        lab.jupyterlab(folder, home) as address,
        sync_playwright() as playwright,
        lab.chromium(playwright) as browser,
    ):
        context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
        context.set_default_timeout(15_000)
        yield lab.Lab(context.new_page(), address, folder)


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Where the pictures go."""
    return Path(os.environ.get("WALK_PICTURES", tmp_path / "pictures"))


def solved(notebook: str) -> dict[str, str]:
    """Return the solved source of every code answer cell by the question's id, in order."""
    cells = nbformat.read(ROOT / "source" / "batchnorm" / f"{notebook}.ipynb", 4).cells
    marks = re.compile(r"^ *### (BEGIN|END) SOLUTION\n?", re.MULTILINE)
    return {
        cell.id.removesuffix("_answer"): marks.sub("", cell.source).rstrip()
        for cell in cells
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution")
    }


def where_it_stopped(notebook: dict[str, Any]) -> tuple[str, str] | None:
    """Return the first cell with an error and what the error says, or None."""
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            if output["output_type"] == "error":
                return cell["id"], f"{output['ename']}: {output['evalue']}"
    return None


def unanswered(question: str) -> tuple[str, str]:
    sentence = f"{question} is not answered yet: fill in the cell above the check."
    return question, f"NotImplementedError: {sentence}"


def warnings(notebook: dict[str, Any]) -> list[str]:
    return [
        f"{cell['id']}: {''.join(output['text'])}"
        for cell in notebook["cells"]
        for output in cell.get("outputs", [])
        if output.get("name") == "stderr"
    ]


def not_run(notebook: dict[str, Any]) -> list[str]:
    code = (cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    return [cell["id"] for cell in code if cell["execution_count"] is None]


def look_at_pictures(student: Any, album: Path) -> None:
    """Take every plot in both themes, and hold every picture to having words instead of it."""
    for word, theme in THEMES.items():
        student.use_theme(theme)
        student.photograph(album / student.name / word)
    speechless = [cell for cell, words in student.pictures() if len(words) < 20]
    assert not speechless, f"pictures without alternative text in {speechless}"


def test_a_student_gets_from_blanks_to_the_end_in_jupyterlab(student: Any, album: Path) -> None:
    answers = solved(FIRST)
    student.open(FIRST)
    notebook = student.run_all()
    assert where_it_stopped(notebook) == unanswered("affine_forward")
    sentence = unanswered("affine_forward")[1]
    expect(student.cell("affine_forward")).to_contain_text(sentence)
    assert "relu_forward" in not_run(notebook)

    lines = ["out = x.reshape(x.shape[0], -1) @ w + b", "cache = (x, w, b)"]
    student.type_instead_of_stub("affine_forward_answer", lines)
    assert where_it_stopped(student.run_all()) == unanswered("affine_backward")
    expect(student.cell("affine_forward")).to_contain_text("every visible check passes")

    student.fill_in("affine_backward_answer", answers.pop("affine_backward"))
    student.type_instead_of_stub("relu_forward_answer", ["out = np.maximum(0, x)", "cache = x"])
    assert where_it_stopped(student.run_all()) == unanswered("relu_backward")

    for question in answers.keys() - {"affine_forward", "relu_forward"}:
        student.fill_in(f"{question}_answer", answers[question])
    notebook = student.restart_and_run_all()
    assert where_it_stopped(notebook) is None
    assert not not_run(notebook)
    assert not warnings(notebook)
    look_at_pictures(student, album)

    answers = solved(SECOND)
    student.open(SECOND)
    assert where_it_stopped(student.run_all()) == unanswered("batchnorm_forward")

    for question in ("batchnorm_forward", "batchnorm_backward", "batchnorm_net"):
        student.fill_in(f"{question}_answer", answers.pop(question))
    notebook = student.run_all()  # the bonus is left blank, and stops nobody
    stopped = where_it_stopped(notebook)
    assert stopped is not None
    assert stopped[0] == "deep_net_report"
    assert "deep_net_report" in stopped[1]
    expect(student.cell(BONUS)).to_contain_text("you may go on without it")

    for question, answer in answers.items():
        student.fill_in(f"{question}_answer", answer)
    notebook = student.restart_and_run_all()
    assert where_it_stopped(notebook) is None
    assert not not_run(notebook)
    assert not warnings(notebook)
    look_at_pictures(student, album)
