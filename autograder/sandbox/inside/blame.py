"""Where in the student's own source an exception came from."""

from __future__ import annotations

from types import TracebackType
from typing import Any

MOST_BASES = 20


def describe(error: BaseException) -> dict[str, Any]:
    """Return the error's type, the types it refines, and the innermost frame in a cell.

    Cell and line are None where no cell is on the stack. A syntax error names its own place.
    """
    place: tuple[str | None, int | None] = (None, None)
    if isinstance(error, SyntaxError) and _cell(error.filename):
        place = _cell(error.filename), error.lineno
    else:
        step: TracebackType | None = error.__traceback__
        while step is not None:
            cell = _cell(step.tb_frame.f_code.co_filename)
            if cell is not None:
                place = cell, step.tb_lineno
            step = step.tb_next
    bases = [base.__name__[:80] for base in type(error).__mro__[:MOST_BASES]]
    return {"type": name(type(error)), "bases": bases, "cell": place[0], "line": place[1]}


def name(kind: type) -> str:
    """Return an exception type's name; of a private type, that of the public one it refines."""
    return next(base.__name__ for base in kind.__mro__ if not base.__name__.startswith("_"))[:80]


def message(error: BaseException) -> str:
    """Return what the exception says, as far as it can be made to say anything."""
    try:
        return str(error.msg if isinstance(error, SyntaxError) else error)[:2000]
    except Exception:
        return ""


def _cell(filename: Any) -> str | None:
    if isinstance(filename, str) and filename.startswith("<cell ") and filename.endswith(">"):
        return filename[6:-1]
    return None
