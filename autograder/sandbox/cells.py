"""What came of the cells that were run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from autograder.sandbox.errors import StudentProtocol
from autograder.sandbox.outputs import clean, text
from autograder.sandbox.places import SourceCell, places

__all__ = ["CellError", "CellRun", "SourceCell", "read_answer"]

MOST_SECONDS = 100_000
Status = Literal["ok", "error", "timeout", "dead", "skipped"]


class CellError(msgspec.Struct, frozen=True):
    """What a cell raised; line and number are of the student's own source."""

    type_name: str
    message: str
    line: str | None
    lineno: int | None


class CellRun(msgspec.Struct, frozen=True):
    """What came of a cell. `outputs` are nbformat output dicts; `cpu_seconds` as it claims."""

    id: str
    status: Status
    outputs: list[dict[str, Any]]
    cpu_seconds: float
    error: CellError | None = None


def read_answer(
    cell: str, answer: Mapping[str, Any], sources: Mapping[str, str], most_outputs: int
) -> CellRun:
    """Return what a student's process says came of a cell. Raises StudentProtocol for nonsense."""
    cpu, status = answer.get("cpu"), answer.get("status")
    if type(cpu) is not float or not 0 <= cpu < MOST_SECONDS:
        raise StudentProtocol("a cell's time is a number")
    error = answer.get("error")
    raised = _read_error(error, sources) if type(error) is dict else None
    outputs = clean(answer.get("outputs"), most_outputs)
    if type(status) is str and status in ("ok", "error"):
        return CellRun(cell, "ok" if status == "ok" else "error", outputs, cpu, raised)
    raise StudentProtocol("a cell went well or did not")


def _read_error(error: Mapping[str, Any], sources: Mapping[str, str]) -> CellError:
    stack = places(sources, error.get("places"))
    line, lineno = next(((p.line, p.lineno) for p in stack if p.line), (None, None))
    return CellError(text(error.get("type"))[:80], text(error.get("message"))[:2000], line, lineno)
