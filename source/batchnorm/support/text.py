"""Text below a cell: on a narrow page columns stay columns, and colours read on any page.

Outside a notebook, and where nbgrader runs one, it is plain text.
"""

from __future__ import annotations

import html
import os
import re
from types import MappingProxyType

from .mode import in_notebook, nbgrader_runs

GREEN, RED, YELLOW, PLAIN = "\x1b[32m", "\x1b[31m", "\x1b[33m", "\x1b[0m"
PAPERS = MappingProxyType(
    {GREEN: ("#cdeedd", "#0a5238"), RED: ("#fad7cd", "#8a1c0c"), YELLOW: ("#f8e6ac", "#5c4300")}
)
"""What a colour is in HTML: paper of its own, and letters that read on it."""
_COLOURED = re.compile(r"(\x1b\[3[123]m)(.*?)\x1b\[0m", re.DOTALL)
_BOX = "margin: 0; font: 13px/1.35 var(--jp-code-font-family, monospace); word-break: normal"
_COLUMNS = f"{_BOX}; white-space: pre; overflow-x: auto"
_SENTENCES = f"{_BOX}; white-space: pre-wrap; overflow-wrap: anywhere"
_HANGING = "display: block; padding-left: 2ch; text-indent: -2ch"


def coloured(text: str, colour: str) -> str:
    """Return text in a colour, unless the reader switched colours off (https://no-color.org)."""
    return text if "NO_COLOR" in os.environ or colour == PLAIN else f"{colour}{text}{PLAIN}"


def show(text: str, *, columns: bool = False) -> None:
    """Show text, coloured or not.

    Args:
        text: one line or more.
        columns: whether its lines are a table's. A page too narrow for them moves them sideways;
            other lines are broken between words, and what follows is indented.
    """
    if nbgrader_runs() or not in_notebook():
        print(text)
        return
    from IPython.display import display  # noqa: PLC0415 - scripts need no IPython

    bundle = {"text/html": as_html(text, columns=columns), "text/plain": text}
    display(bundle, raw=True)  # type: ignore[no-untyped-call]


def as_html(text: str, *, columns: bool) -> str:
    """Return text with its colours as HTML; see `show`."""
    inside = _COLOURED.sub(_span, html.escape(text, quote=False))
    if columns:
        return f'<pre style="{_COLUMNS}">{inside}</pre>'
    lines = (f'<span style="{_HANGING}">{line}</span>' for line in inside.split("\n"))
    return f'<pre style="{_SENTENCES}">{"".join(lines)}</pre>'


def _span(found: re.Match[str]) -> str:
    paper, letters = PAPERS[found[1]]
    return f'<span style="background: {paper}; color: {letters}">{found[2]}</span>'
