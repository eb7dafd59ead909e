"""The release and the solutions that are committed here."""

from __future__ import annotations

import json

import pytest
from full_run import plain
from submissions import ROOT

from autograder.course.course import Course
from autograder.release.build import stale_files

SOLUTIONS = ROOT / "solutions" / "batchnorm"


def test_what_is_committed_is_what_the_source_gives(course: Course) -> None:
    assert stale_files(course, "batchnorm") == []


@pytest.mark.parametrize("notebook", ["fully_connected_nets", "batch_normalization"])
def test_solutions_were_run_without_an_error(notebook: str) -> None:
    cells = json.loads((SOLUTIONS / f"{notebook}.ipynb").read_text())["cells"]
    outputs = [out for cell in cells for out in cell.get("outputs", [])]
    assert len(outputs) > 10
    assert [out for out in outputs if out["output_type"] == "error"] == []


@pytest.mark.parametrize(
    ("notebook", "last"),
    [("fully_connected_nets", "every_check"), ("batch_normalization", "every-check")],
)
def test_every_check_of_the_solutions_is_green(notebook: str, last: str) -> None:
    cells = json.loads((SOLUTIONS / f"{notebook}.ipynb").read_text())["cells"]
    (table,) = (cell["outputs"] for cell in cells if cell["id"] == last)
    lines = plain(table[0]).splitlines()
    assert len(lines) > 5
    assert [line for line in lines if "green" not in line] == []


def test_no_output_tells_on_whose_machine_it_was_made() -> None:
    for path in filter(lambda path: path.is_file(), SOLUTIONS.rglob("*")):
        raw = path.read_bytes()
        assert b"site-packages" not in raw, path
        assert str(ROOT).encode() not in raw, path
