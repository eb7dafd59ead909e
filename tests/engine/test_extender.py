"""docs/extender.md is true: every block of it is run, or held against the example, in order."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import forked
import msgspec
import nbformat
import pytest
from dropout_course import ROOT, environment

from autograder.checking.answers import KINDS

PAGE = ROOT / "docs" / "extender.md"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ONE_PAGE = 150
"""Lines."""


class Block(msgspec.Struct, frozen=True):
    """A fenced block."""

    kind: str
    text: str


def blocks() -> list[Block]:
    return [Block(*found.groups()) for found in FENCE.finditer(PAGE.read_text(encoding="utf-8"))]


def run_commands(course: Path, text: str) -> None:
    for line in text.splitlines():
        if line.startswith("autograder "):
            done = forked.run(*shlex.split(line), cwd=course)
        else:
            bash = ["bash", "-euc", line]
            env = environment()
            done = subprocess.run(
                bash, cwd=course, capture_output=True, text=True, check=False, env=env
            )
        assert done.returncode == 0, done.stdout + done.stderr


def write_or_compare(course: Path, text: str) -> None:
    """The first line names the file; one that is there holds the block, another is made of it."""
    first, code = text.split("\n", 1)
    path = course / first.removeprefix("# ")
    if path.exists():
        assert code in path.read_text(encoding="utf-8")
    else:
        path.write_text(code, encoding="utf-8")


def compare_metadata(course: Path, text: str) -> None:
    shown = json.loads(text)
    notebook = nbformat.read(course / "source" / "dropout" / "dropout.ipynb", as_version=4)
    assert shown in [cell.metadata for cell in notebook.cells]


def find_files(course: Path, text: str) -> None:
    for line in text.splitlines():
        assert (course / line.split()[0]).is_file(), line


DO: dict[str, Callable[[Path, str], None]] = {
    "sh": run_commands,
    "python": write_or_compare,
    "json": compare_metadata,
    "text": find_files,
}


@pytest.mark.slow
def test_the_page_leads_from_an_empty_folder_to_a_graded_class(tmp_path: Path) -> None:
    for block in blocks():
        DO[block.kind](tmp_path, block.text)
    assert (tmp_path / "feedback" / "ann" / "dropout" / "dropout.html").is_file()
    assert (tmp_path / "reports" / "dropout.html").is_file()
    assert (tmp_path / "autograder/assignments/dropout/mistakes/habits.py").is_file()


def test_no_block_is_left_out() -> None:
    assert PAGE.read_text(encoding="utf-8").count("```") == 2 * len(blocks())
    assert {block.kind for block in blocks()} == set(DO)


def test_the_kinds_of_values_are_those_that_there_are() -> None:
    sentence = re.search(r"the kinds after a name are (.*?)\.\n", PAGE.read_text(encoding="utf-8"))
    assert sentence is not None
    assert tuple(re.findall(r"`(\w+)`", sentence[1])) == KINDS


def test_the_table_names_rooms_and_files_that_are_there() -> None:
    rows = re.findall(r"^\| [^|]+ \| `(\w+)` \| (.+) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert len(rows) >= 10
    for room, there in rows:
        for file in re.findall(r"`(\w+\.py)`", there):
            assert (ROOT / "autograder" / room / file).is_file()


def test_it_is_one_page() -> None:
    assert len(PAGE.read_text(encoding="utf-8").splitlines()) <= ONE_PAGE
