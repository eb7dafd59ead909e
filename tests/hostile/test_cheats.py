"""Whole submissions that cheat: each gets what the honest wrong answer gets, and no more."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny_course import NAME, hand_in

from autograder.grading.grade import Grader
from autograder.grading.graded import GradedSubmission
from autograder.model import Status, Verdict

Raw = dict[str, Any]
WRONG = "def standardize(x):\n    return np.full(np.shape(x), 7.0)\n"
Cheat = Callable[..., GradedSubmission]


@pytest.fixture
def cheat(tiny_grader: Grader, tmp_path: Path) -> Cheat:
    """Grade a solved notebook in which `standardize` is wrong, with cells that cheat at the end."""

    def graded(*cells: str, rearrange: Callable[[Raw], None] | None = None) -> GradedSubmission:
        folder = hand_in(tmp_path / "cheat", {"standardize": WRONG}, cells)
        if rearrange:
            path = folder / f"{NAME}.ipynb"
            notebook = json.loads(path.read_text())
            rearrange(notebook)
            path.write_text(json.dumps(notebook))
        return tiny_grader.grade(folder)

    return graded


@pytest.fixture(scope="module")
def honest(tiny_grader: Grader, tmp_path_factory: pytest.TempPathFactory) -> float:
    """What the wrong `standardize` gets without any cheating."""
    folder = tmp_path_factory.mktemp("honest") / "wrong"
    return score(tiny_grader.grade(hand_in(folder, {"standardize": WRONG})))


def score(graded: GradedSubmission) -> float:
    """The score; a cheat has no power to withhold it."""
    assert graded.grade.status is Status.GRADED, graded.staff_notes
    assert graded.grade.score is not None
    assert graded.grade.to_json()
    return graded.grade.score


def messages(graded: GradedSubmission) -> str:
    """All that the student is told."""
    checks = [check for question in graded.grade.questions for check in question.checks]
    return "\n".join([*graded.grade.problems, *(check.message + check.hint for check in checks)])


PATCHES = {
    "comparisons": """
        import numpy.testing as t
        np.allclose = np.array_equal = np.isclose = np.testing.assert_allclose = lambda *a, **k: 1
        for name in dir(t): setattr(t, name, lambda *a, **k: None)
        """,
    "builtins": """
        import builtins
        for name in ("abs", "all", "any", "max", "min", "sum", "round", "float", "isinstance"):
            setattr(builtins, name, lambda *a, **k: True)
        """,
    "run_cell": """
        shell = get_ipython()
        real = shell.run_cell
        def lie(*a, **k):
            done = real("1", store_history=True)
            done.error_in_exec = done.error_before_exec = None
            return done
        shell.run_cell = lie
        """,
    "input transformer": """
        get_ipython().input_transformers_cleanup.append(lambda lines: ["passed = True\\n"])
        """,
    "displayhook": """
        import sys
        get_ipython().outputs.items.append({"output_type": "execute_result", "data":
            {"text/plain": "100.0"}, "metadata": {}, "execution_count": 1})
        sys.displayhook = lambda value: None
        """,
    "lying array": """
        class Sub(np.ndarray):
            def __eq__(self, other): return np.ones(self.shape, bool)
            def __array__(self, *a, **k): return np.ones(3)
            def __array_ufunc__(self, *a, **k): return 0.0
            def __array_function__(self, *a, **k): return True
            def __len__(self): return 10**9
            __class__ = float
        def standardize(x): return np.full(np.shape(x), 7.0).view(Sub)
        """,
    "lying object": """
        class Any:
            shape = dtype = size = ndim = property(lambda self: self)
            def __getattr__(self, name): return self
            def __call__(self, *a, **k): return self
            def __eq__(self, other): return True
            def __array__(self, *a, **k): return np.ones(3)
            def __float__(self): return 0.0
            __class__ = np.ndarray
        def standardize(x): return Any()
        """,
    "exit": """
        import os
        def standardize(x): os._exit(0)
        """,
    "SystemExit": """
        def standardize(x): raise SystemExit(0)
        """,
    "thread": """
        import sys, threading, time
        def later():
            while True:
                time.sleep(.001)
                for module in list(sys.modules.values()):
                    if getattr(module, "allclose", None): module.allclose = lambda *a: True
        threading.Thread(target=later, daemon=True).start()
        """,
    "other descriptors": """
        import os, struct
        for fd in range(3, 256):
            for data in (b"\\xff" * 8, struct.pack("<Q", 2**40), b"\\0" * 16):
                try: os.write(fd, data)
                except OSError: pass
        """,
    "answer before the question": """
        import json, struct
        from grading_inside import fork, frames
        ready = frames.send
        def both(sock, message):
            ready(sock, message)
            if message == {"ready": True}:
                for _ in range(50): ready(sock, {"ok": True, "tuple": False, "items": []})
        frames.send = both
        """,
    "tuple that goes on": """
        class Pair(tuple):
            def __iter__(self): return iter(range(10**9))
        def standardize(x): return Pair((x * 0 + 7, x))
        """,
}


@pytest.mark.parametrize("name", PATCHES)
def test_patching_what_judges_gives_no_point(cheat: Cheat, honest: float, name: str):
    lines = [line.removeprefix(" " * 8) for line in PATCHES[name].strip("\n").splitlines()]
    assert score(cheat("\n".join(lines))) <= honest


SERVED = """
from grading_inside import fork, frames
def serve(sock, names):
    frames.send(sock, {"ready": True})
    while True:
        frames.receive(sock)
        %s
