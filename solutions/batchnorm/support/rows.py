"""Rows of a table: your result beside the expected one, the error, a verdict."""

from __future__ import annotations

import os
from dataclasses import dataclass

GREEN, RED, YELLOW, PLAIN = "\x1b[32m", "\x1b[31m", "\x1b[33m", "\x1b[0m"
HEADINGS = ("", "yours", "expected", "error", "verdict")
UNCHECKED = "not checked"


@dataclass(frozen=True)
class Row:
    """One line of the table; `problem` is empty where nothing is known to be wrong."""

    name: str
    yours: str
    expected: str
    error: str = ""
    problem: str = ""
    unchecked: bool = False
    """Nobody looked whether it is true: never a green verdict."""

    @property
    def verdict(self) -> tuple[str, str]:
        """The word for it, and its colour."""
        if self.problem:
            return "wrong", RED
        return (UNCHECKED, PLAIN) if self.unchecked else ("ok", GREEN)


def table(rows: list[Row]) -> str:
    """Return the rows as text in columns; the verdict is a word, and coloured where that shows."""
    told = [(row.name, row.yours, row.expected, row.error) for row in rows]
    lines = [HEADINGS[:4], *told]
    widths = [max(len(line[column]) for line in lines) for column in range(4)]
    verdicts = [(HEADINGS[4], PLAIN), *(row.verdict for row in rows)]
    text = []
    for line, verdict in zip(lines, verdicts, strict=True):
        cells = [line[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]
        text.append("   ".join([*cells, coloured(*verdict)]))
    return "\n".join(text)


def coloured(text: str, colour: str) -> str:
    """Return text in a colour, unless the reader switched colours off (https://no-color.org)."""
    return text if "NO_COLOR" in os.environ or colour == PLAIN else f"{colour}{text}{PLAIN}"
