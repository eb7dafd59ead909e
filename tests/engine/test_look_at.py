"""Nothing in submitted/ is skipped in silence, and what needs a person is told by urgency."""

from __future__ import annotations

import io
from typing import Any

import pytest
from batch_class import RIGHT, grade, hand_in, rows
from mini_course import NAME, ReleasedIn, cells, edit
from rich.console import Console

from autograder.classroom.recorded import recorded_grades
from autograder.course.course import Course
from autograder.model import ClassResult, Grade, Status
from autograder.outputs.facts import Facts
from autograder.outputs.look import look_at, together
from autograder.outputs.report import render_report
from autograder.outputs.told import print_class
from autograder.submission.folders import not_graded, unusual
from autograder.submission.frame import steered

CHECK = {"grade": True, "solution": False, "locked": True, "points": 4, "checksum": "now"}


@pytest.fixture(scope="module")
def handed_in(
    released_in: ReleasedIn, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Course, ClassResult]:
    """A graded class with all that people hand in; not to be changed."""
    course = released_in(tmp_path_factory.mktemp("odd"))
    submitted = course.root / "submitted"
    for student in ("ada", "ADA", "x[1]"):
        hand_in(course, student, RIGHT)
    cheat = submitted / "ADA" / NAME / "layers.ipynb"
    own: dict[str, Any] = cells(cheat)["weigh"]["metadata"]["nbgrader"]
    edit(cheat, "weigh", nbgrader=own | {"points": 400})
    (submitted / "ada" / NAME / "layers.ipynb").rename(submitted / "ada" / NAME / "mine.ipynb")
    stub = "".join(cells(course.release(NAME) / "layers.ipynb")["explain_steps"]["source"])
    edit(submitted / "x[1]" / NAME / "layers.ipynb", "explain_steps", f"{stub}\n")
    for path in ("loose/a.ipynb", "other/Mini/a.ipynb", "zipped/mini.zip", "old/week9/a.ipynb"):
        (submitted / path).parent.mkdir(parents=True)
        (submitted / path).write_text("{}")
    (submitted / "all.zip").write_text("")
    (submitted / "empty").mkdir()
    return course, grade(course)


def test_what_is_not_graded_is_named_with_what_to_do(
    handed_in: tuple[Course, ClassResult],
) -> None:
    course, result = handed_in
    assert result.ungraded == not_graded(course, NAME) == {
        "all.zip": "not graded, since it is no folder; what belongs to a student goes into "
        "submitted/<student>/mini.",
        "loose": "not graded, since its notebooks lie loose in the folder; move them into "
        "submitted/loose/mini.",
        "old": "not graded, since week9 is no assignment; if it is this one, call it mini.",
        "other": "not graded, since its folder is called Mini; call it mini.",
        "zipped": "not graded, since mini.zip is an archive; unpack it into submitted/zipped/mini.",
    }  # fmt: skip


def test_another_assignment_of_the_course_is_nothing_to_name(released_in: ReleasedIn, tmp_path):
    course = released_in(tmp_path)
    (course.root / "source" / "week2").mkdir()
    other = course.root / "submitted" / "ann" / "week2"
    other.mkdir(parents=True)
    (other / "a.ipynb").write_text("{}")
    assert not_graded(course, NAME) == {}


def test_names_that_are_alike_or_patterns_are_named() -> None:
    found = unusual(["ada", "ADA", "ben", "x[1]"])
    assert found.keys() == {"ada", "ADA", "x[1]"}
    assert found["ada"] == "differs from ADA in case only; is it one student?"
    assert "take the name for a pattern" in found["x[1]"]


def test_the_most_urgent_comes_first_and_a_rename_is_a_note(
    handed_in: tuple[Course, ClassResult],
) -> None:
    course, result = handed_in
    look = look_at(result.grades, result.ungraded, result.folders)
    assert [name for name, _ in look.first] == [
        "all.zip", "loose", "old", "other", "zipped",  # not graded
        "ADA",  # a cheat
        "ADA", "ada", "x[1]",  # odd names
    ]  # fmt: skip
    assert look.first[5][1] == ("layers: 'points' of the cell 'weigh' was changed; it is put back.")
    assert look.notes == (("ada", "mine.ipynb was recognized as layers.ipynb by its cells."),)
    console = Console(file=io.StringIO(), width=200)
    print_class(result, console)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    places = [text.index(said) for said in ("Look at these", "all.zip:", "'points'", "Notes")]
    assert places == sorted(places)
    page = render_report(
        NAME,
        recorded_grades(course, NAME),
        Facts(folders=result.folders, ungraded=result.ungraded),
    )
    assert "move them into submitted/loose/mini" in page
    assert "<strong>ada</strong>: mine.ipynb was recognized" in page


def test_a_written_answer_left_as_it_was_handed_out_gets_nbgraders_zero(
    handed_in: tuple[Course, ClassResult],
) -> None:
    found = rows(handed_in[0])
    assert found["x[1]", "explain_steps"] == (0.0, None, None, False)
    assert "No response." in found["x[1]", "explain_steps says"][0]
    assert found["ada", "explain_steps"] == (None, None, None, True)


@pytest.mark.parametrize(
    ("own", "changed"),
    [
        (CHECK, ""),
        (CHECK | {"points": 400}, "'points'"),
        (CHECK | {"points": 5, "checksum": "of an earlier release"}, ""),
        (CHECK | {"locked": False}, "'locked'"),
        ({"grade_id": "weigh"}, ""),
        ("nothing", ""),
    ],
)
def test_only_what_steers_grading_is_suspect(own: Any, changed: str) -> None:
    assert steered({"nbgrader": own}, {"nbgrader": CHECK}) == changed


def test_a_tag_that_would_skip_a_check_is_suspect() -> None:
    assert "skip-execution" in steered(
        {"nbgrader": CHECK, "tags": ["skip-execution"]}, {"nbgrader": CHECK}
    )


def test_a_student_has_one_line_of_each_kind_and_equal_lines_are_one() -> None:
    tags = tuple(f"the tag of the cell 'c{i}' was changed; it is put back." for i in range(13))
    cheat = Grade("mini", Status.GRADED, 1.0, 1.0, 0.0, ("A cell hung.",), suspect=tags)
    look = look_at({"ann": cheat, "ben": cheat})
    assert [name for name, _ in look.first] == ["ann", "ben", "ann", "ben"]
    assert look.first[0][1] == f"{tags[0]} {tags[1]} (and 11 more of this kind)"
    assert together(look.first)[1] == (["ann", "ben"], "A cell hung.")
