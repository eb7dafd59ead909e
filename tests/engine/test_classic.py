"""An ordinary nbgrader assignment gets the scores nbgrader gives, but for a few that are named."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import classic_course
import forked
import nbformat
import pytest
from classic_course import ALONE, NAME, STUDENTS, copy
from hypothesis import given
from hypothesis import strategies as st
from mini_course import cells
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.utils import determine_grade

from autograder.classroom.batch import grade_class
from autograder.classroom.packing import pack_course, unpack_course
from autograder.classroom.recorded import recorded_grades
from autograder.course.course import Course
from autograder.grading.grade import Grader
from autograder.grading.rule import points_of
from autograder.model import FROM_SUBMISSION
from autograder.outputs.report import render_report
from autograder.release.build import build_release, course_config, course_directory
from autograder.sandbox.cells import CellRun

STOCK = "c = get_config()\nc.Execute.timeout = 3\n"
WAITS = (None, True)
"""A score that a person gives: none yet, and flagged."""
DIFFERENCES = {
    # Text on stderr is no error: warnings are what honest code writes.
    ("noisy", "numbers", "squares_test"): ((0, False), (4, False)),
    ("noisy", "words", "count_test"): ((0, False), (2, False)),
    # A student's tags do not keep a test from being run.
    ("forged", "numbers", "mean_test"): ((3, False), (0, False)),
    # A deleted test is put back, and run.
    ("removed", "numbers", "squares_test"): (WAITS, (4, False)),
    # A process that ends costs the cell that ended it; nbgrader gives up the whole submission.
    ("exits", "numbers", "squares_test"): (WAITS, (4, False)),
    ("exits", "numbers", "mean_test"): (WAITS, (0, False)),
    ("exits", "numbers", "tidy"): (WAITS, (1, False)),
    ("exits", "words", "count_test"): (WAITS, (2, False)),
    ("exits", "words", "rate_test"): (WAITS, (2, False)),
    ("exits", "words", "tidy"): (WAITS, (1, False)),
    # A value above the points asks for a person; nbgrader gives up what comes after it.
    ("toomuch", "words", "tidy"): (WAITS, (1, False)),
    # So does a test that was pasted a second time, there for all students that come later.
    ("twice", "numbers", "squares_test"): (WAITS, (4, False)),
    ("twice", "numbers", "mean_test"): (WAITS, (3, False)),
    ("twice", "numbers", "tidy"): (WAITS, (1, False)),
    ("twice", "words", "count_test"): (WAITS, (2, False)),
    ("twice", "words", "rate_test"): (WAITS, (2, False)),
    ("twice", "words", "tidy"): (WAITS, (1, False)),
}
"""What nbgrader's gradebook says, and what ours says: score, and whether a person is asked."""


def rows(course: Course) -> dict[tuple[str, ...], Any]:
    """All that the gradebook says of the class."""
    found: dict[tuple[str, ...], Any] = {}
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as book:
        for submission in book.assignment_submissions(NAME):
            for notebook in submission.notebooks:
                where = (submission.student.id, notebook.name)
                for row in notebook.grades:
                    known = (row.auto_score, row.needs_manual_grade)
                    found[*where, row.name] = (*known, row.extra_credit, row.manual_score)
                for comment in notebook.comments:
                    found[*where, comment.name, "comment"] = comment.auto_comment
    return found


def scores(course: Course) -> dict[tuple[str, ...], Any]:
    return {key: row[:2] for key, row in rows(course).items() if key[-1] != "comment"}


@pytest.fixture(scope="module")
def handed_in(classic, tmp_path_factory) -> Course:
    course = copy(classic, tmp_path_factory.mktemp("handed-in"))
    classic_course.hand_in(course)
    return course


@pytest.fixture(scope="module")
def batch(handed_in, tmp_path_factory) -> Course:
    """The class as `autograder grade` leaves it."""
    course = copy(handed_in, tmp_path_factory.mktemp("batch"))
    grade_class(course, NAME, jobs=1)
    return course


@pytest.fixture(scope="module")
def autograded(handed_in, tmp_path_factory) -> Course:
    """The class as `nbgrader autograde` leaves it, with this package's plug-ins."""
    course = copy(handed_in, tmp_path_factory.mktemp("plugins"))
    done = forked.run("nbgrader", "autograde", NAME, cwd=course.root)
    assert done.returncode == 0, done.stderr
    return course


@pytest.fixture(scope="module")
def stock(handed_in, tmp_path_factory) -> Course:
    """The class as nbgrader alone leaves it."""
    course = copy(handed_in, tmp_path_factory.mktemp("stock"))
    classic_course.hand_in(course, ALONE)
    (course.root / "nbgrader_config.py").write_text(STOCK)
    (course.root / "gradebook.db").unlink()
    shutil.rmtree(course.root / "release")
    assert classic_course.stock(course, "generate_assignment", NAME) == 0
    classic_course.stock(course, "autograde", NAME)  # some submissions it cannot grade
    return course


