"""What a student hands in is put back into the release's frame."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograder.errors import UsageError
from autograder.submission.intake import MAX_CELLS, Submission, read_submission

Cells = list[dict[str, Any]]


def cell(id_: str, source: str, *, kind: str = "code", **flags: Any) -> dict[str, Any]:
    ours = {"grade_id": id_, "schema_version": 3, "task": False, **flags} if flags else None
    metadata = {"nbgrader": ours} if ours else {}
    return {"id": id_, "cell_type": kind, "source": source, "metadata": metadata} | (
        {"outputs": [], "execution_count": None} if kind == "code" else {}
    )


LOCKED = {"grade": False, "solution": False, "locked": True}
CHECK = {"grade": True, "solution": False, "locked": True, "points": 4}
ANSWER = {"grade": False, "solution": True, "locked": False}


def released_cells() -> Cells:
    return [
        cell("setup", "import numpy as np", **LOCKED),
        cell("why", "Prose.", kind="markdown"),
        cell("f_answer", "raise NotImplementedError", **ANSWER),
        cell("f", "assert f() == 1", **CHECK),
        cell("tools", "def tool(): return 2", **LOCKED),
    ]


def write(path: Path, cells: Cells, **top: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5} | top)
    )
    return path


@pytest.fixture
def release(tmp_path: Path) -> Path:
    write(tmp_path / "release" / "nb.ipynb", released_cells())
    support = tmp_path / "release" / "support"
    support.mkdir()
    (support / "data.py").write_text("ours = True\n")
    return tmp_path / "release"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "submitted").mkdir()
    return tmp_path / "submitted"


def read(folder: Path, release: Path, cells: Cells, name: str = "nb") -> Submission:
    write(folder / f"{name}.ipynb", cells)
    return read_submission(folder, release)


def sources(submission: Submission) -> list[str]:
    return [cell.source for cell in submission.notebooks["nb"].cells]


def test_an_untouched_release_comes_back_as_it_was(folder: Path, release: Path) -> None:
    submission = read(folder, release, released_cells())
    assert sources(submission) == [cell["source"] for cell in released_cells()]
    assert submission.problems == []


def test_a_changed_locked_cell_is_restored(folder: Path, release: Path) -> None:
    cells = released_cells()
    cells[0]["source"] = "import cheat as np"
    cells[3]["source"] = "pass"
    assert sources(read(folder, release, cells))[0] == "import numpy as np"
    assert sources(read(folder, release, cells))[3] == "assert f() == 1"


def test_a_deleted_locked_cell_returns_after_its_predecessor(folder: Path, release: Path) -> None:
    cells = [c for c in released_cells() if c["id"] not in ("setup", "tools")]
    submission = read(folder, release, cells)
    assert sources(submission)[0] == "import numpy as np"
    assert sources(submission)[-1] == "def tool(): return 2"
    assert any("'setup' was missing" in problem for problem in submission.problems)


def test_of_a_duplicated_answer_the_last_counts_and_both_run(folder: Path, release: Path) -> None:
    cells = released_cells()
    cells[2]["source"] = "f = lambda: 0"
    cells.insert(3, cell("f_answer", "f = lambda: 1", **ANSWER))
    notebook = read(folder, release, cells).notebooks["nb"]
    assert notebook.answer("f_answer") == "f = lambda: 1"
    assert "f = lambda: 0" in [c.source for c in notebook.cells]


def test_tags_points_and_types_in_the_metadata_have_no_effect(folder: Path, release: Path) -> None:
    honest = read(folder, release, released_cells()).notebooks["nb"]
    cells = released_cells()
    cells[2]["cell_type"] = "raw"
    cells[2]["metadata"]["tags"] = ["skip-execution"]
    cells[3]["metadata"]["nbgrader"] |= {"points": 400, "grade": False, "locked": False}
    assert read(folder, release, cells).notebooks["nb"] == honest


def test_extra_cells_stay_where_the_student_put_them(folder: Path, release: Path) -> None:
    cells = released_cells()
    cells.insert(2, cell("mine", "helper = 3"))
    assert sources(read(folder, release, cells))[2] == "helper = 3"


def test_cells_are_recognized_without_their_metadata(folder: Path, release: Path) -> None:
    cells = released_cells()
    for one in cells:
        one["metadata"] = {}
    assert read(folder, release, cells).notebooks["nb"].answer("f") == "assert f() == 1"


def test_cells_without_ids_and_metadata_are_recognized_by_their_source(
    folder: Path, release: Path
) -> None:
    cells = released_cells()
    for one in cells:
        one["metadata"] = {}
        del one["id"]
    submission = read(folder, release, cells)
    assert sources(submission).count("import numpy as np") == 1


def test_a_renamed_notebook_is_recognized_by_its_cells(folder: Path, release: Path) -> None:
    submission = read(folder, release, released_cells(), name="final (2)")
    assert "nb" in submission.notebooks
    assert submission.problems == []
    assert "recognized as nb.ipynb" in submission.notes[0]


def test_an_old_format_is_converted(folder: Path, release: Path) -> None:
    cells = released_cells()
    old = [
        {"cell_type": c["cell_type"], "metadata": c["metadata"], "input": c["source"],
         "source": c["source"], "language": "python", "collapsed": False, "outputs": []}
        for c in cells
    ]  # fmt: skip
    (folder / "nb.ipynb").write_text(
        json.dumps(
            {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""},
             "worksheets": [{"cells": old, "metadata": {}}]}
        )
    )  # fmt: skip
    assert sources(read_submission(folder, release))[0] == "import numpy as np"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "7",
        '{"cells": 3}',
        '{"cells": [3, null]}',
        "[" * 100_000,
        '{"nbformat": "x"}',
    ],
    ids=["empty", "open", "list", "number", "no-list", "no-dicts", "deep", "odd-format"],
)
def test_a_broken_notebook_costs_itself_with_a_sentence(
    folder: Path, release: Path, text: str
) -> None:
    (folder / "nb.ipynb").write_text(text)
    submission = read_submission(folder, release)
    if submission.notebooks:  # readable, but empty: the frame comes back
        assert any("put back" in problem for problem in submission.problems)
    else:
        assert any("nb.ipynb" in problem for problem in submission.problems)


def test_a_missing_notebook_is_named(folder: Path, release: Path) -> None:
    assert "nb.ipynb is not in the submission" in read_submission(folder, release).problems[0]


def test_links_are_not_followed(folder: Path, release: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (folder / "loot.txt").symlink_to(tmp_path / "secret")
    (folder / "deep").symlink_to(tmp_path)
    submission = read(folder, release, released_cells())
    assert submission.files == {}
    assert any("loot.txt is not a regular file" in problem for problem in submission.problems)


def test_the_student_s_support_files_are_left_out(folder: Path, release: Path) -> None:
    (folder / "support").mkdir()
    (folder / "support" / "data.py").write_text("ours = False\n")
    (folder / "helper.py").write_text("x = 1\n")
    assert read(folder, release, released_cells()).files == {"helper.py": b"x = 1\n"}


def test_too_many_cells_are_cut_with_a_sentence(folder: Path, release: Path) -> None:
    cells = [cell(f"x{n}", "1") for n in range(MAX_CELLS + 1)]
    assert any("more than" in p for p in read(folder, release, cells).problems)


def test_what_is_handed_to_the_neighbour_is_a_valid_notebook(folder: Path, release: Path) -> None:
    notebook = read(folder, release, released_cells()).notebooks["nb"]
    nbformat.validate(nbformat.reads(notebook.to_bytes().decode(), as_version=4))


def test_a_file_instead_of_a_folder_is_one_sentence(release: Path) -> None:
    with pytest.raises(UsageError, match="is not a folder"):
        read_submission(release / "nb.ipynb", release)


def test_what_a_notebook_printed_is_not_counted_as_values(folder: Path, release: Path) -> None:
    cells = released_cells()
    printed = "[[0.1 0.2]]\n" * 150_000 + '"quoted" \\ { back'
    cells[3]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": printed}]
    assert read(folder, release, cells).problems == []


def test_a_notebook_larger_than_we_read_waits_for_a_person(folder: Path, release: Path) -> None:
    (folder / "nb.ipynb").write_text('{"cells": [' + "{}," * 250_000 + "{}]}")
    submission = read_submission(folder, release)
    assert submission.refused == {"nb"}
    assert "with its outputs cleared" in submission.problems[0]


def test_a_cell_too_long_to_run_is_named(folder: Path, release: Path) -> None:
    cells = released_cells()
    cells[2]["source"] = "x = 1\n" * 50_000
    assert any("a cell is longer than" in p for p in read(folder, release, cells).problems)


def test_problems_do_not_bury_the_reader(folder: Path, release: Path) -> None:
    for number in range(100):
        (folder / f"link{number}").symlink_to("/nowhere")
    assert len(read(folder, release, released_cells()).problems) == 21


def test_half_characters_in_a_cell_become_readable(folder: Path, release: Path) -> None:
    cells = released_cells()
    cells[2]["source"] = "x = '\ud800'"
    notebook = read(folder, release, cells).notebooks["nb"]
    assert notebook.to_bytes().decode()
    assert notebook.answer("f_answer") == "x = '?'"


def test_odd_file_names_are_named_readably_and_left_out(folder: Path, release: Path) -> None:
    (folder / "a\nb\x1b[31m").write_text("x")
    os.mkfifo(os.fsencode(folder) + b"/\xff")
    submission = read(folder, release, released_cells())
    assert submission.files == {}
    for problem in submission.problems:
        assert problem.isprintable()


def test_a_folder_cannot_take_a_notebook_s_or_a_released_file_s_place(
    folder: Path, release: Path
) -> None:
    (release / "README.md").write_text("ours")
    for name in ("README.md", "nb.ipynb", "other.ipynb"):
        (folder / "sub" / name).mkdir(parents=True)
        (folder / "sub" / name / "x").write_text("x")
    (folder / "README.md").mkdir()
    (folder / "README.md" / "x").write_text("x")
    submission = read_submission(folder, release)
    assert set(submission.files) == {"sub/README.md/x"}
