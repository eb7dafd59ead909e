"""Functions of one notebook are used in another: their cells run, and nothing else does."""

from __future__ import annotations

import json
import traceback

import pytest
import student_folder  # noqa: F401 - makes `support` importable
from support.notebooks import load_answers


def write(folder, *cells, name="first.ipynb"):
    """A notebook of (id, source) cells."""
    content = [
        {"cell_type": "code", "id": id_, "metadata": {}, "source": source, "outputs": []}
        for id_, source in cells
    ]
    notebook = {"cells": content, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (folder / name).write_text(json.dumps(notebook))


def load(folder, *names, into=None):
    into = {} if into is None else into
    return load_answers("first", names, into, folder), into


RIGHT = "def double(x):\n    return 2 * x\n"
BLANK = (
    'def double(x):\n    """Twice."""\n    raise NotImplementedError("double is not answered")\n'
)


def test_only_cells_that_define_a_wanted_name_run(tmp_path):
    write(
        tmp_path,
        ("setup", "raise RuntimeError('a cell that must not run')"),
        ("double_answer", RIGHT),
        ("double", "assert double(2) == 4\nraise RuntimeError"),
        ("train", "trained = True"),
    )
    missing, names = load(tmp_path, "double")
    assert not missing
    assert names["double"](3) == 6
    assert "trained" not in names


def test_functions_use_the_names_of_the_caller(tmp_path):
    write(tmp_path, ("double_answer", "def double(x):\n    return two * x\n"))
    _, names = load(tmp_path, "double", into={"two": 2})
    assert names["double"](3) == 6


def test_one_sentence_says_that_all_is_there(tmp_path, capsys):
    write(tmp_path, ("double_answer", RIGHT))
    load(tmp_path, "double")
    assert capsys.readouterr().out == "Loaded from first.ipynb: double.\n"


def test_a_missing_function_is_named_and_says_so_when_called(tmp_path, capsys):
    write(tmp_path, ("double_answer", RIGHT))
    missing, names = load(tmp_path, "double", "triple")
    assert missing == ["triple"]
    assert "triple is missing" in capsys.readouterr().out
    with pytest.raises(NotImplementedError, match=r"^triple is missing: see first\.ipynb$"):
        names["triple"](1)


def test_a_stub_counts_as_not_answered(tmp_path, capsys):
    write(tmp_path, ("double_answer", BLANK))
    missing, names = load(tmp_path, "double")
    assert missing == ["double"]
    assert "double is not answered yet" in capsys.readouterr().out
    with pytest.raises(NotImplementedError, match=r"^double is not answered yet"):
        names["double"](1)


def test_an_answer_elsewhere_counts_where_the_stub_was_left_alone(tmp_path):
    write(tmp_path, ("double_answer", BLANK), ("mine", RIGHT))
    missing, names = load(tmp_path, "double")
    assert not missing
    assert names["double"](3) == 6


def test_without_ids_the_last_definition_counts(tmp_path):
    old = "def double(x):\n    return x\n"
    content = {"cells": [{"cell_type": "code", "source": [old]}] * 2}
    content["cells"].append({"cell_type": "code", "source": RIGHT.splitlines(keepends=True)})
    (tmp_path / "first.ipynb").write_text(json.dumps(content))
    _, names = load(tmp_path, "double")
    assert names["double"](3) == 6


def test_the_answer_cell_counts_before_other_definitions(tmp_path):
    write(tmp_path, ("double_answer", RIGHT), ("try", "def double(x):\n    return x\n"))
    _, names = load(tmp_path, "double")
    assert names["double"](3) == 6


def test_grade_ids_are_as_good_as_cell_ids(tmp_path):
    cell = {
        "cell_type": "code",
        "source": RIGHT,
        "metadata": {"nbgrader": {"grade_id": "double_answer"}},
    }
    (tmp_path / "first.ipynb").write_text(json.dumps({"cells": [cell]}))
    assert load(tmp_path, "double")[0] == []


def test_a_renamed_notebook_is_found_by_its_answer_cells(tmp_path):
    write(tmp_path, ("other", RIGHT), name="a_draft.ipynb")
    write(tmp_path, ("double_answer", RIGHT), name="first (1).ipynb")
    assert load(tmp_path, "double")[0] == []


def test_magics_and_shell_lines_are_left_out(tmp_path):
    write(tmp_path, ("double_answer", "%matplotlib inline\n!pip list\n" + RIGHT))
    assert load(tmp_path, "double")[0] == []


def test_an_answer_that_does_not_load_is_told_and_costs_no_other(tmp_path, capsys):
    broken = "def triple(x)\n    return 3 * x\n"
    write(tmp_path, ("triple_answer", broken), ("double_answer", RIGHT))
    missing, names = load(tmp_path, "triple", "double")
    assert missing == ["triple"]
    assert "triple cannot be loaded (SyntaxError" in capsys.readouterr().out
    assert names["double"](3) == 6


def test_lines_below_a_definition_that_fail_do_no_harm(tmp_path):
    write(tmp_path, ("double_answer", RIGHT + "print(double(x_of_the_other_notebook))\n"))
    missing, names = load(tmp_path, "double")
    assert not missing
    assert names["double"](3) == 6


@pytest.mark.parametrize("content", ["", "not json", "[]", '{"cells": 3}', '{"cells": [null]}'])
def test_a_file_that_is_no_notebook_holds_nothing(tmp_path, content):
    (tmp_path / "first.ipynb").write_text(content)
    assert load(tmp_path, "double")[0] == ["double"]


def test_no_notebook_at_all_is_no_error_and_told(tmp_path, capsys):
    assert load(tmp_path, "double")[0] == ["double"]
    assert capsys.readouterr().out.startswith("There is no first.ipynb beside this notebook: ")


def test_a_copy_beside_an_empty_original_is_told_by_name(tmp_path, capsys):
    write(tmp_path, ("double_answer", BLANK))
    write(tmp_path, ("double_answer", RIGHT), name="first-Copy1.ipynb")
    assert load(tmp_path, "double")[0] == ["double"]
    told = capsys.readouterr().out
    assert (
        "double is not answered yet, but first-Copy1.ipynb has it: save that one as first.ipynb"
        in told
    )


def test_an_error_in_a_loaded_function_shows_its_line(tmp_path):
    write(tmp_path, ("double_answer", "def double(x):\n    return x / 0  # oh dear\n"))
    _, names = load(tmp_path, "double")
    try:
        names["double"](1)
    except ZeroDivisionError:
        text = traceback.format_exc()
    assert "<first: double>" in text
    assert "return x / 0  # oh dear" in text


# What an answer uses

USES = "def double(x):\n    return rows(x) * FACTOR\n"
HELPER = "import numpy as arrays\ndef rows(x):\n    return arrays.asarray(x).reshape(-1)\n"


def test_functions_imports_and_constants_of_other_cells_come_along(tmp_path, capsys):
    write(
        tmp_path,
        ("own", "print('an experiment')\n" + HELPER + "raise RuntimeError('must not run')"),
        ("numbers", "FACTOR = 2.0 * 1\nresult = rows([1]) * FACTOR\n"),
        ("double_answer", USES),
    )
    missing, names = load(tmp_path, "double")
    assert not missing
    assert names["double"]([[1, 2]]).tolist() == [2, 4]
    assert "result" not in names
    loaded = "Loaded from first.ipynb: double, and what they use: arrays, rows, FACTOR.\n"
    assert capsys.readouterr().out == loaded


def test_a_helper_that_changed_is_loaded_again(tmp_path):
    write(tmp_path, ("own", HELPER), ("numbers", "FACTOR = 2"), ("double_answer", USES))
    _, names = load(tmp_path, "double")
    write(tmp_path, ("own", HELPER), ("numbers", "FACTOR = 3"), ("double_answer", USES))
    load(tmp_path, "double", into=names)
    assert names["double"]([1]).tolist() == [3]


@pytest.mark.parametrize(
    ("own", "told"),
    [
        ("", "double uses rows, which no cell there makes."),
        (
            "rows = train(lambda x: x)",
            "double uses rows, which is there only after a cell has run: make it in the function.",
        ),
        ("import no_such_module as rows", "rows cannot be loaded (ModuleNotFoundError: "),
    ],
)
def test_what_cannot_come_along_is_told_at_once(tmp_path, capsys, own, told):
    write(tmp_path, ("own", own), ("numbers", "FACTOR = 2"), ("double_answer", USES))
    assert load(tmp_path, "double")[0] == []
    assert f"\nIn first.ipynb {told}" in capsys.readouterr().out


def test_a_helper_whose_name_is_taken_is_told(tmp_path, capsys):
    write(tmp_path, ("own", HELPER), ("double_answer", "def double(x):\n    return rows(x)\n"))
    load(tmp_path, "double", into={"rows": print})
    told = "double uses your rows, but in this notebook rows is something else"
    assert told in capsys.readouterr().out


def test_a_copy_of_a_helper_in_this_notebook_is_fine(tmp_path, capsys):
    write(tmp_path, ("own", HELPER), ("double_answer", "def double(x):\n    return rows(x)\n"))
    into = {}
    exec(HELPER, into)
    load(tmp_path, "double", into=into)
    assert capsys.readouterr().out == "Loaded from first.ipynb: double.\n"


def test_an_error_in_a_helper_shows_its_line(tmp_path):
    helper = "\ndef rows(x):\n    return x / 0  # oh dear\n"
    write(tmp_path, ("own", helper), ("double_answer", "def double(x):\n    return rows(x)\n"))
    _, names = load(tmp_path, "double")
    with pytest.raises(ZeroDivisionError) as raised:
        names["double"](1)
    text = "".join(traceback.format_exception(raised.value))
    assert 'File "<first: own>", line 2' in text
    assert "return x / 0  # oh dear" in text
