"""Folders as bytes: what grading sees of a packed submission is what it would have seen."""

from __future__ import annotations

import os
from pathlib import Path

import batch_class
import mini_course
import pytest

from autograder.assignment import find
from autograder.classroom.packing import (
    digest,
    pack_course,
    pack_folder,
    packed_files,
    unpack_course,
)
from autograder.submission.intake import MAX_NOTEBOOK_BYTES, read_files, read_submission
from autograder.submission.reader import RefusedError


def test_files_come_back_as_they_were(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "notes").mkdir(parents=True)
    (folder / "notes" / "a b.txt").write_bytes(b"\x00\xff")
    (folder / os.fsdecode(b"\xff.txt")).write_bytes(b"a name that is no text")
    there = packed_files(pack_folder(folder))
    assert {str(file.path): file.read(99) for file in there} == mini_course.tree(folder)


def test_what_is_larger_than_the_caller_can_use_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("text")
    (file,) = packed_files(pack_folder(tmp_path))
    assert file.read(4) == b"text"
    with pytest.raises(RefusedError):
        file.read(3)


def test_dates_and_owners_do_not_count(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("text")
    before = pack_folder(tmp_path)
    os.utime(tmp_path / "a.txt", (0, 0))
    assert pack_folder(tmp_path) == before


def test_one_changed_byte_changes_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("text")
    before = pack_folder(tmp_path)
    (tmp_path / "a.txt").write_text("test")
    assert pack_folder(tmp_path) != before


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("nobody may read this")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link.txt").symlink_to(secret)
    (folder / "up").symlink_to(tmp_path)
    assert b"nobody" not in pack_folder(folder)


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "huge.ipynb").open("wb") as huge:
        huge.truncate(MAX_NOTEBOOK_BYTES + 1)
    assert len(pack_folder(tmp_path)) < 1000


@pytest.mark.parametrize("trouble", ["none", "link", "huge", "pipe", "broken"])
def test_intake_says_the_same_of_a_packed_submission(tmp_path: Path, trouble: str) -> None:
    course = mini_course.make_course(tmp_path / "course")
    folder = batch_class.hand_in(course, "ann", batch_class.RIGHT)
    notebook = folder / "deeper.ipynb"
    if trouble != "none":
        notebook.unlink()
    if trouble == "link":
        notebook.symlink_to("/etc/hostname")
    elif trouble == "huge":
        with notebook.open("wb") as huge:
            huge.truncate(MAX_NOTEBOOK_BYTES + 1)
    elif trouble == "pipe":
        os.mkfifo(notebook)
    elif trouble == "broken":
        notebook.write_text('{"cells": [')
    release = course.source(mini_course.NAME)
    here = read_submission(folder, release)
    there = read_files(packed_files(pack_folder(folder)), release)
    assert here == there
    assert bool(here.problems) == (trouble != "none")


def test_a_packed_course_has_the_same_questions_and_secret(tmp_path: Path) -> None:
    course = mini_course.make_course(tmp_path / "course")
    (course.root / "release").symlink_to(course.root / "source")
    sent = unpack_course(pack_course(course, mini_course.NAME), mini_course.NAME, tmp_path / "sent")
    assert find(sent, mini_course.NAME).questions == find(course, mini_course.NAME).questions
    assert sent.secret() == course.secret()


def test_the_secret_of_a_packed_course_lies_in_no_file(tmp_path: Path) -> None:
    course = mini_course.make_course(tmp_path / "course")
    (course.root / "release").symlink_to(course.root / "source")
    unpack_course(pack_course(course, mini_course.NAME), mini_course.NAME, tmp_path / "sent")
    assert not any(course.secret() in raw for raw in mini_course.tree(tmp_path / "sent").values())


def test_where_one_part_ends_counts_for_the_digest() -> None:
    assert digest(b"ab", b"c") != digest(b"a", b"bc")
