"""Code that lies about its answers: what crosses is the plain wrong value, or nothing."""

import time
from pathlib import Path

import numpy as np
import pytest
from tiny_course import hand_in

from autograder.grading.grade import Grader
from autograder.sandbox import StudentDied, StudentProtocol, StudentRaised

PATCHED = """
import builtins, numpy as np
np.allclose = np.array_equal = np.isclose = lambda *a, **k: True
np.testing.assert_allclose = np.testing.assert_array_equal = lambda *a, **k: None
builtins.abs = builtins.max = builtins.sum = lambda *a, **k: 0
def f(x):
    return np.zeros_like(x)
"""


def call(session, name, *args):
    with session.fork() as fork:
        return fork.request("call", target=name, args=list(args), kwargs={})


def test_patched_comparisons_and_builtins_change_nothing_outside(attack):
    (item,) = call(attack(PATCHED), "f", np.ones(3)).items
    assert np.array_equal(item.value, [0, 0, 0])
    assert not np.allclose(item.value, 1)


LIAR = """
import numpy as np
class Liar:
    shape, dtype, ndim, size = (3,), np.dtype(float), 1, 3
    @property
    def __class__(self): return np.ndarray
    def __array__(self, *a, **k): return np.ones(3)
    def __eq__(self, other): return True
    def __float__(self): return 1.0
    def __getattr__(self, name): return lambda *a, **k: True
class Sub(np.ndarray):
    def __eq__(self, other): return True
    def view(self, *a): return self
    def tobytes(self): return b"x" * 10**9
    def astype(self, *a): return Liar()
class Text(str):
    def __eq__(self, other): return True
class Number(float):
    def __sub__(self, other): return 0.0
def liar(): return Liar()
def sub(): return np.zeros(3).view(Sub)
def text(): return Text("a")
def number(): return Number(2.0)
def objects(): return np.array([None, 1], dtype=object)
def listed(): return [Liar(), 1.0]
"""


def test_an_object_that_claims_to_be_an_array_does_not_cross(attack):
    session = attack(LIAR)
    for name in ("liar", "text", "number", "objects", "listed"):
        (item,) = call(session, name).items
        assert not item.has_value, name


def test_an_array_of_a_lying_class_crosses_as_its_bytes(attack):
    (item,) = call(attack(LIAR), "sub").items
    assert type(item.value) is np.ndarray
    assert np.array_equal(item.value, np.zeros(3))


def test_a_name_made_from_hidden_inputs_does_not_come_out(attack):
    session = attack(
        "def f(x):\n    raise type('x%d' % x[0], (Exception,), {})(str(x))\n"
        "def g(x):\n    return type('y%d' % x[0], (), {})()"
    )
    with pytest.raises(StudentRaised) as raised:
        call(session, "f", np.array([77]))
    assert raised.value.type_name == "Exception"
    assert "77" not in str(vars(raised.value))
    assert call(session, "g", np.array([77])).items[0].kind == "object"


def test_the_line_that_raised_is_read_from_our_copy(attack):
    source = "def f():\n    exec(compile('1/0', '<cell 0>', 'exec'))\n\n# third\n# fourth"
    with pytest.raises(StudentRaised) as raised:
        call(attack(source), "f")
    assert raised.value.line in source


FORGED = """
import os, json, struct
header = json.dumps({"d": {"ok": True, "tuple": %s, "items": %s}}).encode()
message = struct.pack("<I", len(header)) + header
for fd in range(3, 64):
    try: os.write(fd, struct.pack("<Q", len(message)) + message)
    except OSError: pass
"""


@pytest.mark.parametrize("items", ['"x"', "[]", "[1, 2]", '[{"d": {"h": -1}}]', '[{"d": {}}]'])
def test_a_forged_reply_is_no_answer(attack, items):
    session = attack(f"def f():\n{FORGED.replace(chr(10), chr(10) + '    ') % ('False', items)}")
    with pytest.raises(StudentProtocol):
        call(session, "f")


GARBAGE = """
def f():
    import os
    for fd in range(3, 64):
        try: os.write(fd, %r)
        except OSError: pass
"""


@pytest.mark.parametrize(
    "data",
    [b"\xff" * 64, b"\0" * 64, b"garbage that is no frame at all, but long enough to be one" * 9],
)
def test_garbage_on_every_descriptor_costs_the_one_who_wrote_it(attack, data):
    session = attack(GARBAGE % data)
    with pytest.raises((StudentProtocol, StudentDied)):
        call(session, "f")


def test_garbage_from_a_cell_costs_that_cell(attack):
    session = attack("x = 1", (GARBAGE % (b"\xff" * 64)) + "f()", "y = x + 1")
    assert [run.status for run in session.runs] == ["ok", "dead", "ok"]


def test_output_of_a_forged_kind_does_not_get_into_the_notebook(attack):
    session = attack(
        "from IPython.display import display, HTML, Javascript\n"
        "display(HTML('<script>alert(1)</script>'), Javascript('alert(1)'))\n"
        "get_ipython().outputs.items.append({'output_type': 'display_data', 'data':"
        " {'text/html': '<script>', 'image/png': '<script>', 'text/plain': 'p'}, 'metadata': {}})"
    )
    assert "<script" not in str(session.runs[0].outputs)


def test_an_execute_result_is_only_what_the_cell_shows(attack):
    session = attack("import sys\nsys.displayhook = lambda v: None\nsys.displayhook(1)\n5")
    assert session.runs[0].status == "ok"


def test_a_giant_reply_is_no_answer(attack):
    session = attack(
        "import numpy as np\ndef f(): return np.zeros(10**7)\ndef g(): return ((),) * 20_000"
    )
    for name in "fg":
        with pytest.raises(StudentProtocol):
            call(session, name)


def test_a_deep_reply_is_no_answer(attack):
    session = attack("def f():\n    x = []\n    for _ in range(10**5): x = [x]\n    return x")
    assert not call(session, "f").items[0].has_value


READS = """
import sys
inside = next(m for name, m in sys.modules.items() if name.endswith("inside.variables"))
inside.read_by = lambda *_: tuple(f"made_up_{number}" for number in range(4_000))
"""


def test_variables_that_a_process_says_it_reads_are_not_looked_for_without_end(
    tiny_grader: Grader, tmp_path: Path
):
    long = "def initials(name):\n    return 'wrong'\n# " + "word " * 38_000
    began = time.process_time()
    graded = tiny_grader.grade(hand_in(tmp_path / "eve", {"initials": long}, [READS]))
    assert time.process_time() - began < 3
    assert graded.grade.score == 12.0 - 3.0
