"""A scripted term, from the first day to the exported grade: docs/instructor.md, run as it stands.

Twenty-four students, half of them through nbgrader's exchange, half in a zip of Moodle's. A person
grades in formgrader, in a browser. After each step the gradebook, the report, the students' pages
and the export say the same of everybody.
"""

from __future__ import annotations

import os
import zipfile
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
from life import Life
from playwright.sync_api import sync_playwright
from term import (
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

pytestmark = [
    pytest.mark.slow,
    # nbgrader's release_feedback leaves dates open that it has read
    pytest.mark.filterwarnings("ignore:unclosed file.*timestamp:ResourceWarning"),
]

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
COLUMNS = "id,first_name,last_name,email,lms_user_id"
NAMES = {
    "ada": "ex01",
    "bob": "ex03",
    "eve": "ex11",
    "2026-05-01 23:59 UTC": "2126-05-01 23:59 UTC",
    "grace_minutes = 15": "grace_minutes = 0",
}
"""Other names than the page's, a due date that is still to come, and no grace."""


@pytest.fixture(scope="module")
def course(released_in: ReleasedIn, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The course on its first day: released, and nobody has handed in."""
    return released_in(tmp_path_factory.mktemp("term"))


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
    run(course, "feedback", NAME, "--jobs", "1")
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


def set_due(course: Course, due: str) -> None:
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as book:
        book.update_or_create_assignment(NAME, duedate=due)


def test_a_term(course: Course, formgrader: Any, tmp_path: Path) -> None:
    packed = moodle_zip(course, tmp_path / "moodle.zip", {one: WORK[one] for one in CLASSMATES})
    life = Life(course, tmp_path, {**NAMES, "moodle.zip": str(packed)})
    life.students = {
        student: lambda folder, own=WORK[student]: answered(course, folder, own)
        for student in OTHERS
    }
    roster = [f"{one},{one.title()},Moodle,{one}@uni.edu,{i}" for i, one in enumerate(CLASSMATES)]
    (course.root / "roster.csv").write_text("\n".join([COLUMNS, *roster]))

    # Handed out, and handed in by both doors.
    life.follow("Hand out")
    assert "mo11" in life.follow("Collect")[-1]

    # Graded: the written answers wait.
    life.follow("Grade")
    life.follow("Look")
    first = agreed(course)
    assert sorted(first) == sorted(WORK)
    assert {said.waits for said in first.values()} == {True}
    assert first["ex00"] == first["mo00"] == Said(7.0, 3.0, True)
    assert first["ex01"].points < 4.0 + 3.0
    assert first["ex02"].extra < 3.0

    # A person grades, some of it in formgrader.
    life.follow("Grade by hand")
    enter(formgrader, course, "ex00", BY_HAND)
    grade_by_hand(course, BY_HAND, [student for student in WORK if student != "ex00"])

    # The pages go back, by both doors.
    life.follow("Hand back")
    graded = agreed(course)
    assert graded["ex00"] == graded["mo00"] == Said(15.0, 3.0, False)
    assert {said.waits for said in graded.values()} == {False}
    assert all(list(life.homes.glob(f"{one}/{NAME}/feedback/*/layers.html")) for one in OTHERS)
    with zipfile.ZipFile(course.root / f"feedback-{NAME}.zip") as returned:
        assert {name.split(" ")[0].lower() for name in returned.namelist()} == set(CLASSMATES)

    # One argues: a grader gives the points back by hand.
    checked, history = life.follow("When a student argues")
    assert "weigh" in checked
    assert "3 of 17 + 3 (10 open)" in history
    enter(formgrader, course, "mo01", {"weigh": 4.0})
    graded = agreed(course)
    assert graded["mo01"] == graded["ex00"]

    # A hidden check is added; it is tried before it counts, and nobody loses a hand grade.
    checks = course.root / PRIVATE / NAME / "checks" / "test_clip.py"
    checks.write_text(f"import numpy as np\n{checks.read_text()}{STRICTER}")
    tried, _ = life.follow("Change a check")
    assert tried.count("(the checks changed): clip_back -0.75") == 6
    assert "ex00, ex01, ex02, ex04, ex05, ex06 and 12 more: points as before" in tried
    stricter = agreed(course)
    changed = {student for student in WORK if stricter[student] != graded[student]}
    assert changed == {student for student, own in WORK.items() if own is KINDS[3]}
    assert all(student in tried for student in changed)

    # A new question: everybody waits again, for that one only.
    source = course.source(NAME) / "layers.ipynb"
    notebook = nbformat.read(source, as_version=4)
    notebook.cells.append(written("explain_more", "Why?", 5))
    nbformat.write(notebook, source)
    life.follow("Change a question")
    wider = agreed(course)
    assert {student: said.points for student, said in wider.items()} == {
        student: said.points for student, said in stricter.items()
    }
    grade_by_hand(course, {"explain_more": 1.0}, list(WORK))
    wider = agreed(course)
    assert wider["ex00"] == Said(16.0, 3.0, False)

    # Two hand in again, late. One was ill and has more time, the other loses a tenth; one leaves.
    set_due(course, datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f UTC"))
    for student in ("ex01", "ex05"):
        life.hand_in(student, lambda folder: answered(course, folder, RIGHT))
    life.follow("Late work, more time, who left")
    exported = of_export(course)
    assert "ex11" not in exported
    assert exported["ex01"]["waiting_for"] == ["explain_more"]  # its answer is another
    grade_by_hand(course, {"explain_more": 1.0}, ["ex01", "ex05"])
    run(course, "forget", "ex11", "--yes")
    last = agreed(course)
    assert last["ex01"] == wider["ex00"]
    assert last["ex05"] == Said(14.1, 3.0, False)  # of 19, a tenth
    told = run(course, "history", "ex01")
    assert "(the submission changed): weigh +4 by" in told
    run(course, "grade", NAME, "--jobs", "1", "--force")
    assert agreed(course) == last

    # Whoever reads the pages can, on whatever screen and by whatever means.
    pages = [*(course.root / "reports").glob("*.html")]
    pages += (course.root / "feedback" / "ex03" / NAME).glob("*.html")
    assert [page.name for page in pages if "similar" in page.name or "answers" in page.name]
    with formgrader[0].context.browser.new_context() as context:
        assert [said for page in pages for said in lab.serious(context.new_page(), page)] == []

    # What leaves.
    life.follow("Hand over the grades")
    assert not life.left
    table = (course.root / "grades.csv").read_text(encoding="utf-8-sig")
    assert "ex11" not in table
    assert table.count(",graded,") == len(last) == 23
    assert "mo01@uni.edu" in (course.root / "moodle.csv").read_text(encoding="utf-8-sig")
    assert "Lab 1 (4711)" in (course.root / "canvas.csv").read_text(encoding="utf-8-sig")
    assert (course.root / "all.csv").read_text().count(NAME) == 23
