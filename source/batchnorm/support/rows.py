"""Rows of a table: your result beside the expected one, the error, a verdict."""

from __future__ import annotations

from dataclasses import dataclass

from .text import GREEN, PLAIN, RED, coloured

HEADINGS = ("yours", "expected", "error")
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
    """Return the rows as text in columns; the verdict is a word, and coloured where that shows.

    It stands beside the name, so that a narrow page shows it too.
    """
    names, words = [""] + [row.name for row in rows], [("verdict", PLAIN)]
    words += [row.verdict for row in rows]
    told = [HEADINGS, *((row.yours, row.expected, row.error) for row in rows)]
    shown = [column for column in range(3) if any(line[column] for line in told[1:])]
    widths = [max(len(line[column]) for line in told) for column in shown]
    name_width, word_width = max(map(len, names)), max(len(word) for word, _ in words)
    lines = []
    for name, (word, colour), line in zip(names, words, told, strict=True):
        numbers = [line[c].rjust(width) for c, width in zip(shown, widths, strict=True)]
        verdict = coloured(word, colour) + " " * (word_width - len(word))
        lines.append("   ".join([name.ljust(name_width), verdict, *numbers]).rstrip())
    return "\n".join(lines)