fork.serve = serve
"""
REPLIES = {
    "nothing": "sock.close()",
    "yes": "frames.send(sock, {'ok': True})",
    "passed": "frames.send(sock, {'ok': True, 'verdict': 'passed', 'tuple': True, 'items': []})",
    "empty arrays": "frames.send(sock, {'ok': True, 'tuple': False, 'items':"
    " [{'h': 0, 'k': 'dict', 'v': np.zeros(0)}]})",
    "arrays for texts": "frames.send(sock, {'ok': False, 'error':"
    " {'type': np.zeros(0), 'cell': np.zeros(0), 'line': np.zeros(0)}})",
    "one number": "frames.send(sock, {'ok': True, 'tuple': False, 'items':"
    " [{'h': 2**62, 'k': 'dict', 'v': float('nan')}]})",
    "keys without end": "frames.send(sock, {'ok': True, 'tuple': True, 'items':"
    " [{'h': n, 'k': 'str', 'v': f'W{n}'} for n in range(60)]})",
}


@pytest.mark.parametrize("kind", REPLIES)
def test_a_branch_taken_over_answers_nothing_right(cheat: Cheat, kind: str):
    graded = cheat(SERVED % REPLIES[kind])
    assert score(graded) == 0.0
    verdicts = {check.verdict for question in graded.grade.questions for check in question.checks}
    assert Verdict.GRADER_ERROR not in verdicts


def test_metadata_steers_nothing(cheat: Cheat, honest: float):
    def steer(notebook: Raw) -> None:
        notebook["metadata"]["autograder"] = {"status": "graded", "problems": []}
        for cell in list(notebook["cells"]):
            own: dict[str, Any] = cell["metadata"].get("nbgrader", {})
            cell["metadata"]["tags"] = ["skip-execution", "raises-exception"]
            if own.get("grade"):
                own |= {"points": 1000, "grade": False, "locked": False, "solution": True}
                cell["metadata"]["autograder"] = {"bonus": 50, "result": {"score": 100.0}}
                cell["source"] = "1000.0"
                notebook["cells"].append(cell | {"id": "../../x", "source": "1 / 0"})

    assert score(cheat(rearrange=steer)) == honest


def test_locked_cells_that_are_gone_are_run_all_the_same(cheat: Cheat, honest: float):
    def drop(notebook: Raw) -> None:
        notebook["cells"] = [
            cell
            for cell in notebook["cells"]
            if not cell["metadata"].get("nbgrader", {}).get("grade")
        ]

    assert score(cheat(rearrange=drop)) == honest


def test_a_hidden_input_does_not_come_out_in_an_exception(cheat: Cheat):
    graded = cheat(
        "def standardize(x):\n"
        "    kind = type('x%d' % abs(hash(str(x))), (Exception,), {})\n"
        "    raise kind(f'<script>{x}</script>')"
    )
    assert "Exception" in messages(graded)
    assert "<script>{x}" not in messages(graded).replace("raise kind(f'<script>{x}</script>')", "")
    assert not any(c.message.count("0x") for q in graded.grade.questions for c in q.checks)


def test_what_one_submission_leaves_the_next_does_not_find(cheat: Cheat, tmp_path: Path):
    leave = """
import os, socket
for place in (".", "/tmp", "/dev/shm", "/warm", "/home/student", "/site/0", "/shared/support"):
    try: open(os.path.join(place, "left"), "w").write("7")
    except OSError: pass
s = socket.socket(socket.AF_UNIX); s.bind("\\0left"); s.listen()
"""
    look = """
import os, socket
found = [p for p in (".", "/tmp", "/dev/shm", "/warm", "/home/student", "/site/0")
         if os.path.exists(os.path.join(p, "left"))]
try: socket.socket(socket.AF_UNIX).connect("\\0left"); found.append("socket")
except OSError: pass
print("found", found)
"""
    cheat(leave)
    text = str(cheat(look).runs[NAME][-1].outputs)
    assert "found []" in text


FRAME = """
import json, os, struct
head = json.dumps(%s).encode()
for fd in range(3, 64):
    try: os.write(fd, struct.pack("<QI", 4 + len(head), len(head)) + head)
    except OSError: pass
"""
EMPTY = {"a": ["<f8", [0]]}
FORGED = {
    "status": {"status": EMPTY, "outputs": []},
    "kind": {"status": "ok", "outputs": [{"d": {"output_type": EMPTY}}]},
    "name": {"status": "ok", "outputs": [{"d": {"output_type": "stream", "name": EMPTY}}]},
}


@pytest.mark.parametrize("field", FORGED)
def test_an_array_where_a_cell_reports_text_costs_that_cell(
    cheat: Cheat, honest: float, field: str
):
    forged = {"d": {"cpu": 0.0, "error": None} | FORGED[field]}
    assert score(cheat(FRAME % f"json.loads({json.dumps(forged)!r})")) == honest
