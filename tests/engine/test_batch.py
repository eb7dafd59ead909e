"""A class is graded once, by many workers, whatever happens to them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import mini_course
import pytest
from batch_class import CLASS, LAST, NO_BIAS, class_that_handed_in, grade, hand_in, rows
from mini_course import NAME, ReleasedIn, copy_of

from autograder.classroom.batch import ClassResult, grade_class
from autograder.classroom.recorded import recorded_grades
from autograder.course.course import Course
from autograder.course.scratch import sweep
from autograder.model import Grade
from autograder.outputs.progress import Silent
from autograder.release.build import build_release
from autograder.sandbox.processes import children

ENDING = 60  # s, for workers that notice at once that nobody is there; far too long on purpose
RUN = """\
import signal
import sys
from autograder.classroom.batch import grade_class
from autograder.course.course import Course
from autograder.course.scratch import sweep
from autograder.outputs.told import print_class
from pathlib import Path
from rich.console import Console

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may ignore it in background
    result = grade_class(Course(Path(sys.argv[1])), "mini", jobs=2)
    print_class(result, Console(width=200))
"""


def scores(result: ClassResult) -> dict[str, tuple[float | None, float]]:
    return {name: (grade.score, grade.extra_credit) for name, grade in result.grades.items()}


@pytest.fixture(scope="module")
def handed_in(released_in: ReleasedIn, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A class that has handed in; not to be changed."""
    return class_that_handed_in(released_in(tmp_path_factory.mktemp("class")))


@pytest.fixture
def course(handed_in: Course, tmp_path: Path) -> Course:
    """A class that has handed in."""
    return copy_of(handed_in, tmp_path / "course")


@pytest.fixture
def slow_course(course: Course) -> Course:
    """The same class, of which two submissions take long enough to be disturbed."""
    for student, late in LAST.items():
        hand_in(course, student, late)
    return course


