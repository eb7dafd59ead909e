"""What is printed, without what a terminal would obey.

Names, messages and code of students stand in what the commands print. A control character among
them could move the cursor over another grade, rename the window or answer for whoever reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from rich.console import Console as RichConsole
from rich.console import ConsoleOptions, RenderableType
from rich.segment import Segment

_OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # all but tab and newline
    "\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"  # lines and the direction of writing
    "\ud800-\udfff]"  # halves of characters, which no encoding takes
)
_PICTURES = 0x2400


def visible(text: str) -> str:
    """The text with a picture in the place of each control character: `␛` for escape."""
    return _OBEYED.sub(_picture, text)


def _picture(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x20:
        return chr(_PICTURES + code)
    return "\u2421" if code == 0x7F else "\ufffd"


def visible_json(text: str) -> str:
    """The same JSON, with what a terminal would obey spelt out in ASCII."""
    return _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


class Console(RichConsole):
    """Rich's console; of control characters it prints its own and nobody else's."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """The parts of what is printed, texts made visible."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else visible(text), style, control)
