"""What went wrong in one sentence, with your own line, in place of a page of traceback."""

from __future__ import annotations

import linecache
from pathlib import Path
from types import TracebackType

HERE = Path(__file__).parent


def told(error: BaseException) -> str:
    """Return an error's kind and message and, if it happened in your code, the line it stands in.

    Args:
        error: as it was caught.
    """
    message = " ".join(str(error).split())
    kind = type(error).__name__
    sentence = f"{kind}: {message}" if message else kind
    line = own_line(error.__traceback__)
    return f"{sentence.rstrip('.')}, in the line `{line}`." if line else f"{sentence.rstrip('.')}."


def own_line(trace: TracebackType | None) -> str:
    """Return the innermost line of a traceback that stands in a notebook's cell, or nothing."""
    found = ""
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if _is_cell(file):
            found = linecache.getline(file, trace.tb_lineno).strip() or found
        trace = trace.tb_next
    return found


def _is_cell(file: str) -> bool:
    """Return whether code is a cell: a kernel names it `<...>` or `.../ipykernel_12/345.py`."""
    return file.startswith("<") or "ipykernel" in Path(file).parent.name
