"""Time counts by what the student's process did with it, not by how busy the machine is."""

from __future__ import annotations

import time

import pytest

from autograder.sandbox.channel import CROWDED, TICK, Budget, Clock
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


def test_waiting_for_processes_of_one_s_own_counts() -> None:
    clock = Clock(99, 1.5 * TICK, Account(Spent(0, 0, 0), Spent(60, 60, 0)))
    with pytest.raises(StudentTimeout):
        ticking(clock, 3)


def test_the_seconds_of_several_processors_are_the_budget_s() -> None:
    clock = Clock(99, 99, Account(Spent(0, 0, 0), Spent(8, 0, 1)))
    ticking(clock, 2)
    assert clock.cost == 8


def test_what_is_done_for_a_submission_is_on_its_budget() -> None:
    budget = Budget(9)
    with budget.charged():
        time.sleep(TICK)
    assert TICK <= budget.used == 9 - budget.left
