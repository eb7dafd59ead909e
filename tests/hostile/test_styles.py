"""No style of a student's asks another machine for anything, or lies over what the page says."""

import pytest

from autograder.outputs.markup import clean_markup

FETCHES = {
    "a cursor": "cursor:url(//x.org/a),auto",
    "a background": "background:url('https://x.org/a')",
    "a background's picture": "background-image:url(data:image/png;base64,AAAA)",
    "a letter as an entity": "cursor:u&#114;l(//x.org/a)",
    "a letter as an escape": "color:\\75 rl(//x.org/a)",
    "a comment between": "cursor:ur/**/l(//x.org/a)",
    "a set of pictures": "background-color:image-set('//x.org/a' 1x)",
    "a list's mark": "list-style:url(//x.org/a)",
    "a font": "font-family:a;src:url(//x.org/a)",
    "a rule": "color:red}@import '//x.org/a';a{",
    "a variable": "--a:url(//x.org/a);color:var(--a)",
    "a filter": "filter:url(//x.org/a#b)",
    "content": "content:url(//x.org/a)",
}
COVERS = ("position:fixed;top:0", "z-index:99", "transform:scale(99)", "opacity:0")


@pytest.mark.parametrize("kind", FETCHES)
def test_no_style_fetches(kind):
    cleaned = clean_markup(f'<p style="{FETCHES[kind]}">text</p>')
    assert "x.org" not in cleaned
    assert "url" not in cleaned
    assert "var" not in cleaned
    assert "text" in cleaned


@pytest.mark.parametrize("style", COVERS)
def test_no_style_covers_the_page(style):
    assert clean_markup(f'<p style="{style}">text</p>') == '<p style="">text</p>'


def test_no_sheet_of_styles_stays():
    cleaned = clean_markup(
        "<style>@import url(//x.org/a)</style><link rel=stylesheet href=//x.org>"
    )
    assert "<" not in cleaned


def test_what_tables_look_like_stays():
    style = "text-align: right;background-color: rgb(1, 2, 3);width: 50%;"
    assert clean_markup(f'<p style="{style}">1</p>') == f'<p style="{style}">1</p>'
