"""What lies beside everybody's notebooks is written once a worker, and read-only links to it."""

from __future__ import annotations

import os
from pathlib import Path

import mini_course
import pytest

from autograder.gradebook import place
from autograder.gradebook.place import Alike, written_beside

FILES = {"README.md": b"read me", "support/plots.py": b"import numpy"}


def inodes(folder: Path) -> set[int]:
    return {(folder / name).stat().st_ino for name in FILES}


@pytest.fixture
def alike() -> Alike:
    return Alike(FILES)


def test_two_submissions_have_the_same_files_and_their_own_notebooks(alike: Alike, tmp_path: Path):
    folders = [
        written_beside(
            tmp_path / who / "ps", {"nb.ipynb": who.encode(), "README.md": b"own"}, alike
        )
        for who in ("ann", "ben")
    ]
    for folder, who in zip(folders, ("ann", "ben"), strict=True):
        assert mini_course.tree(folder) == {**FILES, "nb.ipynb": who.encode()}
        assert {path.stat().st_mode & 0o777 for path in folder.rglob("*.*") if path.is_file()} == {
            place.READ_ONLY
        }
    assert inodes(folders[0]) == inodes(folders[1])


def test_a_file_that_somebody_has_changed_is_written_anew(alike: Alike, tmp_path: Path):
    alike.write(tmp_path / "one")
    changed = tmp_path / "one" / "README.md"
    changed.chmod(0o644)
    changed.write_bytes(b"changed by hand")
    alike.write(tmp_path / "two")
    assert mini_course.tree(tmp_path / "two") == FILES
    assert changed.read_bytes() == b"changed by hand"


def test_what_was_removed_everywhere_is_written_anew(alike: Alike, tmp_path: Path):
    alike.write(tmp_path / "one")
    for name in FILES:
        (tmp_path / "one" / name).unlink()
    alike.write(tmp_path / "two")
    assert mini_course.tree(tmp_path / "two") == FILES


def test_where_there_are_no_links_each_has_its_own(alike: Alike, tmp_path: Path, monkeypatch):
    def none(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", none)
    for name in ("one", "two"):
        alike.write(tmp_path / name)
    assert mini_course.tree(tmp_path / "two") == FILES
    assert not inodes(tmp_path / "one") & inodes(tmp_path / "two")
