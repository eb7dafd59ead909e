"""A submission that kills its worker is found, and costs nobody else anything."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from multiprocessing import active_children, forkserver
from pathlib import Path
from typing import NamedTuple
from zipfile import ZipFile

import batch_class
import mini_course
import msgspec
import pytest
from mini_course import NAME, ReleasedIn
from submissions import LIGHT

from autograder.classroom.batch import grade_class
from autograder.classroom.dask_workers import DaskWorkers
from autograder.classroom.dispatch import STRIKES, Answer, dispatch
from autograder.classroom.packing import code_digest, decode_graded, pack_course
from autograder.classroom.start import start_worker_server
from autograder.classroom.worker import Setting, Task, introduce
from autograder.classroom.workers import LocalWorkers
from autograder.course.course import Course
from autograder.course.scratch import PREFIX, sweep
from autograder.errors import UsageError
from autograder.model import Grade
from autograder.outputs.progress import Silent
from autograder.sandbox import bubblewrap
from autograder.sandbox.errors import SandboxUnavailable
from autograder.sandbox.processes import children

STUDENTS = ["ann", "ben", "cat", "dan"]
SLOW_ONES = ["ann", "cat"]


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
        self._victim = task(course)(victim)
        self._times = times

    def submit(self, task: Task) -> Future[bytes]:
        future = super().submit(task)
        if task == self._victim and self._times:
            self._times -= 1
            os.kill(active_children()[0].pid or 0, signal.SIGKILL)
        return future


def task(course: Course):
    return lambda student: Task(str(course.root / "submitted" / student / NAME))


def answers(course: Course, workers: LocalWorkers | DaskWorkers, *others: str) -> dict[str, Answer]:
    notes: list[str] = []
    try:
        groups = dispatch([*STUDENTS, *others], task(course), workers, notes.append)
        found = [answer for group in groups for answer in group]
    finally:
        workers.stop()
    assert sorted(answer.student for answer in found) == sorted([*STUDENTS, *others])
    return {answer.student: answer for answer in found}


def ungraded(found: dict[str, Answer]) -> Sequence[str]:
    return [student for student, answer in found.items() if not answer.result.graded]


def test_a_submission_that_goes_on_killing_workers_is_given_up(course: Course) -> None:
    found = answers(course, Deadly(course, "ben", times=STRIKES + 1))
    assert ungraded(found) == ["ben"]
    assert "3 worker processes" in found["ben"].result.reason


def test_a_submission_whose_worker_died_once_is_graded_and_one_that_is_gone_is_not_empty(
    course: Course,
) -> None:
    found = answers(course, Deadly(course, "ben", times=1), "gone")
    assert ungraded(found) == ["gone"]
    assert "FileNotFoundError" in found["gone"].result.reason


# Python's pool counts its processes in one thread while it starts another in this one, and says so.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_workers_that_die_while_others_are_started_are_seen_by_the_first_task(
    course: Course,
) -> None:
    started = threading.Event()

    def kill_them_all() -> None:
        while not started.is_set():
            for pid in children(forkserver._forkserver._forkserver_pid or 0):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill_them_all)
    killer.start()
    try:
        workers = LocalWorkers(course, NAME, sandbox="bubblewrap", jobs=8)
    finally:
        started.set()
        killer.join()
    with pytest.raises(workers.broken):
        workers.submit(Task("")).result()
    workers.stop()


def test_a_server_that_dies_while_it_starts_a_worker_is_replaced(course: Course) -> None:
    start_worker_server()
    server = forkserver._forkserver._forkserver_pid
    os.kill(server, signal.SIGSTOP)
    death = threading.Timer(0.3, os.kill, (server, signal.SIGKILL))
    death.start()
    found = answers(course, LocalWorkers(course, NAME, sandbox="bubblewrap", jobs=1))
    death.join()
    assert found
    assert not ungraded(found)


def test_a_course_that_cannot_be_graded_ends_the_run_with_its_sentence(
    course: Course, tmp_path: Path
) -> None:
    nowhere = mini_course.copy_of(course, tmp_path / "course")
    (nowhere.root / "release" / NAME / "layers.ipynb").write_text("no notebook")
    with pytest.raises(UsageError, match="not a readable notebook"):
        answers(nowhere, LocalWorkers(nowhere, NAME, sandbox="bubblewrap", jobs=1))


@pytest.fixture(scope="module")
def here(course: Course) -> dict[str, Grade]:
    """What this machine's own processes say."""
    found = answers(course, LocalWorkers(course, NAME, sandbox="bubblewrap", jobs=2))
    return {name: decode_graded(answer.result.graded).grade for name, answer in found.items()}


