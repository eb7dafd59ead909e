"""Grading again says what it changed and why, and doubts a hand grade only with cause."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from batch_class import NO_CLIP, RIGHT, grade, grade_by_hand, hand_in, rows
from mini_course import NAME, ReleasedIn, copy_of, edit, tree
from rich.console import Console

from autograder.classroom.ledger import history
from autograder.classroom.recorded import recorded_class
from autograder.course.course import PRIVATE, Course
from autograder.gradebook.rows import open_gradebook
from autograder.model import ClassResult, Verdict
from autograder.outputs.changed import changed_lines, history_lines
from autograder.outputs.progress import points
from autograder.outputs.told import print_class

NEVER = """

@pytest.mark.question("weigh")
def test_never(student, rng):
    x, w, b = inputs(rng, 7)
    out, _ = student.weigh(x, w, b)
    compare.values("out", out, x)
"""
BY_HAND = {"weigh": 1.0, "explain_steps": 4.0}


@pytest.fixture(scope="module")
def graded(released_in: ReleasedIn, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Two are graded, one of them by a person too; not to be changed."""
    course = released_in(tmp_path_factory.mktemp("regrading"))
    hand_in(course, "ann", RIGHT)
    hand_in(course, "ben", NO_CLIP)
    grade(course)
    grade_by_hand(course, "ann", BY_HAND)
    return course


@pytest.fixture
def course(graded: Course, tmp_path: Path) -> Course:
    """The same, to be changed."""
    return copy_of(graded, tmp_path / "course")


def flagged(course: Course) -> list[str]:
    """Hand grades of ann's that ask for a second look."""
    found = rows(course)
    return [name for name in BY_HAND if found["ann", name][3]]


def says(result: ClassResult) -> str:
    console = Console(file=io.StringIO(), width=200)
    print_class(result, console)
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_force_flags_no_hand_grade_and_changes_nothing(course: Course) -> None:
    before = rows(course)
    result = grade(course, jobs=1, force=True)
    assert result.fresh == ("ann", "ben")
    assert result.regraded == {}
    assert rows(course) == before
    assert flagged(course) == []
    assert len(history(course, NAME, "ann")) == 1


def test_a_hand_grade_is_flagged_if_its_own_answer_has_changed(course: Course) -> None:
    edit(
        course.root / "submitted" / "ann" / NAME / "layers.ipynb",
        "explain_steps",
        "I think now that gamma may be anything.",
    )
    assert grade(course).staff_notes == {}
    assert flagged(course) == ["explain_steps"]
    assert rows(course)["ann", "explain_steps"][1] == 4.0


def test_the_same_files_again_change_nothing_and_the_first_date_counts(course: Course) -> None:
    stamp = course.root / "submitted" / "ann" / NAME / "timestamp.txt"
    dates = []
    for date in ("2026-05-01 12:00:00", "2026-05-03 12:00:00", "2026-04-30 12:00:00"):
        stamp.write_text(f"{date} UTC")
        before = rows(course)
        assert grade(course).fresh == ()
        assert rows(course) == before
        with open_gradebook(course, NAME) as book:
            dates.append(str(book.find_submission(NAME, "ann").timestamp)[:10])
    assert dates == ["2026-05-01", "2026-05-01", "2026-04-30"]


def test_a_resubmission_says_what_it_gained_and_leaves_a_history(course: Course) -> None:
    hand_in(course, "ben", RIGHT)
    result = grade(course)
    (line,) = changed_lines(result.regraded)
    assert line.startswith("ben: ")
    assert "→ 7 of 17 + 3 (10 open) (the submission changed): clip +" in line
    assert "Grades that changed" in says(result)
    then, now = history(course, NAME, "ben")
    assert then.grade.extra_credit < now.grade.extra_credit == 3
    assert then.at <= now.at
    first, second = history_lines([(one.at, one.grade, one.parts) for one in (then, now)])
    assert first.endswith(f"UTC: {points(then.grade)}")
    assert "(the submission changed): clip +" in second
    _, facts = recorded_class(course, NAME)
    assert changed_lines(facts.regraded) == [line], "the report says what the last run changed"
    assert facts.answers["ben"]["clip"] == facts.answers["ann"]["clip"] != ""
    assert facts.written == {"explain_steps", "explain_numbers"}
    assert facts.seconds.keys() == {"ann", "ben"}
    grade(course, students=["ann"], jobs=1, force=True)
    assert recorded_class(course, NAME)[1].regraded == {}


def test_a_wrong_output_without_a_name_is_recorded_by_its_outline(course: Course) -> None:
    checks = [
        check
        for score in recorded_class(course, NAME)[0]["ben"].questions
        for check in score.checks
        if check.verdict is Verdict.FAILED
    ]
    assert checks
    assert all(bool(check.output) != bool(check.misconception) for check in checks)


def test_a_changed_check_is_tried_before_it_counts(course: Course) -> None:
    path = course.root / PRIVATE / NAME / "checks" / "test_weigh.py"
    path.write_text(path.read_text() + NEVER)
    before, files = rows(course), tree(course.root / "autograded")
    result = grade(course, jobs=1, dry=True)
    lines = changed_lines(result.regraded)
    assert [line.split(":")[0] for line in lines] == ["ben", "ann"]
    assert "(the checks changed): weigh unchanged, but" in lines[1]
    assert "never (new, 0); the grade given by hand stands" in lines[1]
    assert "(the checks changed): weigh -" in lines[0]
    assert "Nothing was written" in says(result)
    assert (rows(course), tree(course.root / "autograded")) == (before, files)
    assert changed_lines(grade(course).regraded) == lines
    assert flagged(course) == []
    assert rows(course) != before
