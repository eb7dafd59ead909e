"""Where in the student's own source an exception came from."""

from __future__ import annotations

from types import TracebackType
from typing import Any

MOST_BASES = 20
MOST_PLACES = 40


def describe(error: BaseException) -> dict[str, Any]:
    """Return the error's type, the types it refines, where it was raised, and the name it misses.

    The innermost of `places` comes first; a syntax error names its own place. `about` is the first
    word of the message, which placeholders begin with. The grader believes neither word.
    """
    places: list[list[Any]] = []
    step: TracebackType | None = error.__traceback__
    while step is not None:
        places.append([_where(step.tb_frame.f_code.co_filename), step.tb_lineno])
        step = step.tb_next
    if isinstance(error, SyntaxError) and str(error.filename).startswith("<"):
        places.append([_where(error.filename), error.lineno])
    return {
        "type": name(type(error)),
        "bases": [base.__name__[:80] for base in type(error).__mro__[:MOST_BASES]],
        "places": places[: -MOST_PLACES - 1 : -1],
        "name": _plain(getattr(error, "name", None)) if isinstance(error, NameError) else "",
        "about": _first_word(error) if isinstance(error, NotImplementedError) else "",
    }


def name(kind: type) -> str:
    """Return an exception type's name; of a private type, that of the public one it refines."""
    return next(base.__name__ for base in kind.__mro__ if not base.__name__.startswith("_"))[:80]


def message(error: BaseException) -> str:
    """Return what the exception says, as far as it can be made to say anything."""
    try:
        return str(error.msg if isinstance(error, SyntaxError) else error)[:2000]
    except Exception:
        return ""


def _where(filename: Any) -> str:
    """Return a cell's key or, of a file, its name with that of its folder."""
    text = str(filename)
    if text.startswith("<") and text.endswith(">"):
        return text[1:-1].removeprefix("cell ")[:200]
    return "/".join(text.split("/")[-2:])[:200]


def _first_word(error: BaseException) -> str:
    words = message(error).split(maxsplit=1)
    return words[0][:80] if words else ""


def _plain(text: Any) -> str:
    return text[:80] if type(text) is str else ""
