"""Whatever is killed from outside, as the kernel does where memory is short, costs no points."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import tiny_course
from tiny_course import hand_in

from autograder.grading.grade import Grader
from autograder.sandbox.processes import children

SLOW = """

at_once = initials


def initials(name):
    import time

    time.sleep(0.15)
    return at_once(name)
"""
FORK, STUDENT, INIT, ZYGOTE, BUBBLEWRAP = range(5)
"""Who is killed, counted from a question's process up to the sandbox."""
DEPTH = 5
INTO_THE_CALL = 0.05  # s


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A right submission that takes its time where it is checked."""
    answer = tiny_course.INITIALS + SLOW
    return hand_in(tmp_path / "ada", {"initials": answer})


def deepest_line(pid: int) -> list[int]:
    """The longest line of descendants, the innermost first."""
    lines = [[*deepest_line(child), child] for child in children(pid)]
    return max(lines, key=len, default=[])


@contextmanager
def killing(place: int) -> Iterator[list[int]]:
    """Kill whoever stands at a place of the line, once, in the middle of a call of an answer."""
    over, killed = threading.Event(), []

    def look() -> None:
        while not over.wait(0.01) and not killed:
            if len(deepest_line(os.getpid())) < DEPTH:
                continue
            over.wait(INTO_THE_CALL)
            line = deepest_line(os.getpid())
            if len(line) == DEPTH:
                os.kill(line[place], signal.SIGKILL)
                killed.append(line[place])

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield killed
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize("place", [FORK, STUDENT, INIT, ZYGOTE, BUBBLEWRAP])
def test_a_kill_from_outside_costs_nothing(tiny_grader: Grader, folder: Path, place: int) -> None:
    undisturbed = tiny_grader.grade(folder).grade
    with killing(place) as killed:
        disturbed = tiny_grader.grade(folder).grade
    assert killed
    assert disturbed.to_json() == undisturbed.to_json()
    assert disturbed.score == disturbed.max_score
