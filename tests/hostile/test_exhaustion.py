"""Code that takes time, memory, processes, disk and output without end."""

import numpy as np
import pytest
from attacks import patiently, printed

from autograder.sandbox import Budget, SourceCell, StudentDied, StudentRaised, StudentTimeout


def call(session, name, *args):
    with session.fork() as fork:
        return fork.request("call", target=name, args=list(args), kwargs={})


def test_an_endless_cell_costs_itself_and_the_others_run(attack):
    session = attack("x = 1", "while True: pass", "y = x + 1\ny")
    assert [run.status for run in session.runs] == ["ok", "timeout", "ok"]
    assert session.runs[2].outputs[0]["data"]["text/plain"] == "2"


def test_a_swallowed_interrupt_does_not_help(attack):
    source = """
import signal
for number in range(1, 64):
    try: signal.signal(number, lambda *a: None)
    except (OSError, ValueError): pass
while True:
    try:
        while True: pass
    except BaseException: pass
"""
    assert attack(source).runs[0].status == "timeout"


def test_sleeping_is_bounded_by_wall_time(attack):
    assert attack("import time\ntime.sleep(1000)").runs[0].status == "timeout"


def test_an_endless_function_times_out_and_the_next_branch_is_fine(attack):
    session = attack("def f():\n    while True: pass\ndef g(): return 1")
    with pytest.raises(StudentTimeout):
        call(session, "f")
    assert call(session, "g").items[0].value == 1


def test_a_submission_that_has_used_up_its_time_is_not_run_on(sandbox):
    budget = Budget(0.5)
    with sandbox.session({}, budget) as session:
        runs = session.run([SourceCell("a", "while True: pass"), SourceCell("b", "1")])
    assert [run.status for run in runs] == ["timeout", "skipped"]


def test_cells_before_a_hanging_one_are_run_again_within_the_same_budget(sandbox):
    cells = [SourceCell("good", "x = 1"), SourceCell("bad", "import time\ntime.sleep(99)")]
    with sandbox.session({}, Budget(1.5)) as session:
        assert [run.status for run in session.run(cells)] == ["ok", "timeout"]
        with session.fork() as fork:
            assert fork.request("get", name="x").items[0].value == 1


@pytest.mark.parametrize("source", ["import os\nos._exit(0)", "import os\nos.kill(os.getpid(), 9)"])
def test_a_dead_interpreter_costs_the_cell(attack, source):
    session = attack("x = 1", source, "x")
    assert [run.status for run in session.runs] == ["ok", "dead", "ok"]


def test_many_dead_cells_do_not_cost_the_answers(attack):
    session = attack("x = 1", *["import os\nos._exit(0)"] * 20, "y = 2")
    assert [run.status for run in session.runs[:3]] == ["ok", "dead", "dead"]
    with session.fork() as fork:
        assert fork.request("get", name="x").items[0].value == 1


def test_leaving_inside_a_function_is_not_an_answer(attack):
    session = attack(
        "import os, sys\ndef f(): os._exit(0)\ndef g(): sys.exit(0)\ndef h(): return 1"
    )
    with pytest.raises(StudentDied):
        call(session, "f")
    with pytest.raises(StudentRaised) as raised:
        call(session, "g")
    assert raised.value.type_name == "SystemExit"
    assert call(session, "h").items[0].value == 1


def test_a_thread_that_outlives_its_cell_gets_no_time_while_checks_run(attack):
    session = attack(
        "import threading\nticks = [0]\ndef run():\n    while True: ticks[0] += 1\n"
        "threading.Thread(target=run, daemon=True).start()\ndef f(x): return x + 1"
    )
    assert np.array_equal(call(session, "f", np.ones(2)).items[0].value, [2, 2])


@patiently
def test_a_fork_bomb_ends(attack):
    session = attack("import os\nwhile True:\n    try: os.fork()\n    except OSError: pass")
    assert session.runs[0].status == "dead"


