"""A student's text is shown cut by count and size, and the work on it is linear."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nbconvert.filters import markdown2html
from nbconvert.filters.ansi import ansi2html
from nbconvert.filters.highlight import Highlight2HTML

from autograder.checking import evidence
from autograder.checking.evidence import Idea
from autograder.gradebook.shown import MOST_CODE, MOST_CODES, MOST_TEXT, MOST_TEXTS, Shown
from autograder.grading import hints
from autograder.grading.run import MOST_SHOWN, called
from autograder.outputs import fragments
from autograder.outputs.markup import clean_markdown
from autograder.sandbox import outputs
from autograder.sandbox.outputs import clean, known_name
from autograder.submission.frame import Cell, Notebook

PIECES = ["[", "![", "<b>", "[a](", "x.", "*a", "\x1b[31ma", "\x1b[", "&#", "> ", "`", "(", "- a\n"]
WORDS = [
    "a",
    "_9",
    "\n",
    " ",
    "a = ",
    "/",
    "class",
    "def f",
    "import ",
    "'",
    "# ",
    "0.1 ",
    "**a** ",
]
MOST_OUTPUTS = 500
LEAST_SECONDS = 0.05  # what any machine may take at any moment
colour = Highlight2HTML(pygments_lexer="ipython3")


def as_text(source: str) -> None:
    clean_markdown(markdown2html(Shown().source("markdown", source)))


def as_code(source: str) -> None:
    colour(Shown().source("code", source))


def as_output(source: str) -> None:
    ansi2html(source)


def as_name(source: str) -> None:
    for number in range(20):
        known_name(f"made_up_{number}", {"cell": source}, frozenset(), "object")


def as_answer_that_raised(source: str) -> None:
    hints.of_raised("TypeError", "x[0]", source)
    hints.of_syntax("SyntaxError", "invalid syntax", "x[", source)
    hints.of_unmade("undefined_name", source)


def as_classes(source: str) -> None:
    outputs._classes.__wrapped__(source)  # what `known_name` keeps of each cell


def as_fragments(source: str) -> None:
    fragments.of_code(source)
    fragments.of_text(source)


def as_written_answer(source: str) -> None:
    ideas = {"mean": Idea("the mean", (("mean", "batch"), ("zero",)), "mean")}
    evidence.read(source, [source[:500]], ideas, ())


def cpu_seconds(work, source: str) -> float:
    started = time.process_time()
    work(source)
    return time.process_time() - started


@pytest.mark.parametrize("work", [as_text, as_code, as_output, as_name])
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(pieces=st.lists(st.sampled_from(PIECES), min_size=1, max_size=3))
def test_twice_the_text_takes_little_more_than_twice_the_time(work, pieces) -> None:
    text = ("".join(pieces) * 30_000)[:30_000]
    once, twice = cpu_seconds(work, text), cpu_seconds(work, text + text)
    assert twice < 3 * once + LEAST_SECONDS


READERS = [as_answer_that_raised, as_classes, as_fragments, as_written_answer]


@pytest.mark.parametrize("work", READERS)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(pieces=st.lists(st.sampled_from(WORDS), min_size=1, max_size=2))
def test_twice_the_answer_takes_little_more_than_twice_the_time(work, pieces) -> None:
    text = ("".join(pieces) * 30_000)[:30_000]
    once, twice = cpu_seconds(work, text), cpu_seconds(work, text + text)
    assert twice < 3 * once + LEAST_SECONDS


@pytest.mark.parametrize(("kind", "most"), [("markdown", MOST_TEXT), ("code", MOST_CODE)])
def test_an_endless_cell_is_cut_and_says_so(kind: str, most: int) -> None:
    kept = Shown().source(kind, "a b\n" * most)
    assert len(kept) < most + 200
    assert "Cut here" in kept
    assert f"{4 * most:,} characters" in kept
    assert "submitted/" in kept


@pytest.mark.parametrize(("kind", "most"), [("markdown", MOST_TEXTS), ("code", MOST_CODES)])
def test_many_long_cells_are_cut_together(kind: str, most: int) -> None:
    shown = Shown()
    kept = [shown.source(kind, "a b\n" * 1_900) for _ in range(500)]
    assert sum(map(len, kept)) < most + 500 * 200


def test_a_line_without_an_end_is_cut_and_the_others_stay() -> None:
    kept = Shown().source("code", "x = 1\n" + "y" * 5_000 + "\nz = 2")
    first, second, third = kept.split("\n")
    assert (first, third) == ("x = 1", "z = 2")
    assert second.endswith("# … cut: 5,000 characters")


@pytest.mark.parametrize("source", ["", "x = 1\n\n", "an answer\n" * 700])
def test_an_honest_cell_is_shown_as_it_is(source: str) -> None:
    shown = Shown()
    assert [shown.source(kind, source) for kind in ("code", "markdown", "raw")] == [source] * 3


PASTED = ["(attachment:x)", "(&#97;ttachment:x)", "(attachment\\:x)", "(<attachment&colon;x>)"]


@pytest.mark.parametrize("address", [*PASTED, "[r]\n\n[r]: attachment:x"])
def test_a_picture_that_was_pasted_keeps_no_page_from_being_made(address: str) -> None:
    for mark in ("![", "!![", "!!![", "a ![b] !["):
        page = markdown2html(Shown().source("markdown", f"{mark}a]{address}"))
        assert "<img" not in page
    assert Shown().source("markdown", "![a](b.png)") == "![a](b.png)"


def test_of_many_outputs_the_first_and_the_last_are_kept() -> None:
    said = [{"output_type": "stream", "name": "stdout", "text": str(n)} for n in range(262_144)]
    kept = clean(said, MOST_OUTPUTS)
    assert len(kept) == MOST_OUTPUTS + 1
    assert [output["text"] for output in (kept[0], kept[-1])] == ["0", "262143"]
    assert "261,644 more outputs" in kept[-2]["text"]


def test_a_cell_of_ones_own_is_called_by_how_it_begins() -> None:
    cells = [
        Cell("weigh_answer", "code", "def weigh(): ...", True),
        Cell("extra-1", "code", "\n\nwhile `True`: pass\nx = 1", False),
        Cell("extra-2", "code", "y" * 9_000, False),
    ]
    own = Notebook("layers", cells)
    assert called(own, "weigh_answer") == "the cell 'weigh_answer'"
    assert called(own, "extra-1") == "the added cell that begins with `while  True : pass`"
    assert len(called(own, "extra-2")) < MOST_SHOWN + 40
