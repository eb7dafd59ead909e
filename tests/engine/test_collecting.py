"""What a learning platform hands over reaches the right students, and nothing else happens."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from platforms import (
    CANVAS,
    CLASS,
    MOODLE,
    NAME,
    WORKSHEET,
    bare_course,
    collected,
    laid_out,
    planned,
    zipped,
)  # fmt: skip

from autograder.course.course import Course
from autograder.course.people import Person, read_people
from autograder.errors import UsageError
from autograder.gradebook.received import received
from autograder.submission.layouts import Sender, proper_name
from autograder.submission.senders import remembered


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return bare_course(tmp_path / "course")


def test_moodles_archive_reaches_its_students(course: Course, tmp_path: Path) -> None:
    archive = zipped(tmp_path / "CS-lab-77.zip", MOODLE)
    assert collected(course, archive) == {
        "ada/lab/nets.ipynb": b"ada",
        "ada/lab/results/run.json": b"{}",
        "ada/lab/onlinetext.html": b"<p>late</p>",
        "jsm/lab/nets.ipynb": b"joerg",
        "oha/lab/nets.ipynb": b"siun",
    }
    assert (
        "no roster" in planned(course, archive).unmatched["Eve Nobody_5004_assignsubmission_file_"]
    )
    assert remembered(course, NAME)["ada"] == Sender("moodle", "Ada Lovelace", "5001")


def test_an_unpacked_archive_is_the_same(course: Course, tmp_path: Path) -> None:
    wrapped = {f"CS-lab-77/{name}": content for name, content in MOODLE.items()}
    assert len(collected(course, laid_out(tmp_path / "unpacked", wrapped))) == 5


def test_moodles_worksheet_says_when(course: Course, tmp_path: Path) -> None:
    (tmp_path / "worksheet.csv").write_text(WORKSHEET, encoding="utf-8-sig")
    people = [*CLASS, *read_people(tmp_path / "worksheet.csv")]
    collected(course, zipped(tmp_path / "moodle.zip", MOODLE), people)
    when = datetime.datetime(2026, 3, 12, 22, 59)  # Berlin is an hour ahead of UTC
    assert received(course.root / "submitted" / "ada" / NAME).time == when
    assert received(course.root / "submitted" / "jsm" / NAME).time is None


@pytest.mark.parametrize("date", ["Donnerstag, 12. März 2026, 23:59", "03/12/2026 11:59 PM"])
def test_a_date_that_is_not_read_or_could_be_two_is_said(
    course: Course, tmp_path: Path, date: str
) -> None:
    people = [Person("ada", "Ada", "Lovelace", handed_in=date)]
    made = planned(course, zipped(tmp_path / "moodle.zip", MOODLE), people)
    (ada,) = made.submissions
    assert ada.at is None
    assert ada.notes == [f"the date '{date}' cannot be read"]


def test_canvas_archive_reaches_its_students(course: Course, tmp_path: Path) -> None:
    archive = zipped(tmp_path / "submissions.zip", CANVAS)
    assert collected(course, archive) == {
        "ada/lab/nets.ipynb": b"ada",
        "ada/lab/norm.ipynb": b"ada",
        "jsm/lab/nets.ipynb": b"joerg",
        "oha/lab/text.html": b"<p>in the other course</p>",
    }
    late = {own.student: own.late for own in planned(course, archive).submissions}
    assert late == {"ada": False, "jsm": True, "oha": False}


def test_canvas_names_are_enough_without_its_ids(course: Course, tmp_path: Path) -> None:
    people = [Person(one.id, one.first_name, one.last_name) for one in CLASS]
    made = planned(course, zipped(tmp_path / "submissions.zip", CANVAS), people)
    assert [own.student for own in made.submissions] == ["ada", "jsm", "oha"]


def test_a_flat_folder(course: Course, tmp_path: Path) -> None:
    files = {"ada_nets.ipynb": b"1", "jsm-norm (1).ipynb": b"2", "nets.ipynb": b"3"}
    made = planned(course, laid_out(tmp_path / "flat", files))
    assert {own.student: list(own.files) for own in made.submissions} == {
        "ada": ["nets.ipynb"],
        "jsm": ["norm.ipynb"],
    }
    assert list(made.unmatched) == ["nets.ipynb"]


def test_without_a_roster_names_are_taken_as_they_are(course: Course, tmp_path: Path) -> None:
    files = {"grace_nets.ipynb": b"1", "alan_t_norm.ipynb": b"2"}
    made = planned(course, laid_out(tmp_path / "flat", files), [], new=True)
    assert [own.student for own in made.submissions] == ["alan_t", "grace"]


def test_clones_of_github_classroom(course: Course, tmp_path: Path) -> None:
    clones = {
        "first-lab-ada-l/nets.ipynb": b"1",
        "first-lab-ada-l/.git/config": b"",
        "first-lab-mueller/nets.ipynb": b"2",
        "first-lab-mueller/.git/config": b"",
    }
    roster = tmp_path / "classroom_roster.csv"
    roster.write_text(
        '"roster_identifier","github_username","submission_timestamp"\n'
        '"ada","Ada-L","2026-03-12 10:00:00 UTC"\n'
    )
    made = planned(course, laid_out(tmp_path / "clones", clones), [*CLASS, *read_people(roster)])
    (ada,) = made.submissions
    assert (ada.student, list(ada.files)) == ("ada", ["nets.ipynb"])
    assert ada.at == datetime.datetime(2026, 3, 12, 10, tzinfo=datetime.UTC)
    assert list(made.unmatched) == ["first-lab-mueller"]
    alone = planned(course, tmp_path / "clones", [], new=True)
    assert [own.student for own in alone.submissions] == ["ada-l", "mueller"]


def test_a_folder_for_each_student(course: Course, tmp_path: Path) -> None:
    files = {"ada/lab/nets.ipynb": b"1", "jsm/nets.ipynb": b"2"}
    got = collected(course, laid_out(tmp_path / "folders", files))
    assert got == {"ada/lab/nets.ipynb": b"1", "jsm/lab/nets.ipynb": b"2"}


def test_the_exchange_tells_who_handed_in_for_another(
    course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anybody may make a folder there; the system knows whose it is."""
    inbound = {
        "ada+lab+2026-03-12 10:00:00 UTC+x1/nets.ipynb": b"first",
        "ada+lab+2026-03-12 11:00:00 UTC+x2/nets.ipynb": b"second",
        "jsm+lab+2026-03-12 10:00:00 UTC+x3/nets.ipynb": b"not by jsm",
    }
    account = type("Account", (), {"pw_name": "ada"})
    monkeypatch.setattr("pwd.getpwuid", lambda uid: account)
    made = planned(course, laid_out(tmp_path / "inbound", inbound))
    (ada,) = made.submissions
    assert ada.files["nets.ipynb"].read(99) == b"second"
    (why,) = made.unmatched.values()
    assert why.startswith("says jsm and belongs to ada")


