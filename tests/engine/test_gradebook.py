"""What grading said and what the gradebook says is the same, and a person has the last word."""

from __future__ import annotations

import datetime
import re

import mini_course
import pytest
from mini_course import NAME
from msgspec.structs import replace
from nbgrader.api import Gradebook
from sqlalchemy import event

from autograder.course.course import Course
from autograder.errors import UsageError
from autograder.gradebook.comments import REVIEW_COMMENT, WITHHELD_COMMENT, comment_on
from autograder.gradebook.received import submission_time
from autograder.gradebook.rows import enter_submission, open_gradebook
from autograder.gradebook.stored import read_rows, save_rows, submission_row
from autograder.model import CheckResult, Grade, QuestionScore, Status, Verdict

WEIGH = QuestionScore(
    "weigh",
    "layers",
    2.5,
    4.0,
    checks=(
        CheckResult("out_matches", 2.5, 2.5, Verdict.PASSED),
        CheckResult("shape", 0, 1.5, Verdict.FAILED, "out is flat.", None, "Looks at the shape."),
    ),
)
BONUS = QuestionScore("clip", "layers", 0.0, 0.0, extra_credit=3.0)
WRITTEN = QuestionScore("explain_steps", "layers", None, 4.0, needs_review=True)
BACKWARD = QuestionScore("clip_back", "deeper", 0.0, 3.0)
SCALES = QuestionScore("explain_numbers", "deeper", None, 6.0, needs_review=True)
BROKEN = CheckResult("dx_matches", 0, 3, Verdict.GRADER_ERROR)


def grade(*scores: QuestionScore, status: Status = Status.GRADED) -> Grade:
    known = {score.id: score for score in (WEIGH, BONUS, WRITTEN, BACKWARD, SCALES)}
    known |= {score.id: score for score in scores}
    return Grade(NAME, status, None, 17.0, 3.0, (), tuple(known.values()))


@pytest.fixture(scope="module")
def released(released_in, tmp_path_factory) -> Course:
    return released_in(tmp_path_factory.mktemp("gradebook"))


@pytest.fixture
def book(released, tmp_path):
    raw = (released.root / "gradebook.db").read_bytes()
    with open_gradebook(released, NAME) as gradebook:
        yield gradebook
    (released.root / "gradebook.db").write_bytes(raw)


@pytest.fixture
def enter(released, book, tmp_path):
    def enter(own: Grade, student: str = "ada"):
        enter_submission(released, book, student, own, tmp_path)
        return book.find_submission(NAME, student)

    return enter


def row(submission, name: str):
    return next(g for nb in submission.notebooks for g in nb.grades if g.name == name)


def comment(submission, name: str):
    return next(c for nb in submission.notebooks for c in nb.comments if c.name == name)


def blank_rows(submission) -> list[tuple[object, ...]]:
    made = [(submission.timestamp, submission.extension)]
    for notebook in submission.notebooks:
        made.append((notebook.name, notebook.flagged, notebook.late_submission_penalty))
        for g in notebook.grades:
            scores = g.auto_score, g.manual_score, g.extra_credit, g.needs_manual_grade
            made.append((notebook.name, g.name, g.max_score, *scores))
        for c in notebook.comments:
            made.append((notebook.name, c.name, c.auto_comment, c.manual_comment))
    return sorted(made, key=repr)


def test_a_new_submission_has_the_rows_that_nbgrader_makes(book):
    book.add_task_cell("a_task", "deeper", NAME, max_score=2, cell_type="markdown")
    book.add_student("nbgrader's")
    with book.db.no_autoflush:
        theirs = blank_rows(book.add_submission(NAME, "nbgrader's"))
    assert blank_rows(submission_row(book, NAME, "ours")) == theirs
    assert len(theirs) > 9
    book.db.rollback()
    assert "ours" not in {student.id for student in book.students}, "the caller commits"


