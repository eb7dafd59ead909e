"""A scripted term: from the second day to the exported grade, in the order of docs/instructor.md.

Twenty-four students, half of them through nbgrader's exchange, half in a zip of Moodle's. A person
grades in formgrader, in a browser. After each step the gradebook, the report, the students' pages
and the export say the same of everybody.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import nbformat
import pytest
from batch_class import NO_BIAS, NO_CLIP, RIGHT
from mini_course import NAME, ReleasedIn, written
from nbgrader.api import Gradebook

if not os.environ.get("CI"):  # where tests count, a missing browser is a failure
    pytest.importorskip("playwright", reason="needs playwright, of the dev extra")
    if pytest.importorskip("lab").browser_path() is None:
        pytest.skip("no Chromium on this machine", allow_module_level=True)

import lab
from playwright.sync_api import sync_playwright
from term import (
    Exchange,
    Mistakes,
    Said,
    answered,
    moodle_zip,
    of_export,
    of_feedback,
    of_gradebook,
    of_report,
    run,
)

from autograder.course.course import PRIVATE, Course

pytestmark = pytest.mark.slow

BY_HAND = {"explain_steps": 3.0, "explain_numbers": 5.0}
AT_ZERO = {"clip_back_answer": ("cache > 0.0", "cache >= 0.0")}
STRICTER = """

@pytest.mark.question("clip_back")
def test_nothing_comes_back_at_zero(student, rng):
    x = np.zeros((3, 4))
    compare.values("dx", student.clip_back(x + 1.0, x), x)
"""
KINDS: list[Mistakes] = [RIGHT, NO_BIAS, NO_CLIP, NO_BIAS | AT_ZERO]
OTHERS = [f"ex{number:02d}" for number in range(12)]
CLASSMATES = [f"mo{number:02d}" for number in range(12)]
WORK = {student: KINDS[i % 4] for i, student in enumerate([*OTHERS, *CLASSMATES])}
LATE = """
from nbgrader.plugins import LateSubmissionPlugin


