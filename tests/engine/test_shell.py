"""Cells mean in the sandbox what they mean in Jupyter."""

from pathlib import Path

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.interactiveshell import InteractiveShell

from autograder.sandbox.inside.shell import Shell, Transformer

SOURCES = [
    "x = 1\n%time x\ny = x",
    "x = 1\nhere = %pwd\nfiles = !ls",
    "%%time\nx = 1\ny = 2",
    "import os\nos.path?\nx = 1",
    "x = '''\n%time is no magic in here\n!ls\n'''\nprint(x)",
    "x = '''\n    \n>>> y\n'''\nprint(x)",
    ">>> x = 1\n>>> y = 2",
    "In [1]: x = 1\n   ...: y = 2",
    "\n\n    x = 1\n    y = 2\n",
    "x = (3\n% 2)\ny = x",
    "print 'no Python'\nx = 1",
    "def f(:\n    %time",
    "x = 1\n/print x\n,print a b\n;print a b",
    "# what?\nx = 1",
    "ls",
    "",
]
ROOT = Path(__file__).parents[2]
CELLS = [
    cell.source
    for path in sorted((ROOT / "solutions").glob("*/*.ipynb"))
    for cell in nbformat.read(path, as_version=4).cells
    if cell.cell_type == "code"
]


@pytest.mark.parametrize("source", [*SOURCES, *CELLS])
def test_a_cell_is_transformed_as_ipython_does(source):
    assert Transformer().transform_cell(source) == TransformerManager().transform_cell(source)


def test_a_transformation_of_ones_own_is_used():
    class Nothing:
        @classmethod
        def find(cls, tokens):
            asked.append(tokens)

    asked = []
    own = Transformer()
    own.token_transformers.append(Nothing)
    own.transform_cell("x = 1\ny = 2")
    assert asked


@pytest.mark.parametrize(
    "source",
    ["await f()", "x = 1", "async def f():\n    await g()", "[x async for x in f()]", "def f(:",
     "awaiting = 1", "async with f():\n    pass", "print('await')"],
)  # fmt: skip
def test_a_cell_runs_asynchronously_where_ipython_s_would(source):
    ours, ipython = Shell.__new__(Shell), InteractiveShell.__new__(InteractiveShell)
    here, there = (
        shell.should_run_async(source, transformed_cell=source) for shell in (ours, ipython)
    )
    assert here == there