def test_two_who_would_be_one_student_are_nobodys(course: Course, tmp_path: Path) -> None:
    files = {
        "Ada Lovelace_1_assignsubmission_file_/nets.ipynb": b"1",
        "Lovelace Ada_2_assignsubmission_file_/nets.ipynb": b"2",
    }
    made = planned(course, zipped(tmp_path / "moodle.zip", files))
    assert not made.submissions
    assert all("say who is who" in why for why in made.unmatched.values())


def test_a_name_of_two_students_is_nobodys(course: Course, tmp_path: Path) -> None:
    twins = [Person("a1", "Ada", "Lovelace"), Person("a2", "Ada", "Lovelace")]
    made = planned(course, zipped(tmp_path / "moodle.zip", MOODLE), twins)
    why = made.unmatched["Ada Lovelace_5001_assignsubmission_file_"]
    assert why == "can be a1 or a2; say which in the roster."


def test_nothing_is_replaced_unless_asked(course: Course, tmp_path: Path) -> None:
    first = laid_out(tmp_path / "first", {"ada_nets.ipynb": b"old", "oha_nets.ipynb": b"same"})
    second = laid_out(tmp_path / "second", {"ada_nets.ipynb": b"new", "oha_nets.ipynb": b"same"})
    collected(course, first)
    states = {own.student: own.state for own in planned(course, second).submissions}
    assert states == {"ada": "another", "oha": "same"}
    assert collected(course, second)["ada/lab/nets.ipynb"] == b"old"
    assert collected(course, second, update=True)["ada/lab/nets.ipynb"] == b"new"
    (earlier,) = (course.root / ".autograder" / "earlier" / "ada").iterdir()
    assert (earlier / "nets.ipynb").read_bytes() == b"old"


def test_a_roster_of_something_else_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "prices.csv").write_text("fruit;price\napple;3\n")
    with pytest.raises(UsageError, match="is no roster"):
        read_people(tmp_path / "prices.csv")


@pytest.mark.parametrize(
    ("came", "lies"), [("nets-1.ipynb", "nets.ipynb"), ("nets-2.ipynb", "nets-2.ipynb")]
)
def test_a_notebook_called_like_a_second_version_keeps_its_name(came: str, lies: str) -> None:
    assert proper_name(came, {"nets", "nets-2"}) == lies
