"""What a run over a class refuses, each with one sentence."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import mini_course
import pytest
from batch_class import CLASS, class_that_handed_in, grade
from mini_course import NAME, ReleasedIn, copy_of

from autograder.classroom.batch import grade_class
from autograder.classroom.ledger import Ledger, ledger_path, recorded
from autograder.classroom.recorded import recorded_grades
from autograder.course.course import Course
from autograder.errors import UsageError
from autograder.submission.folders import find_submissions


@pytest.fixture(scope="module")
def handed_in(released_in: ReleasedIn, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A class that has handed in; not to be changed."""
    return class_that_handed_in(released_in(tmp_path_factory.mktemp("class")))


@pytest.fixture
def course(handed_in: Course, tmp_path: Path) -> Course:
    """A class that has handed in."""
    return copy_of(handed_in, tmp_path / "course")


def test_two_runs_at_once_are_refused(course: Course) -> None:
    with (
        Ledger(ledger_path(course, NAME)),
        pytest.raises(UsageError, match="Another 'autograder grade' is at work"),
    ):
        grade(course)


def test_a_damaged_ledger_is_a_sentence(course: Course) -> None:
    path = ledger_path(course, NAME)
    path.parent.mkdir(exist_ok=True)
    path.write_text("this is no database, but it is long enough to be looked at as one" * 9)
    with pytest.raises(UsageError, match="is damaged"):
        grade(course)


def test_a_ledger_damaged_in_its_middle_is_a_sentence(course: Course) -> None:
    path = ledger_path(course, NAME)
    with Ledger(path) as ledger:
        ledger.put("ann", "a digest", b"x" * 50_000)
    raw = bytearray(path.read_bytes())
    raw[4096:] = b"\xff" * (len(raw) - 4096)
    path.write_bytes(raw)
    with pytest.raises(UsageError, match=r"^[^\n]+ is damaged [^\n]+ delete it"):
        grade(course)


def test_a_ledger_without_a_number_is_brought_up_to_date(course: Course) -> None:
    path = ledger_path(course, NAME)
    path.parent.mkdir(exist_ok=True)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(
            "CREATE TABLE grades (student TEXT PRIMARY KEY, digest TEXT NOT NULL, "
            "graded BLOB NOT NULL, written INTEGER NOT NULL)"
        )
        database.execute("INSERT INTO grades VALUES ('ann', 'a digest', x'00', 1)")
    assert dict(recorded(course, NAME))["ann"].digest == "a digest"
    with Ledger(path) as ledger:
        assert ledger.times() == {}
        ledger.put("ben", "another", b"", seconds=1.5)
        assert ledger.times() == {"ben": 1.5}


def test_a_ledger_that_cannot_be_read_any_more_is_set_aside_with_a_sentence(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    path = ledger_path(course, NAME)
    path.parent.mkdir(exist_ok=True)
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE grades (student TEXT, digest TEXT, grade BLOB)")
    with pytest.raises(UsageError, match="cannot be read any more; run 'autograder grade mini'"):
        list(recorded(course, NAME))
    with Ledger(path) as ledger:
        assert ledger.get("ann") is None
    said = capsys.readouterr().err
    (aside,) = path.parent.glob("ledger-mini.*.old")
    assert said.count("\n") == 1
    assert aside.name in said


def test_a_ledger_of_a_newer_version_is_left_alone(course: Course) -> None:
    path = ledger_path(course, NAME)
    path.parent.mkdir(exist_ok=True)
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    with pytest.raises(UsageError, match="written by a newer version"):
        grade(course)
    assert path.read_bytes() == before


def test_grades_of_another_version_are_a_sentence(course: Course) -> None:
    with Ledger(ledger_path(course, NAME)) as ledger:
        ledger.put("ann", "a digest", b"\x81\xa5older\xa7version")
    with pytest.raises(UsageError, match=r"^ann was graded by another version[^\n]+grade mini"):
        recorded_grades(course, NAME)


def test_nothing_submitted_is_a_sentence(tmp_path: Path) -> None:
    course = mini_course.make_course(tmp_path)
    with pytest.raises(UsageError, match="no submitted/"):
        grade(course)


def test_nobody_submitted_this_assignment_is_a_sentence(tmp_path: Path) -> None:
    course = mini_course.make_course(tmp_path)
    (tmp_path / "submitted" / "ann" / "another").mkdir(parents=True)
    with pytest.raises(UsageError, match="Nobody has submitted mini"):
        grade(course)


def test_an_unknown_student_is_a_sentence(course: Course) -> None:
    with pytest.raises(UsageError, match="no submitted/zoe/mini"):
        grade(course, students=["ann", "zoe"])


def test_an_unknown_assignment_is_a_sentence(course: Course) -> None:
    with pytest.raises(UsageError, match="no source/other"):
        grade_class(course, "other")


def test_no_gradebook_yet_is_a_sentence(course: Course) -> None:
    (course.root / "gradebook.db").unlink()
    with pytest.raises(UsageError, match="no gradebook"):
        grade(course)


def test_no_jobs_is_a_sentence(course: Course) -> None:
    with pytest.raises(UsageError, match="0 jobs"):
        grade(course, jobs=0)


def test_a_report_before_grading_is_a_sentence(course: Course) -> None:
    with pytest.raises(UsageError, match="Nothing of mini is graded yet"):
        recorded_grades(course, NAME)


def test_submissions_are_found_by_student(course: Course) -> None:
    assert list(find_submissions(course, NAME)) == sorted(CLASS)
