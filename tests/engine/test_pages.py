"""Feedback is made again where it is stale, and only there, whoever makes it."""

from __future__ import annotations

import logging
import zipfile
from pathlib import Path

import nbformat
import pytest
from batch_class import NO_BIAS, RIGHT, grade, hand_in
from mini_course import NAME, ReleasedIn, copy_of
from nbformat.v4 import new_output
from nbgrader.converters import GenerateFeedback
from nbgrader.exchange.default import ExchangeReleaseFeedback
from traitlets.config import Config
from typer.testing import CliRunner

from autograder.cli import app
from autograder.course.course import Course
from autograder.course.nbgrader_view import course_config, course_directory
from autograder.gradebook.rows import open_gradebook
from autograder.outputs.pages import Made, make_pages

STUDENTS = ("ann", "ben", "x[1]")


PICTURE = (
    "iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAIAAAAmkwkpAAAAE0lEQVR4nGP8v5QBDpgYGIjhAABUCwGslqCbDAAAAABJ"
    "RU5ErkJggg=="
)


def save_output(course: Course, student: str, cell: str, data: dict[str, str]) -> None:
    """Leave an output in a cell of the student's second notebook."""
    path = course.root / "submitted" / student / NAME / "deeper.ipynb"
    notebook = nbformat.read(path, as_version=4)
    (own,) = (each for each in notebook.cells if each.id == cell)
    own.outputs = [new_output("display_data", data)]
    nbformat.write(notebook, path)


@pytest.fixture(scope="module")
def with_pages(released_in: ReleasedIn, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A graded class with its pages; not to be changed."""
    course = released_in(tmp_path_factory.mktemp("pages"))
    for student, mistakes in zip(STUDENTS, (RIGHT, NO_BIAS, RIGHT), strict=True):
        hand_in(course, student, mistakes)
    picture = course.root / "submitted" / "ann" / NAME / "figures" / "mine.png"
    picture.parent.mkdir()
    picture.write_bytes(b"a picture")
    save_output(course, "ann", "practice_answer", {"image/png": PICTURE})
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


def test_what_the_saved_notebook_shows_stands_beside_what_was_written(with_pages: Course) -> None:
    shown = {
        step: (with_pages.root / step / "ann" / NAME / name).read_text()
        for step, name in (("autograded", "deeper.ipynb"), ("feedback", "deeper.html"))
    }
    for text in shown.values():
        assert text.count("data:image/png;base64,") == 1
        assert PICTURE not in text
    assert shown["autograded"].index("explain_numbers") < shown["autograded"].index("data:image")


def test_the_staff_panel_stays_in_formgrader(with_pages: Course) -> None:
    for student, notebook in (("ann", "deeper"), ("ben", "layers")):
        own = with_pages.root / "autograded" / student / NAME / f"{notebook}.ipynb"
        assert "For the staff" in own.read_text()
        assert "Model answer" in own.read_text()
    given = [path for path in (with_pages.root / "feedback").rglob("*") if path.is_file()]
    pages = [path for path in given if path.suffix == ".html"]
    assert len(pages) == 2 * len(STUDENTS)
    assert {path.suffix for path in given} == {".html", ".txt", ".png"}
    for path in pages:
        for words in ("For the staff", "Model answer"):
            assert words not in path.read_text()


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
    assert all("For the staff" not in page.read_text() for page in released)


def moodle_reads(path: Path) -> dict[tuple[int, str], bytes]:
    """By participant and file, what Moodle takes from a zip of feedback (assignfeedback_file)."""
    found: dict[tuple[int, str], bytes] = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            folder, _, file = name.partition("/")
            _, participant, plugin, kind, _ = folder.split("_", 4)
            assert (plugin, kind) == ("assignsubmission", "file")
            found[int(participant), file] = archive.read(name)
    return found


def test_feedback_goes_back_to_where_the_submission_came_from(
    course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = (course.root / "submitted" / "ann" / NAME / "layers.ipynb").read_bytes()
    archive = tmp_path / "moodle.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("Ann Böll_77_assignsubmission_file_/layers.ipynb", own)
    (tmp_path / "roster.csv").write_text("id,first_name,last_name\nann,Ann,Böll\n")
    monkeypatch.chdir(course.root)
    roster = ("--roster", str(tmp_path / "roster.csv"))
    done = CliRunner().invoke(app, ["collect", str(archive), NAME, *roster, "--yes"])
    assert done.exit_code == 0, done.output
    target = tmp_path / "feedback.zip"
    done = CliRunner().invoke(app, ["return", NAME, "--output", str(target)])
    assert done.exit_code == 0, done.output
    assert "ben is left out: was not collected from Moodle" in done.output
    pages_of_ann = course.root / "feedback" / "ann" / NAME
    assert moodle_reads(target) == {
        (77, name): (pages_of_ann / name).read_bytes()
        for name in ("layers.html", "deeper.html", "figures/mine.png")
    }
