"""A visible check says green, red or open in a notebook, and never stops it."""

from __future__ import annotations

import re

import numpy as np
import pytest
import student_folder  # noqa: F401 - makes `support` importable
from support.experiment import NotRun, experiment
from support.rows import Row, table
from support.text import RED, as_html, coloured
from support.visible import NOTEBOOKS, QUESTIONS, summary, visible_check

RIGHT = "def relu_forward(x):\n    return np.maximum(0, x), x\n"
WRONG = "def relu_forward(x):\n    return np.abs(x), x\n"
RAISES = "def relu_forward(x):\n    return x.nothing\n"
OPEN = "def relu_forward(x):\n    raise NotImplementedError('relu_forward is not answered yet.')"


@pytest.fixture(autouse=True)
def a_student(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)


def names(source: str) -> dict:
    found: dict = {"np": np}
    exec(source, found)
    return found


@pytest.mark.parametrize(
    ("source", "last"),
    [
        (RIGHT, "relu_forward: every visible check passes."),
        (WRONG, "relu_forward: out[0, 0] is 2 and should be 0. Your numbers are those of the "
         "absolute value. (and 1 more)"),
        (RAISES, "relu_forward: It raises AttributeError: 'numpy.ndarray' object has no attribute "
         "'nothing'."),
        (OPEN, "relu_forward is not answered yet."),
        ("", "relu_forward is open: `relu_forward` is not there, run the cells above."),
    ],
)  # fmt: skip
def test_its_last_line_says_how_the_question_stands(source, last, capsys):
    visible_check("relu_forward", names(source))
    assert capsys.readouterr().out.splitlines()[-1] == last


def test_a_table_tells_the_verdict_before_the_numbers_and_leaves_empty_columns_out():
    rows = [Row("dx[0]", "1", "2", "3e-01", "dx is wrong."), Row("db", "no", "a longer one")]
    assert table(rows).splitlines() == [
        "        verdict   yours       expected   error",
        "dx[0]   wrong         1              2   3e-01",
        "db      ok           no   a longer one",
    ]
    assert "error" not in table(rows[1:])


def test_a_notebook_shows_tables_in_a_box_of_their_own_and_sentences_in_whole_words(monkeypatch):
    shown = []
    monkeypatch.setattr("support.text.in_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: shown.append(bundle))
    visible_check("relu_forward", names(WRONG))
    box, sentence = (bundle["text/html"] for bundle in shown)
    assert "white-space: pre; overflow-x: auto" in box
    assert "white-space: pre-wrap" in sentence
    assert "word-break: normal" in sentence
    assert shown[0]["text/plain"].splitlines()[1].split()[2] == "wrong"
    assert "absolute value" in shown[1]["text/plain"]


def test_html_has_colours_of_its_own_and_shows_what_is_written(monkeypatch):
    monkeypatch.delenv("NO_COLOR")
    html = as_html(f"a < b: {coloured('<b>wrong</b>', RED)}", columns=True)
    assert re.search(r'a &lt; b: <span style="[^"]+">&lt;b&gt;wrong&lt;/b&gt;</span></pre>$', html)


@pytest.mark.parametrize("mode", ["autograde", "validate"])
@pytest.mark.parametrize("source", [WRONG, RAISES, OPEN])
def test_nbgrader_knows_a_wrong_check_by_its_exception(source, mode, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", mode)
    with pytest.raises((AssertionError, NotImplementedError), match=r"^relu_forward"):
        visible_check("relu_forward", names(source))
    visible_check("relu_forward", names(RIGHT))


def test_the_last_table_has_a_line_for_each_question(capsys):
    summary("fully_connected_nets", names(WRONG))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(NOTEBOOKS["fully_connected_nets"])
    assert lines[2].split()[:2] == ["relu_forward", "red"]
    assert all(line.split()[1] == "open" for line in lines if "relu_forward" not in line[:12])


def test_an_open_bonus_is_called_a_bonus(capsys):
    summary("batch_normalization", {})
    (bonus,) = (line for line in capsys.readouterr().out.splitlines() if "_alt" in line)
    assert "open (a bonus)" in " ".join(bonus.split())


def test_every_question_has_a_look_that_names_its_answer():
    listed = {question for questions in NOTEBOOKS.values() for question in questions}
    assert listed < set(QUESTIONS)


def test_an_experiment_runs_at_once_and_its_name_is_its_result():
    @experiment
    def found():
        return 7

    assert found == 7


def test_an_experiment_that_raises_is_told_and_what_builds_on_it_too(capsys):
    @experiment
    def trained():
        raise NotImplementedError("two_layer_net is not answered yet.")

    @experiment
    def measured():
        return trained.accuracy

    @experiment
    def broken():
        return 1 / 0

    assert isinstance(measured, NotRun)
    assert capsys.readouterr().out.splitlines() == [
        "trained did not run. two_layer_net is not answered yet.",
        "measured did not run. It needs trained, which has not run.",
        "broken did not run to its end. ZeroDivisionError: division by zero.",
    ]


@pytest.mark.parametrize("use", [lambda r: r[0], list, len, lambda r: r(), lambda r: r.x])
def test_a_result_that_is_not_there_says_so_however_it_is_used(use):
    with pytest.raises(NotImplementedError, match=r"^It needs sweep, which has not run\.$"):
        use(NotRun("sweep"))


def test_experiments_are_left_out_while_autograding(monkeypatch, capsys):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")

    @experiment
    def sweep():
        raise RuntimeError

    assert repr(sweep) == "<sweep has not run>"
    assert capsys.readouterr().out == ""
