"""The sandbox in normal use: notebooks run as in Jupyter, questions are answered by forks."""

from collections.abc import Iterator

import numpy as np
import pytest
from machine import need

from autograder.sandbox import Sandbox, SourceCell, StudentRaised

LAYERS = """
import numpy as np
def forward(x, w):
    return x @ w, [x, w]
def backward(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout
def track(x, state):
    state["mean"] = state.get("mean", 0) * 0.5 + x.mean(axis=0)
    return x
class Net:
    def __init__(self, size, scale=1.0):
        self.params = {"W": np.ones((size, size), dtype=np.float32) * scale}
        self.reg = 0.0
    def loss(self, x, y=None):
        out = x @ self.params["W"]
        return out if y is None else (float(out.sum()) + self.reg, {"W": x})
def wrong(x):
    y = x + 1

    raise ValueError(f"hidden {x}")
settings = {"lr": 0.1, 3: "three"}
"""


@pytest.fixture(scope="module", params=["bubblewrap", "none"])
def sandbox(request, tmp_path_factory) -> Iterator[Sandbox]:
    support = tmp_path_factory.mktemp("given") / "support"
    support.mkdir()
    (support / "__init__.py").write_text("word = 'given'\n")
    with Sandbox(request.param, {"support": support}) as sandbox:
        need(sandbox)
        yield sandbox


def run(sandbox, *sources, files=None):
    """Run cells in a fresh session; return their runs."""
    with sandbox.session(files or {}) as session:
        return session.run([SourceCell(f"c{n}", s) for n, s in enumerate(sources)])


@pytest.fixture
def fork(sandbox):
    with sandbox.session({}) as session:
        session.run([SourceCell("layers", LAYERS)])
        with session.fork() as fork:
            yield fork


def call(fork, target, *args, **kwargs):
    return fork.request("call", target=target, args=list(args), kwargs=kwargs)


# Cells


def test_cells_share_their_names_and_give_jupyters_outputs(sandbox):
    first, second, third = run(sandbox, "x = 2", "print('a'); print('b'); x", "x * x;")
    assert (first.status, first.outputs) == ("ok", [])
    assert second.outputs == [
        {"output_type": "stream", "name": "stdout", "text": "a\nb\n"},
        {"output_type": "execute_result", "data": {"text/plain": "2"}, "metadata": {},
         "execution_count": 2},
    ]  # fmt: skip
    assert third.outputs == []


def test_an_error_stops_no_other_cell_and_names_its_line(sandbox):
    bad, good = run(sandbox, "y = 1\ny / 0", "y")
    assert (bad.status, bad.error.type_name, bad.error.line, bad.error.lineno) == (
        "error",
        "ZeroDivisionError",
        "y / 0",
        2,
    )
    assert bad.outputs[0]["ename"] == "ZeroDivisionError"
    assert good.status == "ok"


def test_a_syntax_error_names_its_line(sandbox):
    (bad,) = run(sandbox, "x = 1\ny = (")
    assert (bad.error.type_name, bad.error.lineno) == ("SyntaxError", 2)


def test_a_figure_is_a_png(sandbox):
    (figure,) = run(sandbox, "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()")
    assert figure.outputs[0]["data"]["image/png"].startswith("iVBOR")


@pytest.mark.parametrize(
    "source",
    ["%matplotlib inline", "%load_ext autoreload\n%autoreload 2", "%time 1 + 1", "%%time\n1 + 1",
     "%timeit -n1 -r1 1", "!ls", "!no-such-command", "x = !ls", "%cd /", "%pwd", "?print", "exit()",
     "%config InlineBackend.figure_format = 'retina'", "import warnings; warnings.warn('w')",
     "import asyncio; await asyncio.sleep(0)", "%pylab inline", "help(len)", "%%bash\nls"],
)  # fmt: skip
def test_what_works_in_jupyter_works(sandbox, source):
    run_, after = run(sandbox, source, "1")
    assert run_.status == after.status == "ok", run_


def test_a_warning_of_a_module_comes_once(sandbox):
    files = {"helper.py": b"import warnings\ndef f(): warnings.warn('careful')\n"}
    runs = run(sandbox, "import helper\nhelper.f()", "x = 1\nhelper.f()", files=files)
    assert [len(each.outputs) for each in runs] == [1, 0]


def test_given_packages_lie_beside_the_notebook(sandbox):
    (got,) = run(sandbox, "import os, support\nos.path.relpath(support.__file__)")
    assert got.outputs[0]["data"]["text/plain"] == "'support/__init__.py'"


@pytest.mark.parametrize("source", ["input()", "import sys; sys.exit(1)", "%no_such_magic"])
def test_what_cannot_work_costs_only_itself(sandbox, source):
    bad, after = run(sandbox, source, "1")
    assert (bad.status, after.status) == ("error", "ok")


def test_files_and_given_folders_are_in_the_working_directory(sandbox):
    files = {"helper.py": b"v = 1", "data/x.txt": b"text", "support/__init__.py": b"word = 'mine'"}
    (got,) = run(
        sandbox,
        "from support import word\nimport helper, os\n"
        "open('results.txt', 'w').write('ok')\n"
        "print(word, helper.v, open('data/x.txt').read(), os.environ['NBGRADER_EXECUTION'])",
        files=files,
    )
    assert got.outputs[0]["text"] == "given 1 text autograde\n"