class Cluster(NamedTuple):
    """A Dask scheduler and its workers: processes of their own, from an installed wheel."""

    address: str
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]]
    """Of the last one, the package is another version."""
    temporary: Path
    """Their temporary directory."""


def dask(folder: Path, package: Path, *command: str) -> subprocess.Popen[bytes]:
    """Start a part of Dask that has the autograder from `package`, and another secret."""
    own = {"AUTOGRADER_SECRET": "another machine's own", "TMPDIR": str(folder)}
    own["PYTHONPATH"] = os.pathsep.join([str(package), str(LIGHT)])
    common = ("--scheduler-file", "scheduler.json", "--no-dashboard", "--host", "127.0.0.1")
    quiet = subprocess.DEVNULL
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "dask", *command, *common],
        cwd=folder,
        env=os.environ | own,
        stdout=quiet,
        stderr=quiet,
    )


@pytest.fixture(scope="module")
def cluster(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    packages = [elsewhere / "installed", elsewhere / "another_version"]
    for package in packages:
        with ZipFile(wheel) as archive:
            archive.extractall(package)
    with (packages[1] / "autograder" / "errors.py").open("a") as changed:
        changed.write("# another version\n")
    scheduler = dask(elsewhere, packages[0], "scheduler", "--port", "0")
    written = elsewhere / "scheduler.json"
    while not (written.exists() and written.stat().st_size):
        assert scheduler.poll() is None
        time.sleep(0.05)
    alone = ("worker", "--nthreads", "1", "--no-nanny")
    workers = [dask(elsewhere, packages[n], *alone) for n in (0, 0, 1)]
    yield Cluster(json.loads(written.read_text())["address"], scheduler, workers, elsewhere)
    for process in (*workers, scheduler):
        process.kill()
        process.wait()


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_dask_workers_elsewhere_give_the_same_grades_and_another_version_is_refused_by_name(
    course: Course, here: dict[str, Grade], cluster: Cluster
) -> None:
    notes: list[str] = []
    workers = DaskWorkers(course, NAME, sandbox="bubblewrap", address=cluster.address)
    try:
        there = {}
        for _ in range(30):  # whoever is another version may come last
            groups = dispatch(STUDENTS, task(course), workers, notes.append)
            for answer in (each for group in groups for each in group):
                there[answer.student] = decode_graded(answer.result.graded).grade
            if notes:
                break
    finally:
        workers.stop()
    assert there == here
    (refused,) = notes
    assert re.fullmatch(
        r"The Dask worker tcp://127\.0\.0\.1:\d+ does not grade: it has another version [^\n]+",
        refused,
    )


class Killing(Silent):
    """Kills a worker after the first grade, and the scheduler after the second."""

    def __init__(self, cluster: Cluster) -> None:
        self._victims = [cluster.workers[0], cluster.scheduler]

    def advance(self, student: str, grade: Grade) -> None:
        if self._victims:
            self._victims.pop(0).kill()


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_a_killed_worker_costs_nothing_and_without_a_scheduler_the_run_goes_on_here(
    course: Course, here: dict[str, Grade], cluster: Cluster, tmp_path: Path
) -> None:
    copy = mini_course.copy_of(course, tmp_path / "course")
    for student in SLOW_ONES:
        batch_class.hand_in(copy, student, batch_class.CLASS[student] | batch_class.SLOW)
    with pytest.raises(UsageError, match="is gone; what was graded is kept: run the same"):
        grade_class(copy, NAME, dask=cluster.address, progress=Killing(cluster))
    again = grade_class(copy, NAME, jobs=2, progress=Silent())
    assert 0 < len(again.fresh) < len(STUDENTS)
    assert again.grades == here
    for worker in cluster.workers:
        worker.kill()
        worker.wait()
    source = f"{PREFIX}*/*/source/{NAME}/*.ipynb"
    assert list(cluster.temporary.glob(source))
    sweep(cluster.temporary)  # as the next worker there does
    assert not list(cluster.temporary.glob(source))


def test_who_cannot_isolate_a_submission_says_so_when_introduced(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_there() -> None:
        raise SandboxUnavailable("There is no bubblewrap here.")

    monkeypatch.setattr(bubblewrap, "find_bwrap", none_there)
    setting = msgspec.msgpack.encode(Setting(NAME, "bubblewrap", code_digest()))
    assert introduce(setting, pack_course(course, NAME)) == "There is no bubblewrap here."


def test_no_dask_scheduler_is_a_sentence(course: Course) -> None:
    with pytest.raises(UsageError, match="No Dask scheduler answers at"):
        DaskWorkers(course, NAME, sandbox="bubblewrap", address="nonsense")
