"""Time counts by what the student's process did with it, not by how busy the machine is."""

from __future__ import annotations

import time

import pytest

from autograder.sandbox.channel import CROWDED, TICK, Clock
from autograder.sandbox.errors import StudentTimeout
from autograder.sandbox.processes import Spent


class Account:
    """Says what a process has spent, as a test wants it."""

    def __init__(self, *spent: Spent) -> None:
        self._spent = list(spent)

    def __call__(self) -> Spent:
        return self._spent.pop(0) if len(self._spent) > 1 else self._spent[0]


def ticking(clock: Clock, times: int) -> None:
    for _ in range(times):
        time.sleep(TICK)
        clock.tick()


def test_a_process_that_sleeps_runs_out_of_wall_time() -> None:
    with pytest.raises(StudentTimeout):
        ticking(Clock(9, 1.5 * TICK, Account(Spent(0, 0))), 3)


def test_a_process_that_computes_runs_out_of_cpu_time() -> None:
    with pytest.raises(StudentTimeout):
        ticking(Clock(1, 9, Account(Spent(5, 0), Spent(7, 0))), 2)


def test_waiting_for_a_processor_is_not_the_student_s_time() -> None:
    clock = Clock(9, 1.5 * TICK, Account(Spent(0, 100), Spent(0, 100 + 60)))
    ticking(clock, 3)
    assert clock.elapsed < 1.5 * TICK


def test_waiting_does_not_count_for_ever() -> None:
    clock = Clock(9, TICK / CROWDED, Account(Spent(0, 0), Spent(0, 1000)))
    with pytest.raises(StudentTimeout):
        ticking(clock, 3)
