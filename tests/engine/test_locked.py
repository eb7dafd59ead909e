"""A gradebook that another program has locked is waited for, with a sentence."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from mini_course import NAME, ReleasedIn
from test_gradebook import grade as a_grade

from autograder.course import waiting
from autograder.course.course import Course
from autograder.course.waiting import WAITING, wait_until_free
from autograder.errors import UsageError
from autograder.gradebook.rows import enter_submission, open_gradebook

HASTY = 0.05  # s, until somebody is told
HELD = 0.5  # s, that the other program keeps its lock


@pytest.fixture
def course(released_in: ReleasedIn, tmp_path: Path) -> Course:
    """The released course."""
    return released_in(tmp_path)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another connection holds the gradebook, and lets go of it after a while."""
    other = sqlite3.connect(path, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    free = threading.Timer(HELD, other.rollback)
    free.start()
    try:
        yield
    finally:
        free.join()
        other.close()


def test_a_locked_gradebook_is_waited_for_and_that_is_said_once(course: Course) -> None:
    path, said = course.root / "gradebook.db", list[str]()
    with locked(path):
        wait_until_free(f"sqlite:///{path}", said.append, HASTY)
    assert said == [WAITING]
    wait_until_free(f"sqlite:///{path}", said.append, HASTY)
    assert said == [WAITING]


def test_what_writes_grades_waits_too(
    course: Course, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(waiting, "PATIENCE", HASTY)
    with locked(course.root / "gradebook.db"), open_gradebook(course, NAME) as book:
        enter_submission(course, book, "ann", a_grade(), course.root)
        assert book.find_submission(NAME, "ann").score == 5.5
    assert capsys.readouterr().err == f"{WAITING}\n"


def test_a_file_that_is_no_gradebook_is_a_sentence(course: Course) -> None:
    (course.root / "gradebook.db").write_text("no database, however long one looks at it. " * 99)
    with pytest.raises(UsageError, match="is not a gradebook"), open_gradebook(course, NAME):
        pass


@pytest.mark.parametrize("url", ["postgresql://host/book", "sqlite://"])
def test_what_is_no_file_is_not_waited_for(url: str) -> None:
    wait_until_free(url)
