"""Whatever shows a score shows the gradebook's: hand grades, late penalties, who is gone."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from batch_class import NO_BIAS, RIGHT, grade, grade_by_hand, hand_in
from mini_course import NAME, ReleasedIn, copy_of
from typer.testing import CliRunner

from autograder.classroom.recorded import GONE, odd_folders, recorded_class, recorded_grades
from autograder.cli import app
from autograder.course.course import Course
from autograder.errors import UsageError
from autograder.gradebook.rows import open_gradebook
from autograder.gradebook.writing import Writer
from autograder.model import Grade, Status
from autograder.outputs.export import grade_rows
from autograder.outputs.progress import points

BY_HAND = {"explain_steps": 4.0, "explain_numbers": 5.0}
PLUGIN = """
from nbgrader.plugins import LateSubmissionPlugin


class Two(LateSubmissionPlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return 2.0


c.AssignLatePenalties.plugin_class = Two
"""


@pytest.fixture(scope="module")
def graded(released_in: ReleasedIn, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Three are graded, one of them by a person too; not to be changed."""
    course = released_in(tmp_path_factory.mktemp("settled"))
    for student, mistakes in {"ann": RIGHT, "ben": NO_BIAS, "cat": RIGHT}.items():
        folder = hand_in(course, student, mistakes)
        (folder / "timestamp.txt").write_text("2026-05-02 12:00:00 UTC")
    grade(course)
    grade_by_hand(course, "ann", BY_HAND)
    return course


@pytest.fixture
def course(graded: Course, tmp_path: Path) -> Course:
    """The same, to be changed."""
    return copy_of(graded, tmp_path / "course")


def due(course: Course, date: str | None) -> None:
    with open_gradebook(course, NAME) as book:
        book.update_or_create_assignment(NAME, duedate=date)


def exported(course: Course) -> dict[str, Any]:
    with open_gradebook(course, NAME) as book:
        return {row.student_id: row for row in grade_rows(course, book)}


def run(course: Course, monkeypatch: pytest.MonkeyPatch, *command: str) -> str:
    monkeypatch.chdir(course.root)
    done = CliRunner().invoke(app, command, env={"COLUMNS": "200"})
    assert done.exit_code == 0, done.output
    return done.output


def test_hand_grades_are_in_the_class_and_its_report(
    graded: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = recorded_grades(graded, NAME)
    assert points(known["ann"]) == "16 of 17 + 3"
    assert points(known["cat"]) == "7 of 17 + 3 (10 open)"
    assert run(graded, monkeypatch, "report", NAME).startswith("Wrote ")
    page = (graded.root / "reports" / "mini.html").read_text()
    assert "16 of 17 + 3" in page
    assert "A person gave this." in page


def test_a_run_that_grades_nothing_anew_shows_them_too(course: Course) -> None:
    result = grade(course)
    assert result.fresh == ()
    assert result.grades == recorded_grades(course, NAME)
    assert result.grades["ann"].score == 16


def test_check_says_what_the_gradebook_makes_of_it(
    graded: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = run(graded, monkeypatch, "check", f"submitted/ann/{NAME}")
    assert "In the gradebook: 16 of 17 + 3; by hand: " in said
    assert "explain_steps 4" in said


def test_a_changed_due_date_and_rule_take_effect_without_force(course: Course) -> None:
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + PLUGIN)
    due(course, "2026-05-01 12:00 UTC")
    late = grade(course)
    assert late.fresh == ()
    assert points(late.grades["ann"]) == "12 of 17 + 3 (4 off for being late)"
    assert exported(course)["ann"].score == "15.0"
    assert recorded_grades(course, NAME)["ann"] == late.grades["ann"]
    facts = recorded_class(course, NAME)[1]
    assert facts.late == dict.fromkeys(("ann", "ben", "cat"), 86_400.0)
    due(course, "2026-06-01 12:00 UTC")
    assert points(grade(course).grades["ann"]) == "16 of 17 + 3"
    assert exported(course)["ann"].score == "19.0"


def test_extensions_and_drops_of_the_courses_file_are_everywhere(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = course.root / "nbgrader_config.py"
    policy = 'c.AssignLatePenalties.plugin_class = "autograder.gradebook.late.LatePolicy"\n'
    config.write_text(config.read_text() + policy)
    due(course, "2026-05-01 12:00 UTC")
    table = course.root / "extensions.csv"
    table.write_text(f"student_id,assignment,extension,dropped\nann,{NAME},2 d,\ncat,,,yes\n")
    result = grade(course, jobs=1)
    assert list(result.grades) == ["ann", "ben"]
    assert not result.grades["ann"].late_penalty
    assert result.grades["ben"].late_penalty == 0.6, "a tenth of 3 points and of 3 bonus points"
    grades, facts = recorded_class(course, NAME)
    assert (list(grades), list(facts.late)) == (["ann", "ben"], ["ben"])
    assert (facts.extended, facts.dropped, facts.missing) == (("ann",), ("cat",), ())
    assert list(exported(course)) == ["ann", "ben"]
    assert (
        "Left the course"
        in run(course, monkeypatch, "report") + (course.root / "reports" / "mini.html").read_text()
    )
    with pytest.raises(UsageError, match="cat has dropped mini"):
        grade(course, students=["cat"], jobs=1)
    table.write_text("student_id,dropped\nzoe,no\n")
    again = grade(course, jobs=1)
    assert list(again.grades) == ["ann", "ben", "cat"], "a row that is gone counts no more"
    assert again.grades["ann"].late_penalty
    assert "is the name right?" in again.folders["zoe"]


def test_who_is_taken_out_of_the_gradebook_is_not_in_the_report(course: Course) -> None:
    with open_gradebook(course, NAME) as book:
        book.remove_student("ben")
    assert list(recorded_grades(course, NAME)) == ["ann", "cat"]


def test_who_has_no_folder_any_more_is_named_and_not_counted(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(course.root / "submitted" / "ben")
    known = recorded_grades(course, NAME)
    assert odd_folders(course, NAME, known) == ({"ben": GONE}, {})
    run(course, monkeypatch, "report", NAME)
    page = (course.root / "reports" / "mini.html").read_text()
    assert "<dt>submissions</dt><dd>2</dd>" in page
    assert "<strong>ben</strong>: graded, but the folder is not in submitted/ any more" in page


def test_a_grade_says_so_where_nothing_was_entered(graded: Course) -> None:
    ben: Grade = recorded_grades(graded, NAME)["ben"]
    assert not ben.late_penalty
    assert not any(score.by_hand for score in ben.questions)


def test_every_format_says_what_the_gradebook_says(
    graded: Course, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Ann is final; Ben and Cat wait for a person, and are no number anywhere."""
    table = tmp_path / "grades.csv"
    run(graded, monkeypatch, "export", "--output", str(table))
    assert table.read_bytes().startswith(b"\xef\xbb\xbf"), "Excel needs the mark"
    rows = list(csv.DictReader(table.read_text("utf-8-sig").splitlines()))
    assert [row["score"] for row in rows] == ["19.0", "waiting", "waiting"]
    checks = [name for name in rows[1] if name.startswith("weigh.")]
    assert float(rows[1]["weigh"]) == pytest.approx(sum(float(rows[1][name]) for name in checks))
    assert rows[0]["explain_steps"] == "4.0"
    results = tmp_path / "results"
    run(graded, monkeypatch, "export", "--to", "gradescope", "--output", str(results))
    assert json.loads((results / "ann.json").read_text())["score"] == 19.0
    assert [path.name for path in results.iterdir()] == ["ann.json"]
    canvas = run(graded, monkeypatch, "export", "--to", "canvas")
    assert "ann,,19.0" in canvas
    assert "ben is waiting, and left out." in canvas
    suites = run(graded, monkeypatch, "export", "--to", "junit")
    assert re.search(r'<testsuite name="ben" failures="[1-9]', suites)


def test_the_report_leads_to_all_answers_that_a_person_reads(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(course.root)
    told = CliRunner().invoke(app, ["report", "--formgrader", "https://hub/formgrader/"])
    assert told.exit_code == 0
    reports = course.root / "reports"
    assert f'href="{NAME}-answers.html"' in (reports / f"{NAME}.html").read_text()
    page = (reports / f"{NAME}-answers.html").read_text()
    with open_gradebook(course, NAME) as book:
        ids = {n.id for s in book.assignment_submissions(NAME) for n in s.notebooks}
    links = re.findall(r'<a href="https://hub/formgrader/submissions/(\w+)/">(\w+)</a>', page)
    assert {id_ for id_, _ in links} == ids
    assert [student for _, student in links] == ["ann", "ben", "cat"] * 2
    assert page.count('<span class="soft">waits</span>') == 4
    assert '<span class="soft">5</span>' in page


def test_a_run_that_ends_before_it_has_written_loses_no_late_penalty(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + PLUGIN)
    due(course, "2026-05-03 00:00:00 UTC")
    folder = hand_in(course, "cat", NO_BIAS)
    (folder / "timestamp.txt").write_text("2026-05-04 12:00:00 UTC")

    def ended(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Writer, "write", ended)
        grade(course)
    assert recorded_grades(course, NAME)["cat"].status is Status.WITHHELD
    assert grade(course).fresh == ()
    assert recorded_grades(course, NAME)["cat"].late_penalty == 4.0