def test_rows_are_found_by_the_tables_own_keys_in_a_class_of_any_size(enter, book):
    for student in ("ada", "bob"):
        enter(grade(), student)
    asked = []

    def note(_, __, statement, parameters, *___):
        asked.append((statement, parameters))

    event.listen(book.engine, "before_cursor_execute", note)
    read_rows(book, NAME, ["ada", "bob", "new"])
    event.remove(book.engine, "before_cursor_execute", note)
    raw = book.db.connection().connection
    plans = [
        step[3]
        for statement, parameters in asked
        for step in raw.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
    ]
    of_students = [plan for plan in plans if re.search(r"\b(submitted_\w+|grade|comment)\b", plan)]
    assert len(of_students) == 4
    assert all(plan.startswith("SEARCH") for plan in of_students)


def test_what_a_person_enters_meanwhile_stays(enter, book, released):
    enter(grade())
    rows = read_rows(book, NAME, ["ada"])["ada"]
    with open_gradebook(released, NAME) as persons:
        row(persons.find_submission(NAME, "ada"), "weigh").manual_score = 4.0
        persons.db.commit()
    for score in rows.grades:
        score.auto = 0.5
    save_rows(book, [rows])
    book.db.commit()
    found = row(book.find_submission(NAME, "ada"), "weigh")
    assert (found.auto_score, found.manual_score) == (0.5, 4.0)


def test_every_score_has_its_row(enter):
    submission = enter(grade())
    assert row(submission, "weigh").auto_score == 2.5
    assert row(submission, "clip_back").auto_score == 0.0
    assert not row(submission, "weigh").needs_manual_grade
    assert submission.score == 5.5


def test_bonus_points_are_extra_credit_and_nothing_else_is(enter):
    submission = enter(grade())
    assert row(submission, "clip").extra_credit == 3.0
    assert row(submission, "clip").max_score == 0.0
    assert row(submission, "weigh").extra_credit is None


@pytest.mark.parametrize("name", ["explain_steps", "explain_numbers"])
def test_an_answer_that_a_person_grades_waits_for_one(enter, name):
    waiting = row(enter(grade()), name)
    assert waiting.auto_score is None
    assert waiting.needs_manual_grade


def test_a_provisional_score_counts_and_is_flagged(enter):
    provisional = row(enter(grade(replace(SCALES, score=5.0))), "explain_numbers")
    assert provisional.auto_score == 5.0
    assert provisional.needs_manual_grade


def test_a_withheld_question_has_no_score_and_says_why(enter):
    held = replace(BACKWARD, score=None, needs_review=True, checks=(BROKEN,))
    submission = enter(grade(held, status=Status.WITHHELD))
    assert row(submission, "clip_back").auto_score is None
    assert row(submission, "clip_back").needs_manual_grade
    assert comment(submission, "clip_back_answer").auto_comment == WITHHELD_COMMENT
    assert comment(submission, "explain_numbers").auto_comment == REVIEW_COMMENT


def test_a_grade_that_is_withheld_whole_withholds_every_question(enter):
    scores = [replace(s, score=None, needs_review=True, checks=()) for s in grade().questions]
    submission = enter(grade(*scores, status=Status.WITHHELD))
    graded = [c for nb in submission.notebooks for c in nb.comments if c.name != "practice_answer"]
    assert [c.auto_comment for c in graded] == [WITHHELD_COMMENT] * 5


def test_a_question_the_grade_does_not_speak_of_is_never_a_silent_zero(enter):
    spoken = grade()
    partial = replace(spoken, questions=spoken.questions[1:])
    assert row(enter(partial), "weigh").auto_score is None
    assert row(enter(partial), "weigh").needs_manual_grade


def test_a_question_the_gradebook_does_not_know_is_refused(enter):
    unknown = QuestionScore("new_question", "layers", 1.0, 1.0)
    with pytest.raises(UsageError, match="no question 'new_question'"):
        enter(grade(unknown))


def test_grading_again_changes_nothing(enter, book):
    def everything(submission):
        rows = [(g.name, g.auto_score, g.extra_credit, g.needs_manual_grade)
                for nb in submission.notebooks for g in nb.grades]  # fmt: skip
        return rows, [(c.name, c.auto_comment) for nb in submission.notebooks for c in nb.comments]

    assert everything(enter(grade())) == everything(enter(grade()))


