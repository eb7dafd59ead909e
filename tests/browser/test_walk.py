"""The assignment walked as a student walks it: JupyterLab, a browser, blanks filled in one by one.

The experiments run in full, as they do for a student. Where $WALK_PICTURES names a folder, pictures
of every plot, light and dark, are left in it for a person to look at.
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
from full_run import OF_THE_FIRST, OF_THE_SECOND, FullRun, plain
from machine import has_browser

pytest.importorskip("playwright", reason="the walk needs playwright, of the dev extra")
lab = pytest.importorskip("lab")

from playwright.sync_api import expect, sync_playwright  # noqa: E402

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not has_browser(), reason="no Chromium on this machine"),
]

ROOT = Path(__file__).parents[2]
FIRST, SECOND = "fully_connected_nets", "batch_normalization"
BONUS = "batchnorm_backward_alt"
FORMS = ("deep_net_report", "weight_scale_report")
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
def album() -> Path | None:
    """Where the pictures go, if anybody wants to see them."""
    return Path(os.environ["WALK_PICTURES"]) if "WALK_PICTURES" in os.environ else None


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


def unanswered(question: str) -> str:
    return f"{question} is not answered yet: write it in place of raise."


def standing(notebook: dict[str, Any], summary: str) -> dict[str, str]:
    """Return the last table: green, red or open by question."""
    (cell,) = (cell for cell in notebook["cells"] if cell["id"] == summary)
    lines = [line for output in cell["outputs"] for line in plain(output).splitlines()]
    return {line.split()[0]: line.split()[1] for line in lines}


def as_recorded(notebook: dict[str, Any], question: str, form: str) -> str:
    """Return a filled-in form with what its check says that the student's own record says.

    The solution's numbers were read off on one machine; training ends elsewhere on another.
    """
    (cell,) = (cell for cell in notebook["cells"] if cell["id"] == question)
    for line in "\n".join(map(plain, cell["outputs"])).splitlines():
        if found := re.match(r"(\w+) +wrong .* your record: (.+)$", line):
            field, said = found.groups()
            value = said if re.match(r"[\d.\[]", said) else repr(said)
            form, times = re.subn(
                rf'^( +"{field}": ).+?(,|,  #.*)$', rf"\g<1>{value}\2", form, flags=re.MULTILINE
            )
            assert times == 1
    return form


def not_green(notebook: dict[str, Any], summary: str) -> dict[str, str]:
    """Return what the last table says of the questions that it does not call green."""
    table = standing(notebook, summary)
    assert table
    return {question: word for question, word in table.items() if word != "green"}


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


def look_at_pictures(student: Any, album: Path | None) -> None:
    """Hold every picture to having words instead of it; take every plot in both themes."""
    for word, theme in THEMES.items() if album else ():
        student.use_theme(theme)
        student.photograph(album / student.name / word)
    speechless = [cell for cell, words in student.pictures() if len(words) < 20]
    assert not speechless, f"pictures without alternative text in {speechless}"


def move_the_slider(student: Any, album: Path | None) -> None:
    """Move through the twelve frames with the arrow keys, as somebody without a mouse does."""
    cell = student.cell("why-activations")
    slider = cell.locator("input[type=range]")
    shown = cell.locator("img:visible")
    expect(slider).to_be_visible()
    expect(shown).to_have_count(1)
    expect(cell.locator("output")).to_have_text("0.01")
    slider.focus()
    for _ in range(7):
        student.page.keyboard.press("ArrowRight")
    expect(cell.locator("output")).to_have_text("0.187")
    student.page.keyboard.press("End")
    expect(cell.locator("output")).to_have_text("1")
    expect(shown).to_have_count(1)
    if album:
        album.mkdir(parents=True, exist_ok=True)
        cell.screenshot(path=album / "slider-at-1.png")


def test_a_student_gets_from_blanks_to_the_end_in_jupyterlab(
    student: Any, album: Path | None
) -> None:
    answers = solved(FIRST)
    student.open(FIRST)
    notebook = student.run_all()
    assert where_it_stopped(notebook) is None
    assert not not_run(notebook)
    expect(student.cell("affine_forward")).to_contain_text(unanswered("affine_forward"))
    expect(student.cell("first_runs")).to_contain_text(unanswered("two_layer_net"))
    table = standing(notebook, "every_check")
    assert list(table) == list(answers)
    assert set(table.values()) == {"open"}

    lines = ["out = x.reshape(x.shape[0], -1) @ w + b", "cache = (x, w, b)"]
    student.type_instead_of_stub("affine_forward_answer", lines)
    student.type_instead_of_stub("relu_forward_answer", ["out = np.abs(x)", "cache = x"])
    notebook = student.run_all()
    assert where_it_stopped(notebook) is None
    expect(student.cell("affine_forward")).to_contain_text("every visible check passes")
    expect(student.cell("relu_forward")).to_contain_text(
        "Your numbers are those of the absolute value."
    )
    table = standing(notebook, "every_check")
    assert (table["affine_forward"], table["relu_forward"]) == ("green", "red")

    for question in answers.keys() - {"affine_forward"}:
        student.fill_in(f"{question}_answer", answers[question])
    notebook = student.restart_and_run_all()
    assert where_it_stopped(notebook) is None
    assert not not_run(notebook)
    assert not warnings(notebook)
    assert not_green(notebook, "every_check") == {}
    assert FullRun.saved(student.folder / f"{FIRST}.ipynb").breaks(OF_THE_FIRST) == {}
    look_at_pictures(student, album)

    answers = solved(SECOND)
    student.open(SECOND)
    student.fill_in("batchnorm_forward_answer", answers.pop("batchnorm_forward"))
    wrong_gate = answers["batchnorm_backward"].replace("dstd / (2 * std)", "dstd / std")
    student.fill_in("batchnorm_backward_answer", wrong_gate)
    notebook = student.run_all()  # no bonus and no net yet, which stops nobody
    assert where_it_stopped(notebook) is None
    assert not not_run(notebook)
    expect(student.cell("batchnorm_backward")).to_contain_text("It comes back through gate 5.")
    if album:
        student.photograph(album / "wrong")
    expect(student.cell(BONUS)).to_contain_text("you may go on without it")
    expect(student.cell("deep-net-run")).to_contain_text(unanswered("batchnorm_net"))
    expect(student.cell("deep_net_report")).to_contain_text("fill in the form above")
    move_the_slider(student, album)

    for question, answer in answers.items():
        student.fill_in(f"{question}_answer", answer)
    notebook = student.restart_and_run_all()
    assert where_it_stopped(notebook) is None
    assert not not_run(notebook)
    assert not warnings(notebook)
    assert not_green(notebook, "every-check").keys() <= {*FORMS}
    for form in FORMS:
        student.fill_in(f"{form}_answer", as_recorded(notebook, form, answers[form]))
    notebook = student.run_cells(*[f"{form}_answer" for form in FORMS], *FORMS, "every-check")
    assert not_green(notebook, "every-check") == {}
    assert FullRun.saved(student.folder / f"{SECOND}.ipynb").breaks(OF_THE_SECOND) == {}
    look_at_pictures(student, album)
