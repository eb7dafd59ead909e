"""How much of a student's text people are shown: enough for any honest answer, and no more.

What renders Markdown and colours code takes time that grows with the square of some texts. So a
text is cut where it enters `autograded/`, which formgrader and the feedback page read, and says
that it was. What was handed in stays whole in `submitted/`.
"""

from __future__ import annotations

import html
from typing import Any

MOST_TEXT = 8_000
"""Characters of a cell of text: more than a thousand words."""
MOST_CODE = 50_000
"""Characters of a cell of code."""
MOST_LINE = 1_000
"""Characters of a line of code."""
MOST_TEXTS, MOST_CODES = 100_000, 400_000
"""Characters of all such cells of a notebook."""
MOST_PRINTED, MOST_PRINTS = 50_000, 200_000
"""Characters of one output, and of all outputs of a notebook."""
MOST_DRAWN = 8_000_000
"""Characters of all pictures of a notebook: about a hundred plots."""
TOO_MANY = "[a picture is not shown: those of this notebook are too many, or too large]"


class Shown:
    """What is shown of one notebook, cell by cell in their order."""

    def __init__(self) -> None:
        self._text_left, self._code_left = MOST_TEXTS, MOST_CODES
        self._prints_left, self._drawn_left = MOST_PRINTS, MOST_DRAWN

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

    def output(self, output: Any) -> Any:
        """Cut an output's text, and leave out its pictures where there are too many; returns it."""
        for name in ("text", "ename", "evalue"):
            if name in output:
                output[name] = self._printed(output[name])
        if "traceback" in output:
            output["traceback"] = [self._printed(line) for line in output["traceback"]]
        for mime, value in list(output.get("data", {}).items()):
            if mime.startswith("text/"):
                output["data"][mime] = self._printed(value)
            elif len(value) <= self._drawn_left:
                self._drawn_left -= len(value)
            else:
                del output["data"][mime]
                output["data"]["text/plain"] = TOO_MANY
        return output

    def _printed(self, text: str) -> str:
        kept = text[: min(MOST_PRINTED, self._prints_left)]
        self._prints_left -= len(kept)
        if len(kept) == len(text):
            return text
        return f"{kept}\n[cut here: {len(text):,} characters were put out]\n"


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