class Two(LateSubmissionPlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return 2.0


c.AssignLatePenalties.plugin_class = Two
"""


@pytest.fixture(scope="module")
def course(released_in: ReleasedIn, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The course on its first day: released, and nobody has handed in."""
    return released_in(tmp_path_factory.mktemp("term"))


@pytest.fixture(scope="module")
def exchange(course: Course, tmp_path_factory: pytest.TempPathFactory) -> Exchange:
    """Nbgrader's exchange."""
    return Exchange(course, tmp_path_factory.mktemp("exchange"))


@pytest.fixture(scope="module")
def formgrader(course: Course, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A page in the grader's browser, and formgrader's address."""
    home = tmp_path_factory.mktemp("home")
    with (
        lab.jupyterlab(course.root, home) as address,
        sync_playwright() as playwright,
        lab.chromium(playwright) as browser,
    ):
        page = browser.new_context().new_page()
        parts = urlsplit(address)
        page.goto(f"{parts.scheme}://{parts.netloc}/formgrader/manage_assignments?{parts.query}")
        yield page, f"{parts.scheme}://{parts.netloc}/formgrader"


def agreed(course: Course) -> dict[str, Said]:
    """What every door says; they say the same."""
    run(course, "feedback", NAME)
    run(course, "report", NAME)
    found = of_gradebook(course)
    assert of_feedback(course) == found
    assert of_report(course) == found
    for student, row in of_export(course).items():
        said = found[student]
        assert row["status"] == ("waiting" if said.waits else "graded"), student
        if not said.waits:
            assert float(row["score"]) == pytest.approx(said.points + said.extra, abs=0.01)
    return found


def grade_by_hand(course: Course, scores: dict[str, float], students: list[str]) -> None:
    """What a grader enters, without the browser."""
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as book:
        for student in students:
            for notebook in book.find_submission(NAME, student).notebooks:
                for row in notebook.grades:
                    if row.name in scores:
                        row.manual_score, row.needs_manual_grade = scores[row.name], False
        book.db.commit()


def enter(formgrader: Any, course: Course, student: str, scores: dict[str, float]) -> None:
    """A grader enters points in formgrader, one question after the other."""
    page, site = formgrader
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as book:
        places = {
            row.name: str(notebook.id)
            for notebook in book.find_submission(NAME, student).notebooks
            for row in notebook.grades
        }
    for question, score in scores.items():
        page.goto(f"{site}/submissions/{places[question]}/?index=0")
        page.wait_for_load_state("networkidle")
        box = page.locator(f"input.score#{question}")
        box.fill(f"{score:g}")
        with page.expect_response(lambda answer: "/api/grade/" in answer.url):
            box.blur()


def test_a_term(course: Course, exchange: Exchange, formgrader: Any, tmp_path: Path) -> None:
    # Handed out, and handed in by both doors.
    exchange.release()
    for student in OTHERS:
        exchange.submit(student, lambda folder, own=WORK[student]: answered(course, folder, own))
    exchange.collect()
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as book:
        for number, student in enumerate(CLASSMATES):
            book.update_or_create_student(
                student, first_name=student.title(), last_name="Moodle",
                email=f"{student}@uni.edu", lms_user_id=str(number),
            )  # fmt: skip
    packed = moodle_zip(course, tmp_path / "moodle.zip", {one: WORK[one] for one in CLASSMATES})
    assert "mo11" in run(course, "collect", str(packed), NAME, "--yes")

    # Graded: the written answers wait.
    run(course, "grade", NAME, "--jobs", "1")
    first = agreed(course)
    assert sorted(first) == sorted(WORK)
    assert {said.waits for said in first.values()} == {True}
    assert first["ex00"] == first["mo00"] == Said(7.0, 3.0, True)
    assert first["ex01"].points < 4.0 + 3.0
    assert first["ex02"].extra < 3.0

    # A person grades, some of it in formgrader.
    enter(formgrader, course, "ex00", BY_HAND)
    grade_by_hand(course, BY_HAND, [student for student in WORK if student != "ex00"])
    graded = agreed(course)
    assert graded["ex00"] == graded["mo00"] == Said(15.0, 3.0, False)
    assert {said.waits for said in graded.values()} == {False}

    # A hidden check is added; it is tried before it counts, and nobody loses a hand grade.
    checks = course.root / PRIVATE / NAME / "checks" / "test_clip.py"
    checks.write_text(f"import numpy as np\n{checks.read_text()}{STRICTER}")
    tried = run(course, "grade", NAME, "--dry-run", "--jobs", "1")
    assert of_gradebook(course) == graded
    assert tried.count("(the checks changed): clip_back -0.75") == 6
    assert "ex00, ex01, ex02, ex04, ex05, ex06 and 12 more: points as before" in tried
    run(course, "grade", NAME, "--jobs", "1")
    stricter = agreed(course)
    changed = {student for student in WORK if stricter[student] != graded[student]}
    assert changed == {student for student, own in WORK.items() if own is KINDS[3]}
    assert all(student in tried for student in changed)

    # A new question: everybody waits again, for that one only.
    source = course.source(NAME) / "layers.ipynb"
    notebook = nbformat.read(source, as_version=4)
    notebook.cells.append(written("explain_more", "Why?", 5))
    nbformat.write(notebook, source)
    run(course, "release", NAME, "--yes")
    run(course, "grade", NAME, "--jobs", "1")
    wider = agreed(course)
    assert {student: said.points for student, said in wider.items()} == {
        student: said.points for student, said in stricter.items()
    }
    grade_by_hand(course, {"explain_more": 1.0}, list(WORK))
    wider = agreed(course)
    assert wider["ex00"] == Said(16.0, 3.0, False)

    # One hands in again, late: the mistake is gone, and being late costs two points a notebook.
    due = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f UTC")
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as book:
        book.update_or_create_assignment(NAME, duedate=due)
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + LATE)
    exchange.submit("ex01", lambda folder: answered(course, folder, RIGHT))
    exchange.collect()
    run(course, "grade", NAME, "--jobs", "1")
    assert of_export(course)["ex01"]["waiting_for"] == ["explain_more"]  # its answer is another
    grade_by_hand(course, {"explain_more": 1.0}, ["ex01"])
    late = agreed(course)
    assert late["ex01"] == Said(wider["ex00"].points - 4.0, 3.0, False)
    assert {s: t for s, t in late.items() if s != "ex01"} == {
        s: t for s, t in wider.items() if s != "ex01"
    }
    told = run(course, "history", "ex01", "--assignment", NAME)
    assert "(the submission changed): weigh +4 by" in told

    # One drops the course, and one argues: a grader gives the points back by hand.
    run(course, "forget", "ex11", "--yes")
    enter(formgrader, course, "mo01", {"weigh": 4.0})
    last = agreed(course)
    assert "ex11" not in last
    assert last["mo01"].points == wider["ex00"].points
    run(course, "grade", NAME, "--jobs", "1", "--force")
    assert agreed(course) == last

    # Whoever reads the pages can, on whatever screen and by whatever means.
    pages = [*(course.root / "reports").glob("*.html")]
    pages += (course.root / "feedback" / "ex03" / NAME).glob("*.html")
    assert [page.name for page in pages if "similar" in page.name or "answers" in page.name]
    with formgrader[0].context.browser.new_context() as context:
        assert [said for page in pages for said in lab.serious(context.new_page(), page)] == []

    # What leaves.
    table = run(course, "export", NAME)
    assert "ex11" not in table
    assert table.count(",graded,") == len(last) == 23
    moodle = tmp_path / "grades.csv"
    run(course, "export", NAME, "--to", "moodle", "--output", str(moodle))
    assert "mo01@uni.edu" in moodle.read_text(encoding="utf-8-sig")
    returned = json.loads(run(course, "export", NAME, "--to", "json"))
    assert len(returned["students"]) == 23
