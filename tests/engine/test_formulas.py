"""Formulas are drawn without a network, and what a student put into one is text."""

from __future__ import annotations

import re
import time

import pytest

from autograder.outputs.formulas import with_formulas
from autograder.outputs.markup import clean_markdown


def test_formulas_become_mathml_on_lines_of_their_own_or_in_the_text():
    drawn = with_formulas(r"<p>a $x_1 &lt; 2$ b</p> $$\frac{a}{b}$$")
    assert drawn.startswith('<p>a <math display="inline"')
    assert "<mo>&lt;</mo>" in drawn
    assert 'display="block"' in drawn
    assert "<mfrac>" in drawn
    assert "$" not in drawn


@pytest.mark.parametrize(
    "markup",
    ["<p>between $5 and $ 6</p>", "<code>$x$</code>", "<pre>a = '$x$'</pre>", "<p>nothing</p>"],
)
def test_what_is_no_formula_stays(markup: str):
    assert with_formulas(markup) == markup


def test_what_cannot_be_drawn_is_shown_as_it_was_written():
    assert with_formulas(r"$\frac$") == r"<code>\frac</code>"


@pytest.mark.parametrize(
    "tex",
    [
        r"\text{&lt;img src=x onerror=alert(1)&gt;}",
        r"\href{javascript:alert(1)}{x}",
        r"\style{background:url(x)}{x}",
        r"\class{score}{x}",
        r"\text{&amp;lt;script&amp;gt;}",
    ],
)
def test_nothing_in_a_formula_acts(tex: str):
    drawn = with_formulas(clean_markdown(f"<p>${tex}$</p>"))
    assert "<math" in drawn
    assert not re.search(r"<(?!/?(p|math|m\w+)\b)", drawn)
    assert not re.search(r"<[^>]*\s(on\w+|href|style|class|src)=", drawn)


@pytest.mark.parametrize("piece", ["$", "$a", r"\begin{a}", "<", r"$\frac{", r"\end{a}$$"])
def test_a_cell_of_broken_formulas_takes_no_time(piece: str):
    started = time.process_time()
    with_formulas((piece * 8_000)[:8_000])
    assert time.process_time() - started < 1
