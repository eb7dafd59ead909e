"""`extensions.csv` grants time and names who left; the policy for late work keeps its word."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from autograder.course.course import Course
from autograder.course.extensions import FILE, Own, dropped, extensions
from autograder.errors import UsageError
from autograder.gradebook.late import LatePolicy

DUE = datetime(2026, 5, 1, 12)


def of(tmp_path: Path, text: str, assignment: str = "week1") -> dict[str, Own]:
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    return dict(extensions(Course(tmp_path), assignment) or {})


def test_without_the_file_nothing_is_said(tmp_path: Path) -> None:
    assert extensions(Course(tmp_path), "week1") is None
    assert dropped(Course(tmp_path), "week1") == frozenset()


@pytest.mark.parametrize(
    ("row", "more"),
    [
        ("ada,week1,2 d,", timedelta(days=2)),
        ("ada,week1,1d 12h,", timedelta(hours=36)),
        ("ada,,90 min,", timedelta(minutes=90)),
        ("ada,week1,,2026-05-03 12:00", timedelta(days=2)),
        ("ada,week1,,2026-05-03 14:00 +02:00", timedelta(days=2)),
        ("ada,week1,,2026-04-01", None),
        ("ada,week2,2 d,", None),
    ],
)
def test_more_time_is_a_span_or_a_date(tmp_path: Path, row: str, more: timedelta | None) -> None:
    known = of(tmp_path, f"student_id,assignment,extension,due\n{row}\n")
    assert known["ada"].more_time(DUE) == more


def test_a_row_of_the_assignment_counts_before_one_for_all_and_a_spreadsheets_file_is_read(
    tmp_path: Path,
) -> None:
    heading = "\ufeffstudent_id;assignment;extension;dropped\r\n"
    rows = f"{heading}jörg;;1 d;\r\njörg;week1;3 d;\r\nada;;;x\r\n"
    assert of(tmp_path, rows)["jörg"].extension == timedelta(days=3)
    assert of(tmp_path, rows, "week2")["jörg"].extension == timedelta(days=1)
    assert dropped(Course(tmp_path), "week2") == {"ada"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,extension\nada,2 d\n", "its first line names the columns"),
        ("student_id,extra\nada,2 d\n", "its first line names the columns"),
        ("student_id,extension\nada,two days\n", "line 2: 'two days' is no time"),
        ("student_id,due\nada,2 d\nben,soon\n", "line [23]: '.*' is no date"),
        ("student_id,extension,due\nada,2 d,2026-05-03\n", "not both"),
        ("student_id,dropped\nada,maybe\n", "yes or no, not 'maybe'"),
        ("student_id,note\nada,ill\nada,well\n", "line 3: ada stands there twice"),
        ("student_id,note\n,ill\n", "there is no student_id"),
        ("student_id,note\nada,ill,very\n", "more fields than columns"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_its_line(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        of(tmp_path, text)


@pytest.mark.parametrize(
    ("minutes", "taken"), [(15, None), (16, 4.0), (1440, 4.0), (1441, 8.0), (60 * 24 * 30, 20.0)]
)
def test_the_policy_takes_a_tenth_a_day_after_a_quarter_of_an_hour_and_half_at_most(
    minutes: int, taken: float | None
) -> None:
    assert LatePolicy().late_submission_penalty("ada", 40.0, 60.0 * minutes) == taken
