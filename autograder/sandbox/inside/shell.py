"""IPython without a kernel: cells run as in Jupyter, their outputs are kept as nbformat dicts."""

from __future__ import annotations

import ast
import importlib
import os
import pkgutil
import re
import subprocess
import sys
import types
import warnings
from contextlib import suppress
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Instance, Type
from traitlets.config import Config

from . import blame
from .capture import Outputs, Stream

USUAL = TransformerManager().token_transformers  # type: ignore[no-untyped-call]
MAGIC = re.compile(r"[%!?]|^\s*[,;/]", re.MULTILINE)
"""What no magic is without."""


class CapturingPublisher(DisplayPublisher):
    """Keeps what `display` shows."""

    def publish(  # type: ignore[no-untyped-def]
        self, data: dict[str, Any], metadata: Any = None, source: Any = None, **_
    ) -> None:
        """Keep one display."""
        self.shell.outputs.show(data)

    def clear_output(self, wait: bool = False) -> None:
        """Forget what the cell has shown."""
        self.shell.outputs.clear()


class CapturingHook(DisplayHook):
    """Keeps the value of a cell's last line."""

    shell: Any

    def write_output_prompt(self) -> None:
        """Print nothing: the count goes with the value."""

    def write_format_data(self, format_dict: dict[str, Any], md_dict: Any = None) -> None:
        """Keep one value."""
        self.shell.outputs.show(format_dict, self.prompt_count)

    def finish_displayhook(self) -> None:
        """Print nothing."""


class Transformer(TransformerManager):
    """Looks for magics where there may be some.

    IPython takes most cells apart three times, which takes longer than they run. What it looks for
    (`%time`, `!ls`, `a = %pwd`, `help?`) is no Python, so Python is left alone.
    """

    def do_token_transforms(self, lines: list[str]) -> Any:
        """Replace the magics in these lines."""
        source = "".join(lines)
        if self.token_transformers == USUAL and (not MAGIC.search(source) or is_python(source)):
            return lines
        return super().do_token_transforms(lines)  # type: ignore[no-untyped-call]


def is_python(source: str) -> bool:
    """Whether this is a piece of Python without syntax errors."""
    # Its warnings come when it is compiled. `catch_warnings` would make all others come again.
    filters = vars(warnings)["filters"]
    vars(warnings)["filters"] = [("ignore", None, Warning, None, 0)]
    try:
        ast.parse(source)
    except Exception:
        return False
    finally:
        vars(warnings)["filters"] = filters
    return True


class Shell(InteractiveShell):
    """The shell a submission's cells run in."""

    input_transformer_manager = Instance(Transformer, ())
    displayhook_class = Type(CapturingHook)
    display_pub_class = Type(CapturingPublisher)
    var_expand: Any
    run_cell: Any
    reset: Any
    outputs: Outputs
    cell_id: str = ""

    def should_run_async(self, raw_cell: str, **others: Any) -> bool:
        """Whether there is an `await` outside of functions; without the word there is none."""
        if "await" not in raw_cell and "async" not in raw_cell:
            return False
        return super().should_run_async(raw_cell, **others)

    def init_io(self) -> None:
        """Leave the terminal alone."""

    def init_sys_modules(self) -> None:
        """Be `__main__`, as in a kernel."""
        self._main_mod_cache = {}
        self.user_module.__dict__.setdefault("__builtins__", __builtins__)
        sys.modules["__main__"] = self.user_module

    def enable_gui(self, gui: Any = None) -> None:
        """Accept any `%matplotlib` and stay with inline figures."""

    def ask_exit(self) -> None:
        """Go on after `exit`: the other cells run too."""

    def system(self, cmd: str) -> None:
        """Run `!cmd`; its output is the cell's, its status goes where IPython puts it."""
        done = _run(self.var_expand(cmd, depth=1))
        sys.stdout.write(done.stdout)
        self.user_ns["_exit_code"] = done.returncode

    system_piped = system_raw = system

    def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> Any:
        """Return the output of `x = !cmd`."""
        text = _run(self.var_expand(cmd, depth=depth + 2)).stdout
        return text.splitlines() if split else text

    def name_code(self, raw: str, transformed: str, number: int) -> str:
        """Name a cell's code by the cell's id: in tracebacks, the same in every run."""
        return f"<cell {self.cell_id}>"

    def _showtraceback(self, etype: type, evalue: BaseException, stb: list[str]) -> None:
        self.outputs.error(blame.name(etype), blame.message(evalue), stb)


def _run(command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S602
        command,
        shell=True,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )


def make(stream_bytes: int, output_bytes: int, warm_cells: list[str]) -> Shell:
    """Return a shell, every path of it warmed: a value, a figure, a traceback."""
    config = Config()
    config.HistoryManager.enabled = False
    config.HistoryManager.hist_file = ":memory:"
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.cache_size = 0
    shell = Shell.instance(config=config, user_module=types.ModuleType("__main__"))
    shell.db = {}  # where %cd keeps its history: no file
    shell.outputs = Outputs(stream_bytes, output_bytes)
    vars(shell.compile)["get_code_name"] = shell.name_code
    sys.stdout, sys.stderr = Stream(shell.outputs, "stdout"), Stream(shell.outputs, "stderr")
    path, os.environ["PATH"] = os.environ["PATH"], "/nowhere"  # no fc-list: the bundled fonts only
    warm_up(shell, warm_cells)
    os.environ["PATH"] = path
    return shell


def warm_up(shell: Shell, cells: list[str]) -> None:
    """Run what every notebook runs once, so that no submission pays for it."""
    for source in cells:
        shell.outputs.start_cell()
        shell.run_cell(source)
    close_fonts()
    shell.reset(new_session=True, aggressive=False)
    shell.execution_count = 1
    shell.outputs.start_cell()


def import_packages(folders: list[str]) -> None:
    """Import the modules of these packages, which lie where every jail has them."""
    for folder in folders:
        parent, package = os.path.split(folder)
        sys.path.insert(0, parent)
        for module in pkgutil.iter_modules([folder]):
            if not module.name.startswith("_"):
                # Who imports it meets the error, and shows it.
                with suppress(Exception, SystemExit):
                    importlib.import_module(f"{package}.{module.name}")
        sys.path.remove(parent)
    importlib.invalidate_caches()


def make_ready(names: list[str]) -> None:
    """Import modules that most submissions will, and of `module:function` call the function.

    Whoever misses one meets the error.
    """
    for name in names:
        module, _, function = name.partition(":")
        with suppress(Exception, SystemExit):
            imported = importlib.import_module(module)
            if function:
                getattr(imported, function)()


def close_fonts() -> None:
    """Close Matplotlib's font files: it would clear this cache in each fork, one by one."""
    fonts = sys.modules.get("matplotlib.font_manager")
    cached: Any = getattr(fonts, "_get_font", None)
    if hasattr(cached, "cache_clear"):
        cached.cache_clear()


def run(shell: Shell, cell_id: str, source: str) -> tuple[bool, BaseException | None]:
    """Run one cell. Return whether it went well, and what it raised."""
    shell.cell_id = cell_id
    shell.outputs.start_cell()
    result = shell.run_cell(source, store_history=True)
    raised = result.error_before_exec or result.error_in_exec
    return raised is None, raised


def environment_for_children() -> None:
    """Let `!python` find the packages; drop what only this interpreter's start needed."""
    os.environ.pop("LD_LIBRARY_PATH", None)
    os.environ.pop("MPLCONFIGDIR", None)  # jails cannot write there; they have a home
    os.environ["PYTHONPATH"] = os.pathsep.join(p for p in sys.path if p.startswith("/site"))
