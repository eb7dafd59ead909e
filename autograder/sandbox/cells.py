"""Cells to run, and what came of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Status = Literal["ok", "error", "timeout", "dead", "skipped"]


@dataclass(frozen=True, slots=True)
class SourceCell:
    """A code cell to run."""

    id: str
    source: str


@dataclass(frozen=True, slots=True)
class CellError:
    """What a cell raised; line and number are of the student's own source."""

    type_name: str
    message: str
    line: str | None
    lineno: int | None


@dataclass(frozen=True, slots=True)
class CellRun:
    """What came of a cell. ``outputs`` are nbformat output dicts; ``cpu_seconds`` as it claims."""

    id: str
    status: Status
    outputs: list[dict[str, Any]]
    cpu_seconds: float
    error: CellError | None = None
