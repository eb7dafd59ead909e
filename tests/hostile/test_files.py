"""What a student puts into the folder beside the notebooks: nothing of it is followed or awaited.

One class, graded by `autograder grade` and by `nbgrader autograde`; each attacker has a due place
in it and nobody else notices.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import forked
import pytest
import tiny_course
from attackers import ATTACKS, CODE
from nbgrader.api import Gradebook
from rich.console import Console
from tiny_course import NAME

from autograder.classroom.batch import grade_class
from autograder.course.course import Course
from autograder.model import ClassResult
from autograder.outputs.told import print_class
from autograder.release.build import build_release
from autograder.submission.folders import not_graded

ENGINE = Path(tiny_course.ROOT) / "autograder"
SECRET = b"the course's own secret, in its file, nobody's but ours"
MEMORY = 4 << 30  # bytes of address space: /dev/zero ends in an error, not in the machine
NOT_TEXT = os.fsencode("ev") + b"\xff"


EMPTY_HANDED = {"pipe_book", "other_book"}
UNDATED = {"pipe_date", "endless_date", "nines", "future", "zone"}
NO_FOLDER = {"linked", "linked_too"}
GRADED = {"honest", *ATTACKS}


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory: pytest.TempPathFactory) -> Course:
    course = tiny_course.lay_out(tmp_path_factory.mktemp("files"))
    build_release(course, NAME, execute="never")
    (course.root / ".autograder").mkdir(exist_ok=True)
    (course.root / ".autograder" / "secret").write_bytes(SECRET)
    submitted = course.root / "submitted"
    tiny_course.hand_in(submitted / "honest" / NAME)
    (submitted / "honest" / NAME / "timestamp.txt").write_text("2026-01-15 12:00:00 UTC")
    for student, attack in ATTACKS.items():
        attack(tiny_course.hand_in(submitted / student / NAME))
    (submitted / "linked").symlink_to("honest")
    (submitted / "linked_too").mkdir()
    (submitted / "linked_too" / NAME).symlink_to(f"../honest/{NAME}")
    shutil.copytree(submitted / "honest", submitted / os.fsdecode(NOT_TEXT))
    return course


def again(course: Course, root: Path) -> Course:
    """The course in another place, pipes and links as they are."""
    subprocess.run(["cp", "-a", f"{course.root}/.", root], check=True)
    return Course.find(root)


def run(course: Course, *command: str) -> subprocess.CompletedProcess[str]:
    return forked.run(*command, cwd=course.root, memory=MEMORY)


@pytest.fixture(scope="module")
def ours(handed_in: Course, tmp_path_factory: pytest.TempPathFactory) -> tuple[Course, ClassResult]:
    course = again(handed_in, tmp_path_factory.mktemp("ours"))
    return course, grade_class(course, NAME, jobs=1)


@pytest.fixture(scope="module")
def theirs(
    handed_in: Course, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Course, subprocess.CompletedProcess[str]]:
    course = again(handed_in, tmp_path_factory.mktemp("theirs"))
    return course, run(course, "nbgrader", "autograde", NAME)


@pytest.fixture(scope="module", params=["ours", "theirs"])
def graded(request: pytest.FixtureRequest) -> Course:
    course: Course = request.getfixturevalue(request.param)[0]
    return course


def rows(course: Course) -> dict[str, tuple[float, bool]]:
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as book:
        return {
            one.student.id: (one.score, one.timestamp is not None)
            for one in book.assignment_submissions(NAME)
        }


def everything(folder: Path) -> Iterator[Path]:
    for base, _, names in os.walk(folder):
        yield from (Path(base) / name for name in names)


def test_every_student_but_the_attacker_has_the_due_score(graded: Course) -> None:
    points = dict.fromkeys(GRADED, 12.0) | dict.fromkeys(EMPTY_HANDED, 0.0)
    points |= dict.fromkeys(CODE, 8.0)
    assert rows(graded) == {name: (points[name], name == "honest") for name in GRADED}


def test_a_second_run_says_the_same(ours: tuple[Course, ClassResult]) -> None:
    course, first = ours
    second = grade_class(course, NAME, jobs=1)
    assert (second.fresh, second.grades, second.folders) == ((), first.grades, first.folders)


def test_nothing_that_a_link_leads_to_comes_out(graded: Course) -> None:
    done = run(graded, "nbgrader", "generate_feedback", NAME)
    assert done.returncode == 0, done.stderr
    for step in ("autograded", "feedback"):
        lying = list(everything(graded.root / step))
        assert lying
        for path in lying:
            assert not path.is_symlink()
            raw = path.read_bytes()
            assert SECRET not in raw, path
            assert b"root:x:" not in raw, path
            assert not raw.startswith(b"SQLite format"), path
            assert path.suffix != ".html" or b"<script>steal" not in raw, path


def test_no_page_of_a_students_keeps_a_name_that_a_browser_runs(graded: Course) -> None:
    folder = graded.root / "autograded" / "pages" / NAME
    beside = {path.name for path in folder.iterdir()} - {"tiny.ipynb", "sales.csv"}
    assert beside == {
        "derivation.html.txt", "figure.svg.txt", "PAGE.HTM.txt", "x.xhtml.txt", "x.mht.txt",
        "x.xsl.txt", "app.js.txt", "README.txt", ".htaccess.txt", "notes.txt", "helper.py",
        "files-not-copied.txt",
    }  # fmt: skip
    assert "packed.zip (6 bytes)" in (folder / "files-not-copied.txt").read_text()


def test_both_ways_leave_the_same_folders(
    ours: tuple[Course, ClassResult],
    theirs: tuple[Course, subprocess.CompletedProcess[str]],
) -> None:
    left = [
        {str(path.relative_to(top)): path.read_bytes() for path in everything(top)}
        for top in (course.root / "autograded" for course in (ours[0], theirs[0]))
    ]
    assert left[0] == left[1]


def test_what_is_no_folder_of_a_student_is_named_and_touches_nobody(
    ours: tuple[Course, ClassResult],
) -> None:
    _, result = ours
    assert set(result.grades) == GRADED
    console = Console(record=True, width=200, file=io.StringIO())
    print_class(result, console)
    shown = console.export_text().partition("Look at these submissions")[2]
    for name in ("ev\ufffd", "linked", "linked_too"):
        assert f"{name}: not graded, since" in shown


def test_a_date_that_is_none_is_said_and_withholds_nothing(
    ours: tuple[Course, ClassResult],
) -> None:
    _, result = ours
    assert not result.withheld
    for name in UNDATED:
        assert "counts as on time until a person has looked" in result.folders[name]
    assert "honest" not in result.folders


def test_nbgrader_names_what_it_left_out(
    theirs: tuple[Course, subprocess.CompletedProcess[str]],
) -> None:
    _, done = theirs
    said = done.stderr
    assert done.returncode == 0, said
    assert "ev\ufffd/tiny: not graded" in said
    assert "linked/tiny: not graded, since linked is a link" in said


def test_nothing_in_submitted_was_changed(graded: Course, handed_in: Course) -> None:
    def seen(course: Course) -> list[tuple[str, int]]:
        top = course.root / "submitted"
        return sorted((str(p.relative_to(top)), p.lstat().st_mode) for p in top.rglob("*"))

    assert seen(graded) == seen(handed_in)


def test_a_pipe_for_a_folder_is_named(tmp_path: Path) -> None:
    course = tiny_course.lay_out(tmp_path)
    (tmp_path / "submitted").mkdir()
    (tmp_path / "submitted" / "pipe").mkdir()
    os.mkfifo(tmp_path / "submitted" / "pipe" / NAME)
    assert not_graded(course, NAME).keys() == {"pipe"}