def test_what_a_person_entered_stays_and_asks_for_a_second_look(enter, book):
    submission = enter(grade())
    row(submission, "weigh").manual_score = 4.0
    row(submission, "clip").manual_score = 0.0
    row(submission, "clip").extra_credit = 1.0
    comment(submission, "weigh_answer").manual_comment = "Well argued."
    book.db.commit()
    again = enter(grade())
    assert row(again, "weigh").score == 4.0
    assert row(again, "weigh").needs_manual_grade
    assert row(again, "clip").extra_credit == 1.0
    assert comment(again, "weigh_answer").comment == "Well argued."


def test_a_late_submission_is_dealt_with_as_nbgrader_does(released, book, tmp_path):
    book.update_or_create_assignment(NAME, duedate="2026-05-01 12:00 UTC")
    (tmp_path / "timestamp.txt").write_text("2026-05-01 14:00:00 UTC")
    enter_submission(released, book, "late", grade(), tmp_path)
    submission = book.find_submission(NAME, "late")
    assert submission.total_seconds_late == 7200
    assert submission.late_submission_penalty == 0.0


def test_a_penalty_plugin_of_the_course_is_heard(released, book, tmp_path):
    config = released.root / "nbgrader_config.py"
    kept = config.read_text()
    config.write_text(
        kept + "\nfrom nbgrader.plugins import LateSubmissionPlugin\n"
        "class Half(LateSubmissionPlugin):\n"
        "    def late_submission_penalty(self, student_id, score, total_seconds_late):\n"
        "        return score / 2\n"
        "c.AssignLatePenalties.plugin_class = Half\n"
    )
    try:
        book.update_or_create_assignment(NAME, duedate="2026-05-01 12:00 UTC")
        (tmp_path / "timestamp.txt").write_text("2026-05-02 12:00:00 UTC")
        enter_submission(released, book, "late", grade(), tmp_path)
    finally:
        config.write_text(kept)
    assert book.find_submission(NAME, "late").late_submission_penalty == 2.75


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-05-01 14:00:00 UTC", datetime.datetime(2026, 5, 1, 14)),
        ("2026-05-01T14:00:00+02:00", datetime.datetime(2026, 5, 1, 12)),
        ("", None),
        ("yesterday evening", None),
    ],
)
def test_the_time_of_a_submission_is_read_in_utc(tmp_path, text, time):
    (tmp_path / "timestamp.txt").write_text(text)
    assert submission_time(tmp_path) == time


def test_checks_that_fail_for_one_reason_are_one_line():
    twice = replace(WEIGH.checks[1], name="values")
    both = replace(WEIGH, checks=(*WEIGH.checks, twice))
    assert comment_on(both, grade(both)) == "shape, values (0/3): out is flat. Look at the shape."


def test_all_is_well_needs_no_comment():
    right = replace(WEIGH, score=4.0, checks=WEIGH.checks[:1])
    assert comment_on(right, grade(right)) is None


def test_without_a_gradebook_one_sentence_says_what_to_do(tmp_path):
    course = mini_course.make_course(tmp_path)
    advice = r"no gradebook .* run 'autograder release mini' first"
    with pytest.raises(UsageError, match=advice), open_gradebook(course, NAME):
        pass
    assert not (tmp_path / "gradebook.db").exists()


def test_an_assignment_the_gradebook_does_not_know_is_refused(released):
    refusal = pytest.raises(UsageError, match="does not know nope yet")
    with refusal, open_gradebook(released, "nope"):
        pass


def test_nbgrader_reads_what_we_wrote(released, enter):
    enter(grade())
    with Gradebook(f"sqlite:///{released.root}/gradebook.db", "deep-learning") as other:
        assert other.find_submission(NAME, "ada").needs_manual_grade
        assert other.average_assignment_score(NAME) == 5.5
