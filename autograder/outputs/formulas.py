"""Formulas of a page as MathML, which browsers draw by themselves: no script, no network.

What stands in a formula is the student's. So no markup of the converter's is taken over: its
elements and attributes are named here, and their text is escaped.
"""

from __future__ import annotations

import html
import re
from functools import lru_cache
from xml.etree import ElementTree

from latex2mathml.converter import convert_to_element

ELEMENTS = frozenset(
    "math mrow mi mn mo mtext mspace msup msub msubsup mfrac msqrt mroot mover munder munderover "  # noqa: SIM905 - one element a line would fill the page
    "mtable mtr mtd mstyle mpadded mphantom mfenced menclose".split()
)
ATTRIBUTES = frozenset(
    "display stretchy accent accentunder width height depth fence separator form mathvariant "  # noqa: SIM905
    "columnalign columnspacing rowspacing linethickness minsize maxsize lspace rspace".split()
)
TAG = re.compile(r"(<[^<>]*>)")
VERBATIM = re.compile(r"<(/?)(?:code|pre|script|style|math)\b")
FORMULA = re.compile(
    r"\$\$([^$]{1,2000})\$\$"
    r"|\$(?=\S)([^$\n]{1,2000}?)(?<=\S)\$"
    r"|(\\begin\{(?P<name>[a-z]+\*?)\}.{0,2000}?\\end\{(?P=name)\})",
    re.DOTALL,
)


def with_formulas(markup: str) -> str:
    """Draw the formulas in cleaned HTML, but for those in code; what is none stays as it is."""
    if "$" not in markup and "\\begin" not in markup:
        return markup
    pieces: list[str] = []
    depth = 0
    for piece in TAG.split(markup):
        if inside := VERBATIM.match(piece):
            depth += -1 if inside[1] else 1
        is_text = depth <= 0 and not piece.startswith("<")
        pieces.append(FORMULA.sub(_drawn, piece) if is_text else piece)
    return "".join(pieces)


def _drawn(found: re.Match[str]) -> str:
    shown, inline, environment, _ = found.groups()
    tex = html.unescape(shown or inline or environment)
    drawn = mathml(tex.strip(), display=inline is None)
    return drawn or f"<code>{html.escape(tex, quote=False)}</code>"


@lru_cache(maxsize=512)
def mathml(tex: str, *, display: bool) -> str:
    """One formula; empty if it cannot be drawn."""
    try:
        drawn = _kept(convert_to_element(tex, display="block" if display else "inline"))
    except Exception:  # the converter raises whatever it meets in what is no TeX
        return ""
    drawn.set("xmlns", "http://www.w3.org/1998/Math/MathML")
    return ElementTree.tostring(drawn, encoding="unicode")


def _kept(element: ElementTree.Element) -> ElementTree.Element:
    """The element with what is named here; any other becomes a row."""
    known = element.tag in ELEMENTS
    kept = ElementTree.Element(
        element.tag if known else "mrow",
        {name: value for name, value in element.items() if name in ATTRIBUTES},
    )
    kept.text = html.unescape(element.text or "")
    kept.extend([_kept(child) for child in element])
    return kept
