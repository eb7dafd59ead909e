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
from bleach.css_sanitizer import CSSSanitizer
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
STYLES = frozenset(
    "background background-color border border-bottom border-collapse border-color border-left "  # noqa: SIM905 - as above
    "border-right border-spacing border-style border-top border-width color display float font "
    "font-family font-size font-style font-variant font-weight height letter-spacing line-height "
    "margin margin-bottom margin-left margin-right margin-top max-height max-width min-height "
    "min-width overflow overflow-x padding padding-bottom padding-left padding-right padding-top "
    "text-align text-decoration text-indent vertical-align white-space width".split()
)
"""What a style may set: nothing with an address in it, and no place over what the page says."""
FETCHING = re.compile(r"[\\@<{]|/\*|//|url", re.IGNORECASE)
STYLE_FUNCTIONS = frozenset({"rgb", "rgba", "hsl", "hsla", "calc"})
COLOURS = re.compile(r"highlight|[a-z][a-z0-9]{0,2}")
"""The class names of coloured code."""
SHOWN_TAGS = frozenset(
    "a abbr b blockquote br code dd del details div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 "  # noqa: SIM905 - one tag a line would fill the page
    "hr i img kbd li mark ol p pre s small span strong sub summary sup table tbody td tfoot th "
    "thead tr u ul".split()
)
ENTITY = re.compile(r"&#?\w+;")
TEX_LINK = re.compile(r"\\(href|url)(?![a-zA-Z])")


_PROPERTIES = CSSSanitizer(allowed_css_properties=STYLES)


class _Looks:
    """Keeps of a style what asks nobody for anything."""

    def sanitize_css(self, style: str) -> str:
        """Return the style without what holds an address, an escape, a comment or a rule."""
        declared = html.unescape(style).split(";")
        return str(_PROPERTIES.sanitize_css(";".join(filter(_only_looks, declared))))


def _only_looks(declared: str) -> bool:
    calls = re.findall(r"([\w-]*)\s*\(", declared.lower())
    return not (FETCHING.search(declared) or set(calls) - STYLE_FUNCTIONS)


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
        css_sanitizer=_Looks(),
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