class TestScores:
    @pytest.mark.slow
    def test_are_nbgraders_own_but_for_the_named_differences(self, stock, batch, quick, tmp_path):
        theirs = scores(stock)
        ours = scores(batch)
        for student in ALONE:
            folder = stock.root / "submitted" / student / NAME
            for q in quick.grade(folder).grade.questions:
                ours[student, q.notebook, q.id] = (q.score, q.needs_review)
        assert {key[0] for key in ours} == {*STUDENTS, *ALONE}
        assert ours.keys() == theirs.keys()
        differ = {key: (theirs[key], ours[key]) for key in ours if theirs[key] != ours[key]}
        assert differ == DIFFERENCES

    @pytest.mark.slow
    def test_comments_are_nbgraders_own(self, stock, batch):
        said = {key: text for key, text in rows(batch).items() if key[-1] == "comment"}
        whole = {"exits", "toomuch", "broken"}  # nbgrader does not get to their comments
        usual = {key: text for key, text in said.items() if key[0] not in whole}
        theirs = rows(stock)
        assert usual == {key: theirs[key] for key in usual}
        assert said["blank", "words", "count", "comment"] == "No response."

    def test_are_the_same_from_nbgrader_autograde(self, batch, autograded):
        assert rows(autograded) == rows(batch)

    def test_are_the_same_from_formgraders_button(self, batch, tmp_path, monkeypatch):
        course = copy(batch, tmp_path / "button")
        shutil.rmtree(course.root / "autograded" / "hidden")
        monkeypatch.chdir(course.root)
        config = course_config(course.root)
        pressed = NbGraderAPI(course_directory(course.root), config=config)
        done = pressed.autograde(NAME, "hidden")
        assert done["success"], done
        assert rows(course) == rows(batch)

    def test_are_the_same_from_a_machine_without_the_course(self, batch, tmp_path):
        there = unpack_course(pack_course(batch, NAME), NAME, tmp_path)
        with Grader(there, NAME) as grader:
            graded = grader.grade(batch.root / "submitted" / "hidden" / NAME).grade
        assert graded == recorded_grades(batch, NAME)["hidden"]

    def test_are_the_same_from_autograder_check(self, batch):
        checked = {}
        with Grader(batch, NAME) as grader:
            for student in STUDENTS:
                for q in grader.grade(batch.root / "submitted" / student / NAME).grade.questions:
                    checked[student, q.notebook, q.id] = (q.score, q.needs_review)
        assert checked == scores(batch)

    def test_of_one_notebook_are_its_own(self, batch):
        with Grader(batch, NAME, only="words") as grader:
            grade = grader.grade(batch.root / "submitted" / "right" / NAME).grade
        assert (grade.score, grade.max_score) == (5, 5)


def outputs() -> st.SearchStrategy[list[dict[str, Any]]]:
    values = st.sampled_from(["2.5", "0", "4", "-1", "nan", "'x'", "None", "1e0", "True", "2_0"])
    text = st.sampled_from([{"output_type": "stream", "name": "stdout", "text": "7"}])
    shown = values.map(
        lambda value: {"output_type": "display_data", "metadata": {}, "data": {"text/plain": value}}
    )
    result = values.map(
        lambda value: {
            "output_type": "execute_result",
            "execution_count": 1,
            "metadata": {},
            "data": {"text/plain": value},
        }
    )
    error = st.just({"output_type": "error", "ename": "E", "evalue": "", "traceback": []})
    return st.lists(st.one_of(text, shown, result, error), max_size=4)


@given(outputs())
def test_the_rule_is_nbgraders(outputs):
    own = {"grade": True, "solution": False, "locked": True, "points": 4, "grade_id": "q"}
    cell = nbformat.v4.new_code_cell("", metadata={"nbgrader": own})
    cell.outputs = [nbformat.from_dict(output) for output in outputs]
    try:
        theirs = determine_grade(cell)[0]
    except ValueError:  # above the points
        theirs = None
    assert points_of(CellRun("q", "ok", outputs, 0.0), 4) == theirs


class TestPages:
    def test_say_that_verdicts_are_the_submissions(self, batch):
        words = ("check", f"submitted/right/{NAME}", "--assignment", NAME)
        done = forked.run("autograder", *words, cwd=batch.root)
        assert FROM_SUBMISSION in " ".join(done.stdout.split())
        grades = recorded_grades(batch, NAME)
        assert FROM_SUBMISSION.replace("'", "&#39;") in render_report(NAME, grades)

    def test_graders_see_the_hidden_tests_and_what_came_of_them(self, batch):
        path = batch.root / "autograded" / "hidden" / NAME / "numbers.ipynb"
        test = cells(path)["squares_test"]
        assert "hidden words about zero" in "".join(test["source"])
        assert test["outputs"][0]["ename"] == "AssertionError"
        assert "naming three" in "".join(cells(path)["survey"]["source"])

    def test_students_do_not(self, batch):
        done = forked.run("nbgrader", "generate_feedback", NAME, cwd=batch.root)
        assert done.returncode == 0, done.stderr
        page = (batch.root / "feedback" / "hidden" / NAME / "numbers.html").read_text()
        assert "A hidden test failed (AssertionError)." in page
        assert "hidden words" not in page
        assert FROM_SUBMISSION.split("'")[0] in page
        assert 'id="question-survey"' in page

    def test_a_score_given_by_hand_stays(self, batch, tmp_path):
        course = copy(batch, tmp_path / "by-hand")
        with Gradebook(f"sqlite:///{course.root}/gradebook.db") as book:
            book.find_grade("survey", "numbers", NAME, "right").manual_score = 3.0
            book.db.commit()
        grade_class(course, NAME, students=["right"], jobs=1, force=True)
        assert rows(course)["right", "numbers", "survey"] == (None, True, None, 3.0)


def test_nbgraders_own_example_is_graded(tmp_path):
    import nbgrader

    example = Path(nbgrader.__file__).parent / "docs" / "source" / "user_guide"
    shutil.copytree(example / "source" / "ps1", tmp_path / "source" / "ps1")
    shutil.copy(classic_course.ROOT / "nbgrader_config.py", tmp_path)
    course = Course.find(tmp_path)
    build_release(course, "ps1", execute="never")
    with Grader(course, "ps1") as grader:
        first, second = (
            grader.grade(example / "submitted" / student / "ps1").grade
            for student in ("bitdiddle", "hacker")
        )
    assert (first.score, second.score) == (1.5, 3.0)
    assert first.unanswered == (("problem1", "sum_of_squares_application"),)
