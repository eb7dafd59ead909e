"""A progress bar that is one line everywhere: notebook, terminal, and nothing in a log file."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable
from typing import Any

from tqdm import tqdm

from .mode import autograding, in_notebook


class _DisplayLine(io.StringIO):
    """A text stream that shows the last thing written to it as one line of the cell's output.

    A saved notebook then holds the finished bar, not every step towards it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._handle: Any = None

    def write(self, text: str) -> int:
        line = text.strip("\r\n ")
        if line:
            self._show({"text/plain": line})
        return len(text)

    def _show(self, bundle: dict[str, str]) -> None:
        if self._handle is None:
            from IPython.display import display  # noqa: PLC0415 - only a notebook has it

            show: Any = display  # IPython's own has no types
            self._handle = show(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)


def progress(items: Iterable[Any], label: str, *, show: bool = True) -> tqdm[Any]:
    """Return `items` wrapped in a progress bar.

    Args:
        items: what to go through.
        label: what is under way, a few words.
        show: False for no bar.

    Returns:
        The bar; iterate over it. `set_postfix_str` puts a result at its end.
    """
    notebook = in_notebook()
    quiet = autograding() or not (notebook or sys.stderr.isatty())
    return tqdm(
        items,
        desc=label,
        disable=quiet or not show,
        file=_DisplayLine() if notebook else None,
        ascii=False if notebook else None,
        mininterval=0.2,
        bar_format="{desc}: {percentage:3.0f}% |{bar:10}| {n_fmt}/{total_fmt} [{elapsed}{postfix}]",
    )
