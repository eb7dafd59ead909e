"""What may be shown of markup that a student wrote, in formgrader and on the feedback page.

Nothing in it runs, asks another machine for something, or leads to a place that is not named in
full: a link without a host leads to what formgrader serves with the grader's own rights.
"""

from __future__ import annotations

import html
import re
from functools import lru_cache
from types import MappingProxyType

import bleach
from bleach.css_sanitizer import ALLOWED_CSS_PROPERTIES, CSSSanitizer
from nbconvert.filters.strings import strip_files_prefix

SHOWN_ATTRIBUTES = MappingProxyType(
    {
        "*": ("style", "colspan", "rowspan", "align"),
        "a": ("title",),
        "img": ("alt", "title", "width", "height"),
    }
)
ADDRESSES = MappingProxyType(
    {
        ("a", "href"): re.compile(
            r"(https?://([a-z0-9-]+\.)+[a-z]{2,}(:[0-9]+)?([/?#]|$)|mailto:)", re.IGNORECASE
        ),
        ("img", "src"): re.compile(r"data:image/(png|jpeg|gif|webp|svg\+xml)[;,]"),
    }
)
"""How an address begins that stays. Of hosts only names with a dot: no number, not this machine.

Pictures come along as data, which in an `img` runs nothing; one fetched from elsewhere would
tell who grades, and when.
"""
COLOURS = re.compile(r"highlight|[a-z][a-z0-9]{0,2}")
"""The class names of coloured code."""
SHOWN_TAGS = frozenset(
    "a abbr b blockquote br code dd del details div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 "  # noqa: SIM905 - one tag a line would fill the page
    "hr i img kbd li mark ol p pre s small span strong sub summary sup table tbody td tfoot th "
    "thead tr u ul".split()
)
ENTITY = re.compile(r"&#?\w+;")
TEX_LINK = re.compile(r"\\(href|url)(?![a-zA-Z])")


def clean_markup(markup: str) -> str:
    """Keep what a notebook shows, drop what could run or phone home in the reader's browser."""
    return _cleaned(str(markup))


@lru_cache(maxsize=1024)  # most of a class's cells are the release's
def _cleaned(markup: str) -> str:
    cleaned = bleach.clean(
        markup,
        tags=SHOWN_TAGS,
        attributes=_harmless,
        protocols=["data", "http", "https", "mailto"],
        css_sanitizer=CSSSanitizer(allowed_css_properties=[*ALLOWED_CSS_PROPERTIES, "padding"]),
        strip=True,
    )
    return without_tex_links(ENTITY.sub(_letter, str(cleaned)))


def clean_markdown(markup: str) -> str:
    """Do what nbgrader's templates do to rendered Markdown, and clean it."""
    return clean_markup(strip_files_prefix(markup))


def without_tex_links(text: str) -> str:
    """Show the addresses of links in formulas, which MathJax would make in the browser."""
    return TEX_LINK.sub(r"\\mathtt", text)


def _letter(entity: re.Match[str]) -> str:
    """What an entity stands for, if a command of TeX can be spelt with it."""
    meant = html.unescape(entity[0])
    return meant if meant == "\\" or (meant.isascii() and meant.isalpha()) else entity[0]


def _harmless(tag: str, name: str, value: str) -> bool:
    """Whether an attribute stays.

    No `id`, and no `class` but those of coloured code: formgrader finds its score boxes by them.
    """
    if name == "class":
        return all(COLOURS.fullmatch(word) for word in value.split())
    if (tag, name) in ADDRESSES:
        return bool(ADDRESSES[tag, name].match(value))
    return name in SHOWN_ATTRIBUTES["*"] or name in SHOWN_ATTRIBUTES.get(tag, ())