@pytest.mark.parametrize("name", ["/etc/x", "../x", "a/../../x", ""])
def test_a_file_outside_the_folder_is_refused(sandbox, name):
    with pytest.raises(ValueError, match="not a name"):
        sandbox.session({name: b""})


def test_the_same_cells_give_the_same_outputs(sandbox):
    cells = (
        "import random, numpy as np\nprint(random.random(), np.random.rand(2))",
        "print(np.random.default_rng().random(), np.random.RandomState().rand())",
        "print(hash('text'), {'a', 'b', 'c', 'd'}); object()",
        "class A: pass\nprint(A(), print)\nlambda: 0",
        "def f(): raise KeyError(f)\nf()",
    )
    assert [r.outputs for r in run(sandbox, *cells)] == [r.outputs for r in run(sandbox, *cells)]


def test_threads_of_numerical_libraries_are_one(sandbox):
    (got,) = run(sandbox, "import os; print(os.environ['OMP_NUM_THREADS'])")
    assert got.outputs[0]["text"] == "1\n"


# Forks


def test_a_tuple_is_unpacked_and_the_cache_goes_back_by_handle(fork):
    x, w = np.arange(6.0).reshape(2, 3), np.ones((3, 2))
    reply = call(fork, "forward", x, w)
    out, cache = reply.items
    assert reply.is_tuple
    assert np.array_equal(out.value, x @ w)
    assert cache.kind == "list"
    dx, dw = call(fork, "backward", np.ones((2, 2)), cache.handle).items
    assert np.array_equal(dx.value, np.ones((2, 2)) @ w.T)
    assert np.array_equal(dw.value, x.T @ np.ones((2, 2)))


def test_a_dict_changed_in_place_is_read_back_by_asking(fork):
    (state,) = fork.request("put", value={"mode": "train"}).items
    call(fork, "track", np.ones((4, 2)), state.handle)
    assert {k.value for k in fork.request("keys", obj=state.handle).items} == {"mode", "mean"}
    (mean,) = fork.request("item", obj=state.handle, key="mean").items
    assert np.array_equal(mean.value, [1, 1])
    fork.request("setitem", obj=state.handle, key="mode", value="test")
    assert fork.request("item", obj=state.handle, key="mode").items[0].value == "test"


def test_objects_have_attributes_and_methods(fork):
    (net,) = call(fork, "Net", 3, scale=2.0).items
    assert (net.kind, net.has_value) == ("Net", False)
    (params,) = fork.request("attr", obj=net.handle, name="params").items
    (weights,) = fork.request("item", obj=params.handle, key="W").items
    assert weights.value.dtype == np.float32
    batch = [np.ones((1, 3)), np.array([0])]
    loss, grads = fork.request("invoke", obj=net.handle, name="loss", args=batch, kwargs={}).items
    assert (loss.value, grads.kind) == (18.0, "dict")


@pytest.mark.parametrize(
    ("value", "expected"),
    [([1, 2.5], np.array([1, 2.5])), (np.float32(2), 2.0), (np.bool_(1), True), (3, 3), ("t", "t")],
)
def test_plain_things_come_as_values(fork, value, expected):
    item = fork.request("put", value=value).items[0]
    assert item.has_value
    assert np.array_equal(item.value, expected)


@pytest.mark.parametrize("value", [None, {}, [], [[1], [2, 3]], [None], ["a", 1], {1: {2}}])
def test_collections_of_plain_things_come_as_values(fork, value):
    item = fork.request("put", value=value).items[0]
    assert (item.has_value, item.value) == (True, value)


@pytest.mark.parametrize("name", ["Net", "np", "wrong", "np.random"])
def test_other_things_come_as_handles(fork, name):
    assert not fork.request("get", name=name).items[0].has_value


def test_what_is_only_passed_on_is_not_copied(fork):
    (item,) = fork.request("get", name="settings", want=("opaque",)).items
    assert (item.has_value, item.kind) == (False, "dict")


def test_an_exception_brings_its_type_and_the_students_line_but_not_its_message(fork):
    with pytest.raises(StudentRaised) as raised:
        call(fork, "wrong", 77)
    error = raised.value
    assert (error.type_name, error.line) == ("ValueError", 'raise ValueError(f"hidden {x}")')
    assert error.lineno == LAYERS.splitlines().index('    raise ValueError(f"hidden {x}")') + 1
    assert "77" not in str(error)


def test_a_missing_name_or_key_is_told(fork):
    with pytest.raises(StudentRaised, match="NameError"):
        fork.request("get", name="missing")
    (settings,) = fork.request("get", name="settings").items
    with pytest.raises(StudentRaised, match="KeyError"):
        fork.request("item", obj=settings.handle, key="missing")


def test_what_a_branch_does_is_unknown_to_the_next(sandbox):
    with sandbox.session({}) as session:
        session.run(
            [SourceCell("a", "import numpy as np\nx = [1.0]\ndef f(): return np.random.rand()")]
        )
        seen = []
        for _ in range(2):
            with session.fork() as fork:
                (x,) = fork.request("get", name="x").items
                seen.append((x.value, call(fork, "f").items[0].value))
                fork.request("setitem", obj=x.handle, key=0, value=2.0)
    assert seen[0] == seen[1]


def test_prints_while_a_check_runs_are_heard_by_nobody(sandbox):
    with sandbox.session({}) as session:
        session.run([SourceCell("a", "def f():\n    print('x' * 10**6)\n    return 1")])
        with session.fork() as fork:
            assert call(fork, "f").items[0].value == 1