@pytest.fixture(scope="module")
def graded(handed_in: Course, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The class after an undisturbed run; not to be changed."""
    course = copy_of(handed_in, tmp_path_factory.mktemp("graded") / "course")
    grade(course, jobs=2)
    return course


def test_every_student_gets_the_points_of_what_is_right(graded: Course) -> None:
    known = recorded_grades(graded, NAME)
    full = {name: (grade.score, grade.extra_credit) for name, grade in known.items()}
    assert full["ann"] == full["eve"] == full["fay"]
    assert full["ben"][0] < full["ann"][0]
    assert full["ben"][1] == full["ann"][1] == 3
    assert full["cat"][0] == full["ann"][0]
    assert full["cat"][1] < 3


def test_the_gradebook_says_what_the_grades_say(graded: Course) -> None:
    found = rows(graded)
    for student, known in recorded_grades(graded, NAME).items():
        for question in known.questions:
            assert found[student, question.id][0] == question.score


def test_the_number_of_workers_changes_nothing(course: Course, graded: Course) -> None:
    grade(course)
    assert rows(course) == rows(graded)


def test_what_has_not_changed_is_neither_graded_nor_written_again(
    graded: Course, tmp_path: Path
) -> None:
    course = copy_of(graded, tmp_path / "course")
    before = {path: path.stat().st_mtime_ns for path in (course.root / "autograded").rglob("*")}
    again = grade(course)
    assert again.fresh == ()
    assert scores(again) == {
        name: (grade.score, grade.extra_credit)
        for name, grade in recorded_grades(graded, NAME).items()
    }
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_a_new_version_of_one_submission_is_graded_alone(graded: Course, tmp_path: Path) -> None:
    course = copy_of(graded, tmp_path / "course")
    hand_in(course, "ann", NO_BIAS)
    again = grade(course)
    assert again.fresh == ("ann",)
    assert scores(again)["ann"] == scores(again)["ben"]


def test_a_changed_release_grades_everybody_again(graded: Course, tmp_path: Path) -> None:
    course = copy_of(graded, tmp_path / "course")
    mini_course.edit(course.source(NAME) / "layers.ipynb", "weigh", kept=True)
    build_release(course, NAME, execute="never")
    mini_course.edit(course.release(NAME) / "layers.ipynb", "intro", "# Other words")
    assert len(grade(course).fresh) == len(CLASS)


def test_force_grades_again_what_has_not_changed(graded: Course, tmp_path: Path) -> None:
    course = copy_of(graded, tmp_path / "course")
    assert grade(course, students=["eve"], force=True).fresh == ("eve",)
    assert rows(course) == rows(graded)


def test_a_lost_gradebook_is_filled_again_without_grading(
    graded: Course, handed_in: Course, tmp_path: Path
) -> None:
    course = copy_of(graded, tmp_path / "course")
    empty = (handed_in.root / "gradebook.db").read_bytes()
    (course.root / "gradebook.db").write_bytes(empty)
    assert grade(course).fresh == ()
    assert rows(course) == rows(graded)


class KillAWorker(Silent):
    """Kills a worker process when the first grade has come in."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self._killed = False

    def advance(self, student: str, grade: Grade) -> None:
        if not self._killed:
            self._killed = True
            os.kill(workers_of(os.getpid())[0], signal.SIGKILL)

    def note(self, sentence: str) -> None:
        self.notes.append(sentence)


def workers_of(parent: int) -> list[int]:
    """The worker processes of a process: forked from one that it has started for this."""
    servers = [pid for pid in children(parent) if b"forkserver" in command_line(pid)]
    return [pid for server in servers for pid in children(server)]


def command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def test_a_killed_worker_costs_nobody_anything(slow_course: Course, graded: Course) -> None:
    killer = KillAWorker()
    result = grade_class(slow_course, NAME, jobs=2, progress=killer)
    assert len(killer.notes) == 1
    assert result.withheld == ()
    assert rows(slow_course) == rows(graded)


def wait_for_line(run: subprocess.Popen[str], beginning: str) -> None:
    assert run.stderr is not None
    seen = []
    for line in run.stderr:
        seen.append(line)
        if line.startswith(beginning):
            return
    raise AssertionError("".join(seen))


@pytest.fixture
def temporary() -> Iterator[Path]:
    """The run's own temporary directory; its path is short, as that of a socket has to be."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture
def running(slow_course: Course, temporary: Path) -> Iterator[subprocess.Popen[str]]:
    """A run over the class in a process of its own, after its second grade."""
    run = subprocess.Popen(
        [sys.executable, "-c", RUN, str(slow_course.root)],
        env=os.environ | {"TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for_line(run, "[2/6]")
    yield run
    run.kill()
    run.communicate()


@pytest.mark.slow
def test_a_run_that_was_killed_goes_on_to_the_same_gradebook(
    slow_course: Course, graded: Course, running: subprocess.Popen[str], temporary: Path
) -> None:
    workers = workers_of(running.pid)
    assert workers
    running.send_signal(signal.SIGKILL)
    running.wait()
    until = time.monotonic() + ENDING
    while any(map(alive, workers)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(map(alive, workers))
    assert list(temporary.iterdir())
    while list(temporary.iterdir()) and time.monotonic() < until:
        sweep(temporary)  # as each later run does; what the sandboxes were writing may end last
    assert list(temporary.iterdir()) == []
    again = grade(slow_course)
    assert 0 < len(again.fresh) < len(CLASS)
    assert rows(slow_course) == rows(graded)


def alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_ctrl_c_stops_cleanly_and_says_how_to_go_on(
    slow_course: Course, graded: Course, running: subprocess.Popen[str]
) -> None:
    running.send_signal(signal.SIGINT)
    said, complaints = running.communicate()
    assert running.returncode == 0
    assert "Run the same command" in said
    assert "Traceback" not in complaints
    assert not list((slow_course.root / "autograded").rglob(".*")), "laid out, and never put there"
    grade(slow_course)
    assert rows(slow_course) == rows(graded)


def test_a_student_whose_result_cannot_be_written_is_withheld_and_the_run_goes_on(
    course: Course, graded: Course
) -> None:
    (course.root / "autograded").mkdir()
    (course.root / "autograded" / "ben").write_text("in the way")
    result = grade(course)
    assert result.withheld == ("ben",)
    assert "could not be written" in result.grades["ben"].problems[0]
    assert "ben" in result.staff_file.read_text()
    assert recorded_grades(course, NAME) == result.grades
    (course.root / "autograded" / "ben").unlink()
    assert grade(course).withheld == ()
    assert rows(course) == rows(graded)
