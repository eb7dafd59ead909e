"""A gradebook in PostgreSQL, on a real server with a password, holds what one in a file holds."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import mini_course
import pytest
from batch_class import class_that_handed_in, grade, rows
from mini_course import NAME, ReleasedIn
from nbgrader.apps import NbGraderAPI
from test_nbgrader_commands import run

from autograder.course.course import Course
from autograder.course.nbgrader_view import course_config, course_directory
from autograder.errors import UsageError
from autograder.gradebook.rows import open_gradebook
from autograder.outputs.export import grade_rows
from autograder.release.build import build_release

PASSWORD = "of #/@: signs"
PENALTY = """
from nbgrader.plugins import BasePlugin


class Tenth(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return score / 10 if student_id != "bob" else 1 / 0


c.AssignLatePenalties.plugin_class = Tenth
"""
PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin")) or [Path("/usr/bin")]


def as_postgres(*command: str | Path) -> None:
    """Run a program of the server's, which refuses to be root."""
    words = [str(word) for word in command]
    if os.geteuid() == 0:
        words = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *words]
    subprocess.run(words, cwd="/", check=True, stdout=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server's address, the password in it."""
    if not (PROGRAMS[-1] / "initdb").exists() and not os.environ.get("CI"):
        pytest.skip("no PostgreSQL on this machine")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # Of another user, who has to reach it: pytest's own folders are closed.
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    folder.chmod(0o755)
    secret, home = folder / "password", folder / "home"
    secret.write_text(PASSWORD)
    home.mkdir()
    if os.geteuid() == 0:
        shutil.chown(home, "postgres")
    tools, data = PROGRAMS[-1], home / "data"
    options = f"-p {port} -k {home} -c listen_addresses=127.0.0.1 -c fsync=off"
    given = ("-U", "grader", f"--pwfile={secret}", "-A", "scram-sha-256", "--no-sync")
    try:
        as_postgres(tools / "initdb", "-D", data, *given)
        log = home / "log"
        as_postgres(tools / "pg_ctl", "-D", data, "-w", "-l", log, "-o", options, "start")
        try:
            word = quote(PASSWORD, safe="")
            yield f"postgresql+psycopg://grader:{word}@127.0.0.1:{port}/postgres"
        finally:
            as_postgres(tools / "pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def due(course: Course, **late: str) -> None:
    """Give the assignment a date, and let some hand in after it."""
    with open_gradebook(course, NAME) as book:
        book.update_or_create_assignment(NAME, duedate="2026-05-01 12:00 UTC")
    for student, when in late.items():
        (course.root / "submitted" / student / NAME / "timestamp.txt").write_text(when)


@pytest.fixture(scope="module")
def in_a_file(released_in: ReleasedIn, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A graded class, one of it late, in the usual gradebook."""
    course = class_that_handed_in(released_in(tmp_path_factory.mktemp("file") / "course"))
    with (course.root / "nbgrader_config.py").open("a") as config:
        config.write(PENALTY)
    due(course, ann="2026-05-02 12:00:00 UTC")
    grade(course)
    return course


@pytest.fixture(scope="module")
def on_a_server(
    server: str, released_in: ReleasedIn, tmp_path_factory: pytest.TempPathFactory
) -> Course:
    """The same class; two graders, each with a folder of the course, have a half of it at once."""
    course = class_that_handed_in(released_in(tmp_path_factory.mktemp("server") / "course"))
    (course.root / "gradebook.db").unlink()
    with (course.root / "nbgrader_config.py").open("a") as config:
        config.write(f"{PENALTY}\nc.CourseDirectory.db_url = {server!r}\n")
    build_release(course, NAME, execute="never")
    due(course, ann="2026-05-02 12:00:00 UTC")
    names = sorted(entry.name for entry in (course.root / "submitted").iterdir())
    other = mini_course.copy_of(course, tmp_path_factory.mktemp("other") / "course")
    halves = {course: names[::2], other: names[1::2]}
    for process in [run_in_background(where, half) for where, half in halves.items()]:
        _, said = process.communicate()
        assert process.returncode == 0, said
    return course


def run_in_background(course: Course, students: list[str]) -> subprocess.Popen[str]:
    command = [str(Path(sys.executable).with_name("autograder")), "grade", NAME, "--jobs", "1"]
    command += [word for student in students for word in ("--student", student)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=course.root, stdout=pipe, stderr=pipe, text=True)


def penalties(course: Course) -> dict[str, float | None]:
    with open_gradebook(course, NAME) as book:
        found = book.assignment_submissions(NAME)
        return {each.student.id: each.late_submission_penalty for each in found}


def test_two_graders_at_once_leave_the_rows_of_a_file(in_a_file, on_a_server) -> None:
    assert not (on_a_server.root / "gradebook.db").exists()
    assert rows(on_a_server) == rows(in_a_file)
    assert grade(on_a_server).fresh == ("ben", "dan", "fay"), "the other folder's half"
    assert rows(on_a_server) == rows(in_a_file)


def test_a_late_submission_gets_its_penalty_with_a_password_in_the_address(
    in_a_file, on_a_server
) -> None:
    assert penalties(on_a_server) == penalties(in_a_file)
    assert penalties(on_a_server)["ann"] > 0


def test_nbgraders_own_commands_work(on_a_server, tmp_path) -> None:
    before = rows(on_a_server)
    again = run(on_a_server, "nbgrader", "autograde", NAME, "--force", "--student", "ben")
    assert again.returncode == 0, again.stderr
    assert rows(on_a_server) == before
    out = tmp_path / "grades.csv"
    exported = run(on_a_server, "nbgrader", "export", "--to", str(out))
    assert exported.returncode == 0, exported.stderr
    assert len(out.read_text().splitlines()) == 7


def test_export_needs_no_file(in_a_file, on_a_server) -> None:
    for course in (in_a_file, on_a_server):
        with open_gradebook(course, NAME) as book:
            found = {row.student_id: row for row in grade_rows(course, book)}
        known = {"weigh": "4.0", "clip": "3.0", "explain_steps": "waiting"}
        assert found["ann"].points.items() >= known.items()
        assert (found["ann"].score, found["ann"].late_submission_penalty) == ("waiting", "1.0")
        assert len(found) == 6


def test_formgrader_lists_the_class(on_a_server, monkeypatch) -> None:
    monkeypatch.chdir(on_a_server.root)
    config = course_config(on_a_server.root)
    asked = NbGraderAPI(course_directory(on_a_server.root), config=config)
    listed = asked.get_assignment(NAME)
    assert listed["num_submissions"] == 6
    assert {each["student"] for each in asked.get_submissions(NAME)} >= {"ann", "fay"}


def test_where_the_penalty_cannot_be_known_no_score_is_written(in_a_file, tmp_path) -> None:
    course = mini_course.copy_of(in_a_file, tmp_path / "course")
    shutil.copytree(course.root / "submitted" / "ann", course.root / "submitted" / "bob")
    result = grade(course)
    assert result.grades["bob"].score is None
    given = {key: row for key, row in rows(course).items() if not key[1].endswith("says")}
    assert {row[0] for (student, _), row in given.items() if student == "bob"} == {None}


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("postgresql+nodriver://me:secret@host/db", "nobody knows such a database"),
        ("mysql://me:secret@host/db", "Python has no module MySQLdb"),
        ("postgresql+psycopg://me:secret@127.0.0.1:1/db", "Connection refused"),
        ("sqlite:///damaged.db", "file is not a database"),
    ],
)
def test_a_gradebook_that_cannot_be_opened_is_one_sentence(
    in_a_file, tmp_path, monkeypatch, address: str, says: str
) -> None:
    course = mini_course.copy_of(in_a_file, tmp_path / "course")
    (course.root / "damaged.db").write_text("x" * 5_000)
    address = address.replace("damaged.db", f"{course.root}/damaged.db")
    with (course.root / "nbgrader_config.py").open("a") as config:
        config.write(f"\nc.CourseDirectory.db_url = {address!r}\n")
    with pytest.raises(UsageError, match=says) as told, open_gradebook(course, NAME):
        pass
    assert "secret" not in str(told.value)
    assert "\n" not in str(told.value)
