"""nbgrader's own commands and formgrader's button give the grades that `autograder grade` gives."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import forked
import mini_course
import pytest
import requests
from mini_course import NAME, copy_of, edit, tree

from autograder.classroom.batch import grade_class
from autograder.course.course import Course
from autograder.gradebook.rows import open_gradebook

BIN = Path(sys.executable).parent
START_SECONDS = 60
WRONG = "def weigh(x, w, b):\n    return x.reshape(x.shape[0], -1) @ w, None"
HOSTILE = "It is **scaled**. <script>steal()</script><img src=x onerror=steal()>"
CHEAT = {"nbgrader": {"grade_id": "weigh", "grade": False, "points": 400, "locked": False}}


def submit(course: Course, student: str, step: str = "solutions") -> Path:
    folder = course.root / "submitted" / student / NAME
    ignored = shutil.ignore_patterns("datasets")
    shutil.copytree(course.root / step / NAME, folder, ignore=ignored)
    return folder


def hand_in(course: Course) -> None:
    submit(course, "right")
    submit(course, "blank", "release")
    wrong = submit(course, "wrong") / "layers.ipynb"
    edit(wrong, "weigh_answer", WRONG)
    edit(wrong, "explain_steps", HOSTILE)
    (submit(course, "broken") / "layers.ipynb").write_text('{"cells": [')
    (submit(course, "absent") / "deeper.ipynb").unlink()
    renamed = submit(course, "renamed")
    (renamed / "layers.ipynb").rename(renamed / "layers (1) final.ipynb")
    cheat = submit(course, "cheat")
    edit(cheat / "layers.ipynb", "weigh_answer", "raise SystemExit(0)")
    edit(cheat / "layers.ipynb", "weigh", "4.0", tags=["skip-execution"], **CHEAT)
    (submit(course, "late") / "timestamp.txt").write_text("2026-05-02 12:00:00 UTC")


def gradebook_rows(course: Course) -> dict[tuple[str, ...], Any]:
    """All that the gradebook says of the class, without its random ids."""
    rows: dict[tuple[str, ...], Any] = {}
    with open_gradebook(course, NAME) as book:
        for submission in book.assignment_submissions(NAME):
            who = submission.student.id
            rows[(who,)] = (submission.timestamp, submission.score, submission.needs_manual_grade)
            for notebook in submission.notebooks:
                rows[who, notebook.name] = notebook.late_submission_penalty
                for row in notebook.grades:
                    known = (row.auto_score, row.extra_credit, row.manual_score)
                    rows[who, notebook.name, row.name] = (*known, row.needs_manual_grade)
                for comment in notebook.comments:
                    rows[who, notebook.name, comment.name, "comment"] = comment.auto_comment
    return rows


def run(course: Course, *command: str) -> subprocess.CompletedProcess[str]:
    return forked.run(*command, cwd=course.root)


@pytest.fixture(scope="module")
def handed_in(released_in, tmp_path_factory) -> Course:
    course = released_in(tmp_path_factory.mktemp("class"))
    with open_gradebook(course, NAME) as book:
        book.update_or_create_assignment(NAME, duedate="2026-05-01 12:00 UTC")
    hand_in(course)
    return course


@pytest.fixture(scope="module")
def batch(handed_in, tmp_path_factory) -> Course:
    """The class as `autograder grade` leaves it."""
    course = copy_of(handed_in, tmp_path_factory.mktemp("batch"))
    grade_class(course, NAME, jobs=1)
    return course


@pytest.fixture(scope="module")
def autograded(handed_in, tmp_path_factory) -> Course:
    """The class as `nbgrader autograde` leaves it."""
    course = copy_of(handed_in, tmp_path_factory.mktemp("nbgrader"))
    (course.root / "extensions.csv").write_text("student_id,extension\nright,2 d\n")
    done = run(course, "nbgrader", "autograde", NAME)
    assert done.returncode == 0, done.stderr
    return course


def score(course: Course, student: str, notebook: str, question: str) -> Any:
    return gradebook_rows(course)[student, notebook, question][0]


def test_nbgrader_autograde_gives_the_rows_of_autograder_grade(batch, autograded):
    assert gradebook_rows(autograded) == gradebook_rows(batch)


def test_nbgrader_autograde_grants_the_time_of_the_courses_file(autograded):
    with open_gradebook(autograded, NAME) as gradebook:
        granted = {one.student.id: one.extension for one in gradebook.assignment_submissions(NAME)}
    assert granted.pop("right") == timedelta(days=2)
    assert set(granted.values()) == {None}


def test_nbgrader_autograde_leaves_the_folders_of_autograder_grade(batch, autograded):
    assert tree(autograded.root / "autograded") == tree(batch.root / "autograded")


@pytest.mark.parametrize(
    ("student", "weigh", "clip_back"),
    [
        ("right", 4.0, 3.0),
        ("blank", 0.0, 0.0),
        ("broken", 0.0, 3.0),
        ("absent", 4.0, 0.0),
        ("renamed", 4.0, 3.0),
        ("cheat", 0.0, 3.0),
        ("late", 4.0, 3.0),
    ],
)
def test_each_submission_gets_its_due(autograded, student, weigh, clip_back):
    assert score(autograded, student, "layers", "weigh") == weigh
    assert score(autograded, student, "deeper", "clip_back") == clip_back


def test_bonus_points_arrive_as_extra_credit(autograded):
    assert gradebook_rows(autograded)["right", "layers", "clip"][:2] == (0.0, 3.0)


def test_what_the_sandbox_printed_is_what_graders_see(autograded):
    cells = mini_course.cells(autograded.root / "autograded" / "right" / NAME / "layers.ipynb")
    assert cells["weigh"]["outputs"][0]["text"] == ["(2, 4)\n"]


def test_locked_cells_points_and_tags_are_the_releases(autograded):
    cells = mini_course.cells(autograded.root / "autograded" / "cheat" / NAME / "layers.ipynb")
    check = cells["weigh"]
    assert check["metadata"]["nbgrader"]["points"] == 4
    assert "tags" not in check["metadata"]
    assert "print(weigh" in "".join(check["source"])


def test_grading_again_changes_no_row(autograded):
    before = gradebook_rows(autograded)
    done = run(autograded, "nbgrader", "autograde", NAME, "--force", "--student", "wrong")
    assert done.returncode == 0, done.stderr
    assert gradebook_rows(autograded) == before


def test_feedback_is_made_for_every_student(autograded):
    done = run(autograded, "nbgrader", "generate_feedback", NAME)
    assert done.returncode == 0, done.stderr
    pages = {path.parts[0] for path in map(Path, tree(autograded.root / "feedback"))}
    assert pages == {entry.name for entry in (autograded.root / "submitted").iterdir()}


def test_nbgrader_export_goes_through_our_exporter(autograded):
    done = run(autograded, "nbgrader", "export", "--to", "class.csv")
    assert done.returncode == 0, done.stderr
    lines = (autograded.root / "class.csv").read_text("utf-8-sig").splitlines()
    assert ",extra_credit,status,waiting_for,lms_user_id," in lines[0]
    assert lines[0].endswith(",weigh,clip,explain_steps"), "a column a question"
    assert len(lines) == 9


def test_plain_generate_assignment_makes_the_same_release(handed_in, tmp_path):
    course = copy_of(handed_in, tmp_path / "plain")
    before = tree(course.root / "release")
    for folder in ("submitted", "release"):
        shutil.rmtree(course.root / folder)
    (course.root / "gradebook.db").unlink()
    done = run(course, "nbgrader", "generate_assignment", NAME)
    assert done.returncode == 0, done.stderr
    assert tree(course.root / "release") == before


def test_plain_generate_assignment_refuses_a_leak_in_one_sentence(handed_in, tmp_path):
    course = copy_of(handed_in, tmp_path / "leak")
    shutil.rmtree(course.root / "release")
    secret = "out = x.reshape(x.shape[0], -1).dot(w) + b"
    edit(course.root / "source" / NAME / "layers.ipynb", "intro", secret)
    done = run(course, "nbgrader", "generate_assignment", NAME, "--force")
    assert done.returncode != 0
    assert f"layers.ipynb is not released: layers.ipynb, cell 'intro', shows '{secret}'" in (
        done.stderr
    )
    assert not (course.root / "release" / NAME).exists()


def test_an_assignment_that_is_not_there_is_one_sentence(handed_in):
    done = run(handed_in, "nbgrader", "autograde", "nope")
    assert done.returncode != 0
    assert "No notebooks were matched by" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture(scope="module")
def formgrader(batch, tmp_path_factory) -> Iterator[tuple[requests.Session, str]]:
    """A running server with nbgrader's extension, in a course that is graded already."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("server") / "log"
    settings = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.open_browser": False,
        "ServerApp.allow_root": True,
        "IdentityProvider.token": "sesame",
        "ServerApp.jpserver_extensions": {"nbgrader.server_extensions.formgrader": True},
    }
    command = [sys.executable, "-m", "jupyter_server"]
    command += [f"--{name}={value}" for name, value in settings.items()]
    with log.open("wb") as out:
        server = subprocess.Popen(command, cwd=batch.root, stdout=out, stderr=out)
        try:
            with requests.Session() as session:
                session.trust_env = False  # no proxy between here and here
                yield session, first_page(session, f"http://127.0.0.1:{port}/formgrader", log)
        finally:
            server.terminate()
            server.wait()


