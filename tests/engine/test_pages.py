"""Feedback is made again where it is stale, and only there, whoever makes it."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from batch_class import NO_BIAS, RIGHT, grade, hand_in
from mini_course import NAME, ReleasedIn, copy_of
from nbgrader.converters import GenerateFeedback
from nbgrader.exchange.default import ExchangeReleaseFeedback
from traitlets.config import Config

from autograder.course.course import Course
from autograder.course.nbgrader_view import course_config, course_directory
from autograder.gradebook.rows import open_gradebook
from autograder.outputs.pages import Made, make_pages

STUDENTS = ("ann", "ben", "x[1]")


@pytest.fixture(scope="module")
def with_pages(released_in: ReleasedIn, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A graded class with its pages; not to be changed."""
    course = released_in(tmp_path_factory.mktemp("pages"))
    for student, mistakes in zip(STUDENTS, (RIGHT, NO_BIAS, RIGHT), strict=True):
        hand_in(course, student, mistakes)
    picture = course.root / "submitted" / "ann" / NAME / "figures" / "mine.png"
    picture.parent.mkdir()
    picture.write_bytes(b"a picture")
    (course.root / "source" / NAME / "README.md").write_text("What all students have.")
    grade(course)
    assert pages(course).made == STUDENTS
    return course


@pytest.fixture
def course(with_pages: Course, tmp_path: Path) -> Course:
    """The same, to be changed."""
    return copy_of(with_pages, tmp_path / "course")


def pages(course: Course, students: list[str] | None = None, *, force: bool = False) -> Made:
    return make_pages(course, NAME, students, jobs=1, force=force)


def comment(course: Course, student: str, text: str) -> None:
    """A person writes something under an answer, and gives a point for it."""
    with open_gradebook(course, NAME) as book:
        for notebook in book.find_submission(NAME, student).notebooks:
            for row in notebook.comments:
                if row.name == "explain_steps":
                    row.manual_comment = text
        book.db.commit()


def test_a_page_travels_with_what_it_needs_and_nothing_else(with_pages: Course) -> None:
    folder = with_pages.root / "feedback" / "ann" / NAME
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert found == {
        "layers.html", "deeper.html", "figures/mine.png", "timestamp.txt", "submission_secret.txt",
    }  # fmt: skip
    assert (with_pages.root / "autograded" / "ann" / NAME / "README.md").is_file()


def test_only_pages_that_are_stale_are_made_again(course: Course) -> None:
    assert pages(course) == Made((), STUDENTS, {})
    comment(course, "ben", "Say why.")
    assert pages(course) == Made(("ben",), ("ann", "x[1]"), {})
    assert "Say why." in (course.root / "feedback" / "ben" / NAME / "layers.html").read_text()
    hand_in(course, "x[1]", NO_BIAS)
    grade(course)
    assert pages(course).made == ("x[1]",)
    assert pages(course, ["ann"], force=True) == Made(("ann",), (), {})


def test_who_is_not_graded_is_named(course: Course) -> None:
    (course.root / "autograded" / "zoe" / NAME).mkdir(parents=True)
    assert pages(course).failed == {"zoe": "not in the gradebook; grade again."}
    asked = pages(course, ["ann", "nobody"])
    assert asked.failed == {"nobody": "not graded yet; run 'autograder grade' first."}


def test_nbgraders_own_command_makes_what_is_stale_and_says_what_it_skipped(
    course: Course, caplog: pytest.LogCaptureFixture
) -> None:
    comment(course, "ben", "Say why.")
    folder = course_directory(course.root, assignment_id=NAME)
    log = logging.getLogger("feedback-test")
    with caplog.at_level(logging.WARNING, logger=log.name):
        GenerateFeedback(coursedir=folder, config=course_config(course.root), log=log).start()
    assert "1 are up to date and not made again: ann" in caplog.text
    assert "Say why." in (course.root / "feedback" / "ben" / NAME / "layers.html").read_text()
    assert pages(course) == Made((), STUDENTS, {})


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # nbgrader's files
def test_pages_of_folders_collected_by_hand_can_be_released(course: Course, tmp_path: Path) -> None:
    exchange = tmp_path / "exchange"
    (exchange / "deep-learning").mkdir(parents=True)
    exchange.chmod(0o777)
    config = course_config(course.root)
    config.merge(Config({"Exchange": {"root": str(exchange)}}))
    folder = course_directory(course.root, assignment_id=NAME)
    log = logging.getLogger("feedback-test")
    ExchangeReleaseFeedback(coursedir=folder, config=config, log=log).start()
    released = list((exchange / "deep-learning" / "feedback").glob("*.html"))
    assert len(released) == 2 * len(STUDENTS)
