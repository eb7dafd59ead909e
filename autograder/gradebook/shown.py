"""How much of a student's text people are shown: enough for any honest answer, and no more.

What renders Markdown and colours code takes time that grows with the square of some texts. So a
text is cut where it enters `autograded/`, which formgrader and the feedback page read, and says
that it was. What was handed in stays whole in `submitted/`.
"""

from __future__ import annotations

import html

MOST_TEXT = 8_000
"""Characters of a cell of text: more than a thousand words."""
MOST_CODE = 50_000
"""Characters of a cell of code."""
MOST_LINE = 1_000
"""Characters of a line of code."""
MOST_TEXTS, MOST_CODES = 100_000, 400_000
"""Characters of all such cells of a notebook."""


class Shown:
    """What is shown of one notebook, cell by cell in their order."""

    def __init__(self) -> None:
        self._text_left, self._code_left = MOST_TEXTS, MOST_CODES

    def source(self, kind: str, source: str) -> str:
        """What is shown of a cell's source.

        Args:
            kind: `code`, `markdown` or `raw`.
            source: what the student wrote in it.
        """
        if kind == "code":
            whole = _short_lines(source)
            kept = _cut(whole, min(MOST_CODE, self._code_left), "# {}")
            self._code_left -= min(len(kept), self._code_left)
        else:
            kept = _cut(_without_attachments(source), min(MOST_TEXT, self._text_left), "*({})*")
            self._text_left -= min(len(kept), self._text_left)
        return kept


def _without_attachments(source: str) -> str:
    """The text without pictures that were pasted into it: it is shown without their files.

    nbconvert makes no page of a cell that asks for a file it lacks, however that is spelt.
    """
    asks = "attachment:" in html.unescape(source).replace("\\", "")
    return source.replace("![", "! [") if asks else source


def _short_lines(source: str) -> str:
    if all(len(line) <= MOST_LINE for line in source.split("\n")):
        return source
    lines = (
        line if len(line) <= MOST_LINE else f"{line[:MOST_LINE]}  # … cut: {len(line):,} characters"
        for line in source.split("\n")
    )
    return "\n".join(lines)


def _cut(source: str, most: int, remark: str) -> str:
    if len(source) <= most:
        return source
    said = f"Cut here: this cell has {len(source):,} characters; the whole is in submitted/."
    return f"{source[:most]}\n\n{remark.format(said)}"
