"""How processes of ours start quickly: all that is done for it, and what each thing saves.

CPU seconds, by `python benchmarks/measure_startup.py`:

| what | where | with it | without | saves |
| --- | --- | --- | --- | --- |
| `skip_uri_grammar` | command line, worker | 0.14 | 0.77 | 0.62 |
| `collect_seldom` | command line, worker | 0.14 | 0.15 | 0.00 |
| `skip_server_extensions` | command line | 0.29 | 0.54 | 0.24 |
| the zygote imports with garbage collection off (`BOOT`) | grader | 0.88 | 0.95 | 0.07 |
| pytest without `UNUSED_PLUGINS` | grader | 0.89 | 1.00 | 0.11 |
| workers are forked from where `PRELOADED` is loaded | each worker | 0.02 | 0.16 | 0.14 |
| no nbgrader in a worker (`gradebook.autograded`) | workers | 0.19 | 0.58 | 0.39 |
| `PLOTS` and `WARM_PLOTS` in the zygote | a cell that plots | 0.05 | 0.32 | 0.27 |

Beside these, `keep` spares later collections what stays, and pages that forks share; `one_thread`
is no matter of starting, but of half the CPU of a class.
"""

from __future__ import annotations

import gc
import os
import sys
from types import ModuleType
from typing import Any

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""On arrays as small as these, two BLAS threads take the same time and twice the CPU, and many
workers side by side take turns waiting for each other."""
PRELOADED = ("autograder.classroom.preload",)
"""What the process that workers are forked from imports."""
UNUSED_PLUGINS = (
    *("cacheprovider", "terminal", "faulthandler", "debugging", "logging", "warnings"),
    *("unraisableexception", "threadexception"),  # they collect garbage ten times over
)
"""Of pytest, when it collects hidden checks."""
PLOTS = "matplotlib.pyplot"
"""The module that an assignment loads if what it releases plots."""
WARM_PLOTS = (
    "%matplotlib inline",
    "import matplotlib.pyplot as plt\nplt.plot([1, 2], label='a')\nplt.legend()\nplt.show()",
)
"""What the zygote of such an assignment runs once for all submissions; it takes 0.35 s."""
EXTENSIONS = ("assignment_list", "course_list", "validate_assignment", "formgrader")
"""nbgrader's, of a Jupyter server."""
WARM_CELLS = (
    "import numpy.random, numpy.linalg, numpy.testing",
    "import copy, dataclasses, functools, itertools, json, math, pickle, time, typing",
    "1 + 1",
    "def f():\n    1 / 0\nf()",
)
"""What most notebooks do for the first time: the zygote runs it once for all submissions."""


def one_thread() -> None:
    """Give matrix products one thread, unless the caller's environment says otherwise.

    To be called before NumPy is imported.
    """
    for variable in ONE_THREAD:
        os.environ.setdefault(variable, "1")


def skip_uri_grammar() -> None:
    """Let jsonschema do without the package that checks URIs, if it is not imported yet.

    nbformat imports jsonschema, which takes `rfc3987_syntax` if JupyterLab has brought it
    along; that builds a parser. Notebooks hold no URI to check.
    """
    modules: dict[str, Any] = sys.modules
    modules.setdefault("rfc3987_syntax", None)


def skip_server_extensions() -> None:
    """Import nbgrader without its extensions of a Jupyter server, if it is not imported yet.

    nbgrader imports them whoever asks for it, and they its exchange, its applications and all that
    converts notebooks. They are no part of what is imported here: who needs one imports it later.
    """
    if "nbgrader" in sys.modules:
        return
    stand_ins = {f"nbgrader.server_extensions.{name}": ModuleType(name) for name in EXTENSIONS}
    for module in stand_ins.values():
        vars(module)["load_jupyter_server_extension"] = None
    sys.modules.update(stand_ins)
    try:
        import nbgrader  # noqa: F401, PLC0415 - now, while they stand there
    finally:
        for name in stand_ins:
            del sys.modules[name]


def collect_seldom() -> None:
    """Do not look for garbage every 700 objects: most of what an import makes stays."""
    gc.set_threshold(20_000, 20, 20)


def keep() -> None:
    """Leave all that is loaded by now out of later garbage collections."""
    gc.freeze()
