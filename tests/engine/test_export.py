"""An exported score is never a number that nobody gave."""

from __future__ import annotations

import csv
import io

import pytest
from mini_course import NAME
from msgspec.structs import replace
from test_gradebook import BACKWARD, BROKEN, SCALES, WRITTEN, grade
from traitlets.config import Configurable

from autograder.course.nbgrader_view import course_directory
from autograder.errors import UsageError
from autograder.gradebook.rows import enter_submission, open_gradebook
from autograder.model import Status
from autograder.outputs.export import GradesCsv, grade_rows, to_csv


@pytest.fixture(scope="module")
def course(released_in, tmp_path_factory):
    return released_in(tmp_path_factory.mktemp("export"))


@pytest.fixture(scope="module")
def book(course):
    held = replace(BACKWARD, score=None, needs_review=True, checks=(BROKEN,))
    by_person = [replace(s, score=2.0, needs_review=False) for s in (WRITTEN, SCALES)]
    class_ = {
        "waiting": grade(),
        "held": grade(held, status=Status.WITHHELD),
        "done": grade(*by_person),
    }
    with open_gradebook(course, NAME) as gradebook:
        gradebook.add_student("absent", last_name="O'Hara, Jr.", first_name="=1+1")
        for student, own in class_.items():
            enter_submission(course, gradebook, student, own, course.root)
        yield gradebook


@pytest.fixture
def rows(course, book):
    return {row.student_id: row for row in grade_rows(course, book)}


class Export(Configurable):
    """nbgrader's own command, as far as a plugin asks it."""

    def __init__(self, course):
        super().__init__()
        self.coursedir = course_directory(course.root)


def test_a_withheld_grade_is_printed_as_withheld(rows):
    held = rows["held"]
    assert (held.score, held.raw_score, held.status) == ("withheld", "withheld", "withheld")
    assert "clip_back" in held.waiting_for.split()


def test_a_grade_that_waits_for_a_person_says_for_what(rows):
    waiting = rows["waiting"]
    assert (waiting.score, waiting.raw_score, waiting.status) == ("waiting",) * 3
    assert waiting.points == {
        "weigh": "2.5", "clip": "3.0", "explain_steps": "waiting",
        "clip_back": "0.0", "explain_numbers": "waiting",
    }  # fmt: skip
    assert waiting.waiting_for.split() == ["explain_numbers", "explain_steps"]


def test_a_finished_grade_is_final(rows):
    done = rows["done"]
    assert (done.score, done.extra_credit, done.status) == ("9.5", "3.0", "graded")


def test_who_did_not_submit_is_named(rows):
    absent = rows["absent"]
    assert (absent.score, absent.raw_score, absent.status) == ("missing",) * 3
    assert set(absent.points.values()) == {"missing"}


def test_a_score_a_person_entered_ends_the_withholding(course, book):
    submission = book.find_submission(NAME, "held")
    rows = [row for notebook in submission.notebooks for row in notebook.grades]
    held = next(row for row in rows if row.name == "clip_back")
    held.manual_score, held.needs_manual_grade = 3.0, False
    book.db.commit()
    try:
        (row,) = grade_rows(course, book, students=["held"])
        assert (row.points["clip_back"], row.score, row.status) == ("3.0", "waiting", "waiting")
    finally:
        held.manual_score, held.needs_manual_grade = None, True
        book.db.commit()


def test_names_with_commas_and_formulas_stay_in_their_column(course, book):
    text = to_csv(grade_rows(course, book, [NAME], ["absent"]))
    heading, line = csv.reader(io.StringIO(text))
    person = dict(zip(heading, line, strict=True))
    assert (person["last_name"], person["first_name"]) == ("O'Hara, Jr.", "'=1+1")


def test_the_first_columns_are_nbgraders_own(book):
    heading = to_csv([]).strip().split(",")
    assert heading[:11] == [
        "assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email",
        "raw_score", "late_submission_penalty", "score", "max_score",
    ]  # fmt: skip


@pytest.mark.parametrize("wrong", [{"students": ["nobody"]}, {"assignments": ["nothing"]}])
def test_who_is_not_there_cannot_be_exported(course, book, wrong):
    with pytest.raises(UsageError, match="The gradebook knows no"):
        grade_rows(course, book, **wrong)


def test_the_plugin_writes_where_it_is_told(course, book, tmp_path):
    plugin = GradesCsv(to=str(tmp_path / "class.csv"), student=["done"], parent=Export(course))
    plugin.export(book)
    assert (tmp_path / "class.csv").read_text("utf-8-sig") == to_csv(
        grade_rows(course, book, students=["done"])
    )
