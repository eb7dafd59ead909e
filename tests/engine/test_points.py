"""Points are changed in one place: grading waits for the release, and the release for the texts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from batch_class import RIGHT, grade, hand_in, rows
from mini_course import NAME, ReleasedIn, cells, edit
from test_gradebook import WEIGH
from test_gradebook import grade as a_grade

from autograder.course.course import Course
from autograder.errors import UsageError
from autograder.gradebook.rows import enter_submission, open_gradebook
from autograder.grading.grade import Grader
from autograder.release.build import build_release, verify_release

CONTENTS = """\
| part | points |
|---|---|
| [1 Weighing](#weigh) | 4 + bonus 3 |
| [2 Words](#words) | 4 |"""
PAGE = """\
# The course

This gives 17 points and 3 for the bonus.

| question | points |
|---|---|
| `weigh` 4, `clip_back` 3 | 7 |
| `clip` | + 3 |
| `explain_steps` (4 points), `explain_numbers` 6 | 10 |
"""


def reweigh(course: Course, points: float) -> None:
    """Change the points of `weigh` where they live."""
    path = course.source(NAME) / "layers.ipynb"
    own: dict[str, Any] = cells(path)["weigh"]["metadata"]["nbgrader"]
    edit(path, "weigh", nbgrader=own | {"points": points})


@pytest.fixture
def course(released_in: ReleasedIn, tmp_path: Path) -> Course:
    """The released course."""
    return released_in(tmp_path)


def test_grading_refuses_points_that_are_not_released(course: Course) -> None:
    hand_in(course, "ann", RIGHT)
    reweigh(course, 8)
    sentence = (
        "'weigh': source/mini says 8 points and release/mini 4 points; "
        "run 'autograder release mini', or undo the change."
    )
    with pytest.raises(UsageError) as refused:
        grade(course)
    assert str(refused.value) == sentence
    with pytest.raises(UsageError, match="source/mini says 8"), Grader(course, NAME):
        pass
    assert rows(course) == {}


def test_points_that_the_gradebook_does_not_know_are_not_written(course: Course) -> None:
    eight = WEIGH.__class__("weigh", "layers", 8.0, 8.0)
    with (
        open_gradebook(course, NAME) as book,
        pytest.raises(UsageError, match=r"says 4 points for 'weigh' and the release 8; run"),
    ):
        enter_submission(course, book, "ann", a_grade(eight), course.root)


def test_texts_that_say_the_right_points_are_released(course: Course) -> None:
    edit(course.source(NAME) / "layers.ipynb", "intro", f"# `weigh` (4 points)\n\n{CONTENTS}")
    (course.root / "README.md").write_text(PAGE)
    verify = pytest.raises(UsageError, match="run 'autograder release mini'")
    with verify:
        verify_release(course, NAME)
    build_release(course, NAME, execute="never", register=False)
    verify_release(course, NAME)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("## `weigh` (4 points)", "says 4 for `weigh`, its check cell 8"),
        (CONTENTS, "gives 4, 3, 4 points in its table, the check cells 8, 3, 4"),
    ],
)
def test_a_notebook_that_says_other_points_is_not_released(
    course: Course, text: str, complaint: str
) -> None:
    edit(course.source(NAME) / "layers.ipynb", "intro", text)
    reweigh(course, 8)
    with pytest.raises(UsageError) as refused:
        build_release(course, NAME, execute="never")
    assert str(refused.value) == f"Nothing is released: layers.ipynb, cell 'intro', {complaint}."


def test_a_page_that_says_other_points_is_named_with_all_that_it_says(course: Course) -> None:
    (course.root / "docs").mkdir()
    (course.root / "docs" / "instructor.md").write_text(PAGE)
    reweigh(course, 8)
    with pytest.raises(UsageError) as refused:
        build_release(course, NAME, execute="never")
    assert str(refused.value) == (
        "Nothing is released: docs/instructor.md says 4 for `weigh`, its check cell 8; "
        "docs/instructor.md says 7 for the row of `weigh`, its check cells 11; "
        "docs/instructor.md says '17 points and 3 for the bonus', the check cells 21 and 3."
    )


def test_a_row_of_another_table_is_nobodys_points(course: Course) -> None:
    (course.root / "README.md").write_text("| what | time |\n|---|---|\n| `weigh` | 45 min |\n")
    build_release(course, NAME, execute="never", register=False)