@patiently
def test_a_thread_bomb_ends(attack):
    session = attack(
        """
        import threading, time
        for _ in range(2000):
            threading.Thread(target=time.sleep, args=(100,), daemon=True).start()
        """
    )
    assert session.runs[0].status in ("dead", "error")


FORTY = """
import os, time
import numpy as np
for _ in range(40):
    if os.fork() == 0:
        x = np.ones(60_000_000)
        time.sleep(60)
time.sleep(60)
"""


@pytest.mark.slow
@patiently
def test_forty_processes_of_480_mb_are_ended_together(attack):
    run = attack(FORTY).runs[0]
    assert run.status == "dead"
    assert "memory" in run.error.message


def test_memory_of_one_process_is_a_memory_error(attack):
    session = attack("import numpy as np\nx = np.ones(10**9)", "1")
    assert session.runs[0].error.type_name == "MemoryError"
    assert session.runs[1].status == "ok"


HOARDS = {
    "shared": """
        import mmap
        kept = [mmap.mmap(-1, 10**8) for _ in range(30)]
        for m in kept: m.write(b'x' * 10**8)
        """,
    "dropped pages": """
        import mmap
        kept = [mmap.mmap(-1, 10**8) for _ in range(30)]
        for m in kept: m.write(b'x' * 10**8); m.madvise(mmap.MADV_DONTNEED)
        """,
    "memory file": """
        import os
        while True: os.write(os.memfd_create('x'), b'x' * 10**7)
        """,
    "system V": """
        import ctypes
        assert ctypes.CDLL(None).shmget(0, 10**8, 0o1600) >= 0
        """,
}


@patiently
@pytest.mark.parametrize("kind", HOARDS)
def test_memory_outside_the_heap_counts_too(attack, kind):
    assert attack(HOARDS[kind], "1").runs[0].status in ("dead", "error")


@patiently
def test_a_check_that_takes_too_much_memory_costs_only_its_branch(attack):
    session = attack(
        """
        import numpy as np, os, time
        x = 1
        def f():
            for _ in range(4):
                if not os.fork():
                    y = np.ones(50_000_000); time.sleep(9)
            time.sleep(9)
        """
    )
    with pytest.raises(StudentDied, match="memory"):
        call(session, "f")
    with session.fork() as fork:
        assert fork.request("get", name="x").items[0].value == 1


def test_a_full_disk_is_the_cells_own_error(attack):
    source = """
n = 0
while True:
    with open(f"file{n}", "wb") as f: f.write(b"x" * 10**6)
    n += 1
"""
    session = attack(source, "open('/dev/shm/x', 'wb').write(b'x' * 10**8)", "1 + 1")
    assert [run.status for run in session.runs] == ["error", "error", "ok"]


def test_endless_files_are_the_cells_own_error(attack):
    session = attack("n = 0\nwhile True:\n    open(f'f{n}', 'w').close(); n += 1", "1")
    assert session.runs[0].error.type_name == "OSError"


def test_giant_output_is_dropped_and_the_cell_is_fine(attack):
    session = attack(
        "print('x' * 10**8)\n1",
        "for _ in range(10**5): print('y' * 10)",
        "raise ValueError('z' * 10**8)",
        "from IPython.display import display\nfor n in range(5000): display('w' * 1000)",
    )
    assert [run.status for run in session.runs] == ["ok", "ok", "error", "ok"]
    assert len(str([run.outputs for run in session.runs])) < 3_000_000
    assert printed(session.runs[0]).startswith("xxx")


def test_a_thousand_descriptors_are_an_error(attack):
    session = attack("import os\nfds = [os.open('/dev/null', 0) for _ in range(1000)]")
    assert session.runs[0].error.type_name == "OSError"


def test_endless_recursion_costs_the_cell(attack):
    session = attack(
        "import sys\nsys.setrecursionlimit(10**9)\ndef f(n): return [f(n + 1)]\nf(0)", "2"
    )
    assert session.runs[0].status != "ok"
    assert session.runs[1].status == "ok"
