"""A full disk is one sentence, whoever meets it."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_notebook
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from autograder import cli
from autograder.classroom import pages
from autograder.errors import full_disk, is_full_disk

FULL = Path("/dev/full")
"""Whatever is written there finds the disk full."""


def test_a_file_that_cannot_be_written_is_known_for_it() -> None:
    with pytest.raises(OSError, match="No space left") as met, FULL.open("wb", buffering=0) as file:
        file.write(b"x")
    assert is_full_disk(met.value)
    assert not is_full_disk(FileNotFoundError(2, "not there"))
    met.value.filename = "a/file"
    assert str(full_disk(met.value)).startswith("The disk is full (a/file could not be written):")


def test_so_are_a_database_and_what_nbgrader_makes_of_it(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "db")) as database:
        database.execute("CREATE TABLE t (x BLOB)")
    engine = create_engine(f"sqlite:///{tmp_path}/db")
    with engine.connect() as connection:
        connection.execute(text("PRAGMA max_page_count = 3"))
        with pytest.raises(OperationalError) as met:
            connection.execute(text("INSERT INTO t VALUES (zeroblob(100000))"))
    engine.dispose()
    assert is_full_disk(met.value)
    with pytest.raises(OperationalError) as other, engine.connect() as connection:
        connection.execute(text("SELECT nothing FROM nowhere"))
    engine.dispose()
    assert not is_full_disk(other.value)


def test_the_command_line_says_it_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def written(*_: object) -> None:
        with FULL.open("wb", buffering=0) as file:
            file.write(b"x")

    monkeypatch.setattr(pages, "recorded_class", written)
    (tmp_path / "nbgrader_config.py").touch()
    (tmp_path / "source" / "only").mkdir(parents=True)
    nbformat.write(new_notebook(), tmp_path / "source" / "only" / "one.ipynb")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["autograder", "report", "only"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("autograder: The disk is full")
    assert said.count("\n") == 1