def first_page(session: requests.Session, url: str, log: Path) -> str:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            session.get(f"{url}/?token=sesame").raise_for_status()
            return url
        except requests.ConnectionError:
            time.sleep(0.2)
    raise AssertionError(log.read_text())


def press(session: requests.Session, url: str, button: str) -> Any:
    xsrf = {"X-CSRFToken": session.cookies["_xsrf"], "X-XSRFToken": session.cookies["_xsrf"]}
    answer = session.post(f"{url}/api/{button}", headers=xsrf)
    answer.raise_for_status()
    return answer.json()


@pytest.mark.parametrize("student", ["wrong", "renamed"])
def test_the_autograde_button_gives_the_rows_of_autograder_grade(formgrader, batch, student):
    before = gradebook_rows(batch)
    shutil.rmtree(batch.root / "autograded" / student)
    session, url = formgrader
    done = press(session, url, f"submission/{NAME}/{student}/autograde")
    assert done["success"], done
    assert gradebook_rows(batch) == before


def test_formgrader_shows_the_submission_and_why_it_lost_points(formgrader):
    session, url = formgrader
    listed = session.get(f"{url}/api/submitted_notebooks/{NAME}/layers").json()
    wrong = next(entry for entry in listed if entry["student"] == "wrong")
    page = session.get(f"{url}/submissions/{wrong['id']}").text
    assert "return x.reshape(x.shape[0], -1) @ w, None" in re.sub(r"<[^>]+>", "", page)
    assert "It is <strong>scaled</strong>" in page
    assert "onerror" not in page
    assert "<script>steal" not in page
    comments = session.get(f"{url}/api/comments?submission_id={wrong['id']}").json()
    own = next(entry for entry in comments if entry["name"] == "weigh_answer")
    assert "out leaves out b." in own["auto_comment"]


def test_formgraders_feedback_button_makes_our_page(formgrader, batch):
    session, url = formgrader
    done = press(session, url, f"assignment/{NAME}/wrong/generate_feedback")
    assert done["success"], done
    page = (batch.root / "feedback" / "wrong" / NAME / "layers.html").read_text()
    assert 'id="question-weigh"' in page


@pytest.mark.parametrize("page", ["manage_assignments", f"manage_submissions/{NAME}", "gradebook"])
def test_formgraders_pages_open(formgrader, page):
    session, url = formgrader
    assert session.get(f"{url}/{page}").status_code == 200
