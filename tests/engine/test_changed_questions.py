"""Questions change after submissions: shown first, carried out whole, and no hand grade is lost."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from batch_class import RIGHT, grade, hand_in, rows
from mini_course import NAME, ReleasedIn, check, copy_of, given, written
from rich.console import Console
from test_gradebook import grade as a_grade

from autograder.course.course import Course
from autograder.errors import UsageError
from autograder.gradebook.rows import enter_submission, open_gradebook
from autograder.outputs.told import print_plan
from autograder.release import migrate
from autograder.release.build import Released, build_release
from autograder.release.changes import Plan
from autograder.submission.intake import read_submission

Edit = Callable[[Any], None]


@pytest.fixture(scope="module")
def half_graded(released_in: ReleasedIn, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Two students are graded, and a person has graded two answers of one; not to be changed."""
    course = released_in(tmp_path_factory.mktemp("half"))
    hand_in(course, "ann", RIGHT)
    with open_gradebook(course, NAME) as book:
        for student in ("ann", "ben"):
            enter_submission(course, book, student, a_grade(), course.root)
        for notebook in book.find_submission(NAME, "ann").notebooks:
            for row in notebook.grades:
                if row.name in ("weigh", "explain_steps"):
                    row.manual_score, row.needs_manual_grade = 3.0, False
        book.db.commit()
    return course


@pytest.fixture
def course(half_graded: Course, tmp_path: Path) -> Course:
    """The same, to be changed."""
    return copy_of(half_graded, tmp_path / "course")


def change(course: Course, notebook: str, edit: Edit) -> None:
    """Change the cells of a source notebook."""
    path = course.source(NAME) / f"{notebook}.ipynb"
    content = nbformat.read(path, as_version=4)
    edit(content.cells)
    nbformat.write(content, path)


def release(course: Course, **options: Any) -> tuple[Released, list[Plan]]:
    """Release without running solutions; gives what was shown before, too."""
    shown: list[Plan] = []
    done = build_release(course, NAME, execute="never", show=shown.append, **options)
    return done, shown


def find(cells: Any, id_: str) -> Any:
    return next(cell for cell in cells if cell.id == id_)


def remove(id_: str) -> Edit:
    return lambda cells: cells.remove(find(cells, id_))


def reweigh(cells: Any) -> None:
    find(cells, "weigh").metadata.nbgrader["points"] = 2


def rename(cells: Any) -> None:
    find(cells, "explain_steps").metadata.nbgrader["grade_id"] = "explain_words"


def new_question(cells: Any) -> None:
    cells.append(written("explain_more", "Why?", 5))


def test_what_changes_is_shown_and_nothing_is_done_before_somebody_agrees(course: Course) -> None:
    before, shown = rows(course), list[Plan]()
    change(course, "layers", new_question)
    with pytest.raises(UsageError, match=r"2 students have handed in; run .* mini --yes'"):
        build_release(course, NAME, execute="never", show=shown.append)
    assert rows(course) == before
    (plan,) = shown
    assert plan.sentences == [
        "explain_more is new: 5 points, open until the class is graded again."
    ]
    ann, ben = plan.effects
    assert (ann.before, ann.after, ann.open) == (9.0, 9.0, 6 + 5)
    assert (ben.before, ben.after, ben.open) == (5.5, 5.5, 4 + 6 + 5)
    console = Console(file=io.StringIO(), width=100)
    print_plan(plan, console)
    assert "then, of 22" in console.file.getvalue()  # type: ignore[attr-defined]


def test_a_new_question_is_open_and_grades_given_by_hand_stay(course: Course) -> None:
    before = rows(course)
    change(course, "layers", new_question)
    done, _ = release(course, agreed=True)
    after = rows(course)
    assert {key: after[key] for key in before} == before
    assert after["ann", "explain_more"] == (None, None, None, True)
    assert done.backup is not None
    assert done.backup.read_bytes()[:6] == b"SQLite"


def test_with_a_question_go_its_grades_and_the_copy_still_has_them(course: Course) -> None:
    before = rows(course)
    change(course, "layers", remove("explain_steps"))
    done, (plan,) = release(course, agreed=True)
    assert plan.sentences == [
        "explain_steps is gone, with its 4 points; with it go what a person entered (ann)."
    ]
    assert plan.effects[0].after == 6.0
    gone = {"explain_steps", "explain_steps says"}
    assert rows(course) == {key: row for key, row in before.items() if key[1] not in gone}
    assert done.backup is not None
    done.backup.rename(course.root / "gradebook.db")
    assert rows(course) == before


def test_a_renamed_question_keeps_its_grades_and_the_answers_handed_in(course: Course) -> None:
    before = rows(course)
    change(course, "layers", rename)
    _, (plan,) = release(course, agreed=True)
    assert plan.sentences == ["explain_words was explain_steps; nothing else changes."]
    after = rows(course)
    assert after["ann", "explain_words"] == before["ann", "explain_steps"]
    assert len(after) == len(before)
    submission = read_submission(course.root / "submitted" / "ann" / NAME, course.release(NAME))
    answer = submission.notebooks["layers"].answer("explain_words")
    assert answer is not None
    assert "normalized over the mini-batch" in answer


def test_a_grade_given_by_hand_for_other_points_is_looked_at_again(course: Course) -> None:
    before = rows(course)
    change(course, "layers", reweigh)
    _, (plan,) = release(course, agreed=True)
    assert plan.sentences == [
        "weigh goes from 4 points to 2 points; "
        "grades given by hand stay, to be looked at again (ann)."
    ]
    assert [effect.after for effect in plan.effects] == [9.0, 5.5 - 2.5 / 2]
    after = rows(course)
    assert after["ann", "weigh"] == (2.5, 3.0, None, True)
    assert {key: row for key, row in after.items() if key != ("ann", "weigh")} == {
        key: row for key, row in before.items() if key != ("ann", "weigh")
    }


def test_a_notebook_may_go_and_another_come(course: Course) -> None:
    old = course.source(NAME) / "deeper.ipynb"
    cells = [given("setup3", "import numpy as np"), check("more", "1 + 1", 2, defines="more")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), old.with_name("other.ipynb"))
    old.unlink()
    release(course, agreed=True)
    after = rows(course)
    assert after["ben", "more"] == (None, None, None, True)
    assert ("ben", "clip_back") not in after
    assert after["ann", "weigh"][1] == 3.0


def test_a_change_that_is_interrupted_changes_nothing_and_can_be_made_again(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows(course)
    change(course, "layers", lambda cells: (new_question(cells), remove("clip")(cells)))
    with monkeypatch.context() as patch:
        patch.setattr(migrate, "_reweigh", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            release(course, agreed=True)
    assert rows(course) == before
    release(course, agreed=True)
    assert ("ann", "explain_more") in rows(course)


def test_a_new_cell_that_is_no_question_asks_nobody(course: Course) -> None:
    before = rows(course)
    change(course, "layers", lambda cells: cells.insert(1, given("more", "import math")))
    _, shown = release(course)
    assert shown == []
    assert rows(course) == before


def test_the_class_is_graded_by_the_new_questions(course: Course) -> None:
    change(course, "deeper", remove("clip_back"))
    release(course, agreed=True)
    known = {score.id for score in grade(course).grades["ann"].questions}
    assert known == {"weigh", "clip", "explain_steps", "explain_numbers"}
    assert rows(course)["ann", "weigh"][:2] == (4.0, 3.0)
