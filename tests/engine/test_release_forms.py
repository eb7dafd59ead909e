"""Forms of a solution are filled in from the record they are held against."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_notebook, new_output

from autograder.release.forms import fill_in, filled

FORM = """# Écrit à la main.
answers = {
    "accuracy": 0.5,  # after the last epoch
    "scales": [
        0.1,
        0.2,
    ],
    "letter": "A", "thought": 1_000,
}
other = {"accuracy": 0.5}
"""


def test_the_fields_of_the_one_dictionary_are_set_and_nothing_else_changes() -> None:
    fields = {"accuracy": 0.25, "scales": [0.3], "letter": "é", "unknown": 3}
    assert (
        filled(FORM, "answers", fields)
        == """# Écrit à la main.
answers = {
    "accuracy": 0.25,  # after the last epoch
    "scales": [0.3],
    "letter": "é", "thought": 1_000,
}
other = {"accuracy": 0.5}
"""
    )


class Reader:
    """Records are plain numbers under a type of their own."""

    @staticmethod
    def collect(found: Any, notebooks: Any) -> dict[str, list[Any]]:
        outputs = [one for cells in notebooks for cell in cells for one in cell.outputs]
        return {"run": [one["data"]["application/x"] for one in outputs]}

    @staticmethod
    def parse_all(handed_in: Any) -> Any:
        return {name: float(copies[0]) for name, copies in handed_in.items() if copies}


def assignment(fills: Any) -> Any:
    question = SimpleNamespace(kind="form", answer="form_answer", defines="answers")
    return SimpleNamespace(
        settings=SimpleNamespace(records=Reader, fills=fills), questions=(question,)
    )


def written(folder: Path, *records: float) -> Path:
    """A notebook with a form, and a cell that left these records."""
    folder.mkdir()
    outputs = [new_output("display_data", {"application/x": str(record)}) for record in records]
    cells = [new_code_cell("run()", outputs=outputs), new_code_cell(FORM, id="form_answer")]
    nbformat.write(new_notebook(cells=cells), folder / "nb.ipynb")
    return folder


def form_in(folder: Path) -> str:
    return str(nbformat.read(folder / "nb.ipynb", as_version=4).cells[1].source)


def fills(records: dict[str, Any]) -> dict[str, Any]:
    return {"answers": {"accuracy": records["run"]} if "run" in records else {}}


def test_a_form_follows_the_record_in_the_outputs_of_its_own_notebook(tmp_path: Path) -> None:
    folder = written(tmp_path / "executed", 0.75)
    assert fill_in(assignment(fills), folder, recorded=folder) == ["nb"]
    assert form_in(folder) == FORM.replace("0.5,", "0.75,")
    assert fill_in(assignment(fills), folder, recorded=folder) == []


def test_without_a_record_or_somebody_to_read_it_a_form_stays_as_it_is(tmp_path: Path) -> None:
    folder = written(tmp_path / "executed")
    before = (folder / "nb.ipynb").read_bytes()
    fill_in(assignment(fills), folder, recorded=folder)
    fill_in(assignment(fills), folder, recorded=tmp_path / "nowhere")
    fill_in(assignment(None), folder, recorded=written(tmp_path / "other", 0.75))
    assert (folder / "nb.ipynb").read_bytes() == before
