"""Submissions that come back at the same time are written down together."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, wait
from pathlib import Path

import pytest
from batch_class import CLASS, class_that_handed_in, grade, rows
from mini_course import NAME, ReleasedIn, copy_of
from sqlalchemy import event
from sqlalchemy.engine import Engine

from autograder.classroom import batch
from autograder.classroom.batch import grade_class
from autograder.classroom.worker import Task
from autograder.classroom.workers import LocalWorkers
from autograder.course.course import Course


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
    (course.root / "autograded").mkdir()
    for student in in_the_way:
        (course.root / "autograded" / student).write_text("in the way")
    assert grade_class(course, NAME, jobs=2).withheld == in_the_way
    assert in_the_way or len(commits) < len(CLASS)
    others = {key: row for key, row in rows(graded).items() if key[0] not in in_the_way}
    assert rows(course).items() >= others.items()
