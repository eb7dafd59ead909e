"""Submissions that come back at the same time are written down together."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import Future, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import msgspec
import pytest
from batch_class import CLASS, class_that_handed_in, grade, rows
from mini_course import NAME, ReleasedIn, copy_of
from sqlalchemy import event
from sqlalchemy.engine import Engine

from autograder.classroom import batch
from autograder.classroom.batch import grade_class
from autograder.classroom.dispatch import dispatch
from autograder.classroom.worker import Task, TaskResult
from autograder.classroom.workers import LocalWorkers
from autograder.course.course import Course
from autograder.gradebook import writing
from autograder.gradebook.place import put_in_place, write_all, written_beside


@pytest.fixture(scope="module")
def graded(released_in: ReleasedIn, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A class that has handed in, and was graded; not to be changed."""
    course = class_that_handed_in(released_in(tmp_path_factory.mktemp("class")))
    copy_of(course, course.root.with_name("handed_in"))
    grade(course, jobs=2)
    return course


@pytest.fixture
def course(graded: Course, tmp_path: Path) -> Course:
    """The class before."""
    return copy_of(Course(graded.root.with_name("handed_in")), tmp_path / "course")


class AllAtOnce(LocalWorkers):
    """Workers that are slow to say that they are done: then all are."""

    width = len(CLASS)

    def submit(self, task: Task) -> Future[bytes]:
        self.under_way = [*getattr(self, "under_way", []), super().submit(task)]
        return self.under_way[-1]

    def look(self) -> tuple[str, ...]:
        wait(getattr(self, "under_way", []))
        return ()


@pytest.fixture
def commits() -> Iterator[list[object]]:
    """What is committed to a gradebook."""
    seen: list[object] = []

    def note(connection: object) -> None:
        seen.append(connection)

    event.listen(Engine, "commit", note)
    yield seen
    event.remove(Engine, "commit", note)


@pytest.mark.parametrize("in_the_way", [(), ("ben",)], ids=["nothing", "a file"])
def test_what_comes_back_at_once_is_written_at_once_and_costs_nobody_else_anything(
    course: Course,
    graded: Course,
    monkeypatch: pytest.MonkeyPatch,
    commits: list[object],
    in_the_way: tuple[str, ...],
) -> None:
    monkeypatch.setattr(batch, "LocalWorkers", AllAtOnce)
    if not in_the_way:  # the one process that writes does not do what a worker can
        monkeypatch.setattr(writing, "write_autograded", None)
    (course.root / "autograded").mkdir()
    for student in in_the_way:
        (course.root / "autograded" / student).write_text("in the way")
    assert grade_class(course, NAME, jobs=2).withheld == in_the_way
    assert in_the_way or len(commits) < len(CLASS)
    others = {key: row for key, row in rows(graded).items() if key[0] not in in_the_way}
    assert rows(course).items() >= others.items()
    written = {key: raw for key, raw in autograded(graded).items() if key[0] not in in_the_way}
    assert autograded(course).items() >= written.items()
    assert all(len(key) > 2 and key[1] == NAME for key in autograded(course).keys() - {("ben",)})


class Tidying(LocalWorkers):
    """Somebody tidies up while the class is graded."""

    def submit(self, task: Task) -> Future[bytes]:
        if "/ben/" in task.folder:
            shutil.rmtree(task.folder)
        return super().submit(task)


def test_a_folder_that_goes_away_meanwhile_is_withheld_and_ends_nothing(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "LocalWorkers", Tidying)
    result = grade_class(course, NAME, students=["ann", "ben"], jobs=1)
    assert result.withheld == ("ben",)
    assert set(result.grades) == {"ann", "ben"}


def autograded(course: Course) -> dict[tuple[str, ...], bytes]:
    """All files, by the parts of their paths."""
    folder = course.root / "autograded"
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).parts: path.read_bytes() for path in files}


def test_a_folder_takes_its_place_and_what_dead_workers_left_beside_it_goes(
    tmp_path: Path,
) -> None:
    target = tmp_path / "ann" / "lab"
    for name in ("lab", ".lab.1.new", ".lab.new", ".lab.x.new", ".lab2.1.new"):
        write_all(target.with_name(name), {"old/a.txt": b"old"})
    put_in_place(written_beside(target, {"b/c.txt": b"new"}), target)
    assert {path.name for path in target.parent.iterdir()} == {"lab", ".lab.x.new", ".lab2.1.new"}
    (only,) = (path for path in target.rglob("*") if path.is_file())
    assert (only.read_bytes(), only.stat().st_mode & 0o777) == (b"new", 0o444)
    (tmp_path / "ben").write_text("in the way")
    with pytest.raises(OSError, match="ben"):
        written_beside(tmp_path / "ben" / "lab", {"a": b"a"})


class Instant:
    """Workers that have done a task as soon as they are asked: faster than all can be written."""

    broken = (BrokenProcessPool,)
    width = 3
    asked = 0

    def submit(self, task: Task) -> Future[bytes]:
        self.asked += 1
        future = Future[bytes]()
        future.set_result(msgspec.msgpack.encode(TaskResult(reason=task.folder)))
        return future

    def look(self) -> tuple[str, ...]:
        return ()


def test_no_more_waits_to_be_written_than_is_under_way() -> None:
    students, workers, written = [f"s{n}" for n in range(100)], Instant(), list[str]()
    for answers in dispatch(students, Task, workers, print):  # type: ignore[arg-type]
        assert workers.asked - len(written) <= 3 * workers.width
        assert all(answer.result.reason == answer.student for answer in answers)
        written += [answer.student for answer in answers]
    assert sorted(written) == sorted(students)
