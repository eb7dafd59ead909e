"""What happened when in a run over a class: a dated file, one line an event.

    2026-05-01 12:00:03 UTC	ada	90 of 100; waited 2.1 s, took 0.8 s, by process 4711 on lab7

Time, student (or -) and what happened, with tabs between them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from autograder.classroom.dispatch import Answer
from autograder.course.course import Course
from autograder.model import Grade
from autograder.outputs.progress import points

ENOUGH_TIMED = 5
"""Submissions to look at before a time is foretold from them."""
START_SECONDS = 3.0
"""Until the first submission is begun: imports and a warm sandbox (see docs/measurements.md)."""


class RunLog:
    """The log of one run; without a path it is not kept.

    What cannot be written, on a full disk say, ends no run.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._began = time.monotonic()

    def tell(self, what: str, student: str = "-") -> None:
        """Write down what happened now, to whom."""
        if self.path is None:
            return
        line = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC\t{student}\t{what}\n"
        with suppress(OSError), self.path.open("a", encoding="utf-8") as file:
            file.write(line)

    def graded(self, answer: Answer, grade: Grade) -> None:
        """Write down a grade, and what it took."""
        result = answer.result
        waited = max(0.0, time.monotonic() - self._began - result.seconds)
        took = f"; waited {waited:.1f} s, took {result.seconds:.1f} s, by {result.by}"
        self.tell(points(grade) + took * bool(result.by), answer.student)

    @contextmanager
    def ending(self) -> Iterator[None]:
        """Write down how it ends."""
        try:
            yield
        except BaseException as error:
            self.tell(f"Ended early: {type(error).__name__}: {error}".rstrip(": "))
            raise
        self.tell("Done.")


def logs_folder(course: Course) -> Path:
    """Where the logs of a course lie."""
    return course.root / ".autograder" / "logs"


def new_log(course: Course, assignment: str) -> RunLog:
    """A log for a run that begins now, readable for its owner alone."""
    path = logs_folder(course) / f"{assignment}-{datetime.now(UTC):%Y%m%d-%H%M%S}-{os.getpid()}.log"
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
    return RunLog(path)


def estimate(known: Mapping[str, float], todo: Collection[str], width: int) -> float | None:
    """How long grading takes, in seconds, by what was measured; None if nothing was.

    Args:
        known: by student, seconds that grading took before; others are taken to need the median.
        todo: the students to grade.
        width: how many are graded at once.
    """
    if not known:
        return None
    usual = median(known.values())
    times = [known.get(student, usual) for student in todo]
    return START_SECONDS + max(sum(times) / width, max(times, default=0.0))


def foretold(known: Mapping[str, float], todo: Collection[str], width: int) -> str:
    """The estimate as a sentence."""
    seconds = estimate(known, todo, width)
    if seconds is None:
        return "How long it takes is known when the first submissions are graded."
    return f"{len(todo)} to grade, {width} at once: about {in_words(seconds)}."


def in_words(seconds: float) -> str:
    """A duration, as exact as an estimate can be."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
