"""What keeps a notebook from starting is said in one sentence that says what to do."""

from __future__ import annotations

import os
import sys

import pytest
from student_folder import SECOND, SOURCE, cells, code, run

FIRST = SOURCE / "fully_connected_nets.ipynb"


@pytest.mark.parametrize(("path", "cell"), [(FIRST, "setup"), (SECOND, "imports")])
def test_a_notebook_alone_in_a_folder_says_what_is_missing(path, cell, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(AssertionError) as told:
        run([cell], {}, code(path))
    assert str(told.value) == (
        "The folder `support` is not beside this notebook. Keep together the folder you were "
        "given, and open the notebook in it; README.md says how in Colab and VS Code."
    )


def test_an_old_python_is_told_before_anything_else(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 18))
    source = (SOURCE / "support" / "__init__.py").read_text()
    with pytest.raises(
        ImportError, match=r"needs Python 3\.11 or newer, and this kernel runs Python 3\.9: "
    ):
        exec(compile(source, "support", "exec"), {})


@pytest.mark.parametrize("mine", [True, False])
def test_a_folder_that_cannot_be_written_to_is_told_before_the_first_run(mine, monkeypatch, capsys):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.setattr(os, "access", lambda path, mode: mine)
    exec(compile((SOURCE / "support" / "__init__.py").read_text(), "support", "exec"), {})
    told = capsys.readouterr().out
    assert ("copy the whole folder to a place of your own" in told) is not mine


def test_a_record_that_cannot_be_written_stays_in_the_output(tmp_path, monkeypatch):
    from support import record

    shown = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: shown.append(bundle))
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    (tmp_path / "results").write_text("a file where the folder should be")
    record.save("test_mode", [], {"test": 0.5}, tmp_path / "results")
    assert shown[0][record.MIME]["measured"] == {"test": 0.5}
    assert "cannot be written" in shown[0]["text/plain"]
    assert "hand that in" in shown[0]["text/plain"]


def test_pictures_that_are_missing_are_told_without_a_traceback(tmp_path, monkeypatch):
    from support.data import NoDataError, load

    monkeypatch.chdir(tmp_path)
    with pytest.raises(NoDataError) as told:
        load()
    assert told.value._render_traceback_() == [
        "datasets/fashion_mnist.npz is not beside this notebook. It ships with the assignment: "
        "keep the folder datasets where the notebook is."
    ]


@pytest.mark.parametrize("path", [FIRST, SECOND])
def test_checks_are_one_folded_line_and_no_machinery_is_in_sight(path):
    for id_, cell in cells(path).items():
        if cell["cell_type"] != "code":
            continue
        checks = "visible_check(" in cell["source"] and "import" not in cell["source"]
        if checks and "def " not in cell["source"]:
            assert cell["source"].startswith("visible_check("), id_
            assert "\n" not in cell["source"], id_
        if cell["metadata"].get("nbgrader", {}).get("grade"):
            assert cell["metadata"]["jupyter"] == {"source_hidden": True}, id_
        for machinery in ("autograding", "shortened", "for net.reg", "NBGRADER"):
            assert machinery not in cell["source"], (id_, machinery)
