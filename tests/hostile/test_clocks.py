"""Code that hides what it uses, or that it is its own fault: no clock is fooled by it."""

import numpy as np
import pytest
from attacks import patiently

from autograder.sandbox import POLICY, Budget, SourceCell, StudentDied, StudentTimeout

BURN = """
import os, signal, time
try: signal.signal(signal.SIGCHLD, signal.SIG_IGN)
except OSError: pass
def burn(seconds):
    while time.process_time() < seconds: pass
def done():
    open(f"done{os.getpid()}", "w").close(); os._exit(0)
def wait_for(count):
    while sum(name.startswith("done") for name in os.listdir()) < count: time.sleep(.02)
"""


def call(session, name, *args):
    with session.fork() as fork:
        return fork.request("call", target=name, args=list(args), kwargs={})


@patiently
def test_children_that_nobody_waits_for_are_counted(attack):
    session = attack(
        BURN + "for _ in range(6):\n    if not os.fork():\n        burn(.1); done()\nwait_for(6)"
    )
    assert session.cpu_seconds > 0.5


@patiently
def test_grandchildren_of_children_that_left_are_counted(attack):
    session = attack(
        BURN + "for _ in range(6):\n"
        "    if not os.fork():\n"
        "        if not os.fork():\n"
        "            burn(.1); done()\n"
        "        os._exit(0)\n"
        "wait_for(6)"
    )
    assert session.cpu_seconds > 0.5


CHAIN = """
def chain(links=20):
    if not os.fork():
        for _ in range(links):
            burn(.02)
            if os.fork(): os._exit(0)
        done()
    wait_for(1)
"""


@patiently
def test_a_chain_of_processes_that_fork_and_end_is_counted_while_checks_run(attack):
    session = attack(BURN + CHAIN)
    with session.fork() as fork:
        before = session.fork_spent().cpu
        fork.request("call", target="chain", args=[], kwargs={})
        assert session.fork_spent().cpu - before > 0.3


def test_an_endless_chain_costs_a_check_its_time_and_not_the_next(attack):
    session = attack(BURN + CHAIN + "def f(x): return x + 1")
    with pytest.raises(StudentTimeout):
        call(session, "chain", 10**6)
    assert np.array_equal(call(session, "f", np.ones(2)).items[0].value, [2, 2])


@patiently
def test_messages_that_nobody_reads_are_memory(attack):
    session = attack(
        """
        import os, socket, time
        for _ in range(20):
            if not os.fork(): break
        pairs = [socket.socketpair() for _ in range(100)]
        time.sleep(60)
        """,
        "1",
    )
    assert [run.status for run in session.runs] == ["dead", "ok"]
    assert "memory" in session.runs[0].error.message


OWN_DOING = ("os._exit(0)", "os._exit(9)", "os.abort()", "os.kill(os.getpid(), 11)")


@pytest.mark.parametrize("end", OWN_DOING)
def test_leaving_is_known_to_be_its_own_doing(attack, end):
    """So nobody makes sure of the sandbox: sixty checks that leave cost a minute of that."""
    session = attack(f"import os\ndef f(): {end}")
    with pytest.raises(StudentDied) as died:
        call(session, "f")
    assert not died.value.unexplained


def test_a_kill_may_be_anybodys(attack):
    session = attack("import os\ndef f(): os.kill(os.getpid(), 9)")
    with pytest.raises(StudentDied) as died:
        call(session, "f")
    assert died.value.unexplained


def test_making_sure_of_the_sandbox_is_on_the_submissions_time(sandbox):
    cells = [SourceCell(str(n), "import os\nos.kill(os.getpid(), 9)") for n in range(200)]
    budget = Budget(1)
    with sandbox.session({}, budget) as session:
        runs = session.run(cells)
    assert runs[-1].status == "skipped"
    assert budget.used < 5


def test_once_a_check_has_hung_the_others_get_less(attack):
    session = attack("def f():\n    while True: pass")
    for _ in range(2):
        with pytest.raises(StudentTimeout):
            call(session, "f")
    assert session.budget.stuck == 2
    assert POLICY.later_check_cpu < POLICY.check_cpu
    assert POLICY.later_check_wall < POLICY.check_wall


def test_whatever_a_submission_does_ends_within_half_a_minute():
    longest = POLICY.cell_wall + POLICY.check_wall
    assert longest < POLICY.submission_wall <= 25
