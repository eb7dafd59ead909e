"""A submission that kills its worker is found, and costs nobody else anything."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from multiprocessing import active_children
from pathlib import Path

import batch_class
import mini_course
import pytest
from mini_course import NAME, ReleasedIn

from autograder.classroom.batch import grade_class
from autograder.classroom.dask_workers import DaskWorkers
from autograder.classroom.dispatch import STRIKES, Answer, dispatch
from autograder.classroom.packing import decode_graded, pack_folder
from autograder.classroom.workers import LocalWorkers
from autograder.course.course import Course
from autograder.errors import UsageError
from autograder.outputs.progress import Silent

STUDENTS = ["ann", "ben", "cat", "dan"]


@pytest.fixture(scope="module")
def course(released_in: ReleasedIn, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A class that has handed in; not to be changed."""
    course = released_in(tmp_path_factory.mktemp("class"))
    for student in STUDENTS:
        batch_class.hand_in(course, student, batch_class.CLASS[student])
    return course


class Deadly(LocalWorkers):
    """Workers of which one dies whenever `victim`'s submission is under way."""

    def __init__(self, course: Course, victim: str, *, times: int) -> None:
        super().__init__(course, NAME, sandbox="bubblewrap", jobs=2)
        self._victim = pack(course)(victim)
        self._times = times

    def submit(self, submission: bytes) -> Future[bytes]:
        future = super().submit(submission)
        if submission == self._victim and self._times:
            self._times -= 1
            os.kill(active_children()[0].pid or 0, signal.SIGKILL)
        return future


def pack(course: Course):
    return lambda student: pack_folder(course.root / "submitted" / student / NAME)


def answers(course: Course, workers: LocalWorkers | DaskWorkers) -> dict[str, Answer]:
    notes: list[str] = []
    try:
        found = list(dispatch(STUDENTS, pack(course), workers, notes.append))
    finally:
        workers.stop()
    assert sorted(answer.student for answer in found) == STUDENTS
    return {answer.student: answer for answer in found}


def ungraded(found: dict[str, Answer]) -> Sequence[str]:
    return [student for student, answer in found.items() if not answer.result.graded]


def test_a_submission_that_goes_on_killing_workers_is_given_up(course: Course) -> None:
    found = answers(course, Deadly(course, "ben", times=STRIKES + 1))
    assert ungraded(found) == ["ben"]
    assert "3 worker processes" in found["ben"].result.reason


def test_a_submission_whose_worker_died_once_is_graded(course: Course) -> None:
    assert ungraded(answers(course, Deadly(course, "ben", times=1))) == []


def test_a_course_that_cannot_be_graded_ends_the_run_with_its_sentence(
    course: Course, tmp_path: Path
) -> None:
    nowhere = mini_course.copy_of(course, tmp_path / "course")
    (nowhere.root / "release" / NAME / "layers.ipynb").write_text("no notebook")
    with pytest.raises(UsageError, match="not a readable notebook"):
        answers(nowhere, LocalWorkers(nowhere, NAME, sandbox="bubblewrap", jobs=1))


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Dask scheduler and a worker: processes of their own, in a folder of their own."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    environment = {
        name: value for name, value in os.environ.items() if name != "AUTOGRADER_SECRET"
    } | {"AUTOGRADER_SECRET": "another machine's own"}
    commands = (
        ["scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
         "--scheduler-file", "scheduler.json"],
        ["worker", "--scheduler-file", "scheduler.json", "--nthreads", "1", "--no-dashboard",
         "--host", "127.0.0.1"],
    )  # fmt: skip
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "dask", *command],
            cwd=elsewhere,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for command in commands
    ]
    written = elsewhere / "scheduler.json"
    while not (written.exists() and written.stat().st_size):
        assert started[0].poll() is None
    yield json.loads(written.read_text())["address"]
    for process in reversed(started):
        process.terminate()
        process.wait()


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_dask_workers_elsewhere_give_the_same_grades(course: Course, scheduler: str) -> None:
    here = answers(course, LocalWorkers(course, NAME, sandbox="bubblewrap", jobs=2))
    there = answers(course, DaskWorkers(course, NAME, sandbox="bubblewrap", address=scheduler))
    for student in STUDENTS:
        local, remote = (decode_graded(found[student].result.graded) for found in (here, there))
        assert local.grade == remote.grade


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_a_class_is_graded_through_dask(course: Course, scheduler: str, tmp_path: Path) -> None:
    copy = mini_course.copy_of(course, tmp_path / "course")
    result = grade_class(copy, NAME, dask=scheduler, progress=Silent())
    assert result.fresh == tuple(STUDENTS)
    assert result.withheld == ()


def test_no_dask_scheduler_is_a_sentence(course: Course) -> None:
    with pytest.raises(UsageError, match="No Dask scheduler answers at"):
        DaskWorkers(course, NAME, sandbox="bubblewrap", address="nonsense")
