"""What students read keeps to the house's rules for prose, and is spelled right.

A word that is right and not in the dictionary goes into data/words.txt.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat
import pytest

ROOT = Path(__file__).parents[3]
SOURCE = ROOT / "source" / "batchnorm"
NOTEBOOKS = ("fully_connected_nets", "batch_normalization")
MISTAKES = ROOT / "autograder" / "assignments" / "batchnorm" / "mistakes"
WORDS = Path(__file__).parent / "data" / "words.txt"
PAGES = ("README.md", "CHANGELOG.md", "datasets/README.md")
SENTENCES = 4  # words from which on a string in code is taken for a sentence

notebooks = pytest.mark.parametrize("name", NOTEBOOKS)
heading = re.compile(r"^(#{1,6}) +(.+?)\s*$", re.MULTILINE)
fence = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
camel_case = r"\b[a-z]+[A-Z]\w*|\b[A-Z][a-z]+[A-Z]\w*"
formulas = r"\$\$.*?\$\$|\$[^$\n]*\$"
links_and_tags = r"https?://\S+|<[^>]+>|\]\([^)]*\)"
code = r"`[^`]*`|\S*[=_/\\(\[]\S*"
not_words = re.compile("|".join((camel_case, code, formulas, links_and_tags)), re.DOTALL)
word = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)?")


@cache
def cells(name: str) -> list[Any]:
    return list(nbformat.read(SOURCE / f"{name}.ipynb", 4).cells)


def prose(name: str) -> list[Any]:
    """Return the markdown cells that students get to read: model answers are not among them."""
    marks = (cell.metadata.get("nbgrader", {}) for cell in cells(name))
    pairs = zip(cells(name), marks, strict=True)
    return [c for c, mark in pairs if c.cell_type == "markdown" and not mark.get("solution")]


def sections(name: str) -> Iterator[tuple[int, Any]]:
    """Return each cell of prose with the number of the section it stands in; 0 before the first."""
    number = 0
    for cell in prose(name):
        found = re.search(r"^## (\d+) ", cell.source, re.MULTILINE)
        number = int(found[1]) if found else number
        yield number, cell


def headings(name: str) -> list[tuple[int, str]]:
    return [(len(m[1]), m[2]) for cell in prose(name) for m in heading.finditer(cell.source)]


def pages() -> list[Path]:
    found = [*(ROOT / "docs").glob("*.md"), *SOURCE.glob("*.md")]
    return [*(ROOT / page for page in PAGES), *sorted(found)]


# Words


@cache
def dictionary() -> Any:
    spelling = pytest.importorskip("spellchecker", reason="needs pyspellchecker, of the dev extra")
    known = spelling.SpellChecker()
    known.word_frequency.load_words(WORDS.read_text().split())
    return known


def misspelled(text: str, *, names: frozenset[str] = frozenset()) -> set[str]:
    found = {
        w.lower().replace("’", "'").removesuffix("'s")
        for w in word.findall(not_words.sub(" ", text))
    }
    return {str(w) for w in dictionary().unknown(found)} - names


def sentences(file: Path) -> tuple[str, frozenset[str]]:
    """Return what a module says in sentences, and the names it may use in them."""
    tree = ast.parse(file.read_text())
    texts, names = [], set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            texts.append(node.value if len(node.value.split()) >= SENTENCES else "")
            names.update(() if texts[-1] else word.findall(node.value.lower()))
        for field in ("id", "arg", "attr", "name"):
            names.update(word.findall(str(getattr(node, field, "")).lower()))
    return "\n".join(texts), frozenset(names)


def test_a_misspelled_word_is_found() -> None:
    assert misspelled("The gradiant of `x` flows thruogh $\\mu$.") == {"gradiant", "thruogh"}


@notebooks
def test_notebooks_are_spelled_right(name: str) -> None:
    wrong = {cell.id: misspelled(cell.source) for cell in cells(name) if cell.cell_type != "code"}
    assert not {cell: words for cell, words in wrong.items() if words}


def test_pages_are_spelled_right() -> None:
    wrong = {page.name: misspelled(fence.sub("", page.read_text())) for page in pages()}
    assert not {page: words for page, words in wrong.items() if words}


@pytest.mark.parametrize(
    "folder", ["source/batchnorm/support", "autograder/assignments/batchnorm/checks"]
)
def test_what_code_says_to_students_is_spelled_right(folder: str) -> None:
    read = {file.name: sentences(file) for file in sorted((ROOT / folder).glob("*.py"))}
    wrong = {file: misspelled(text, names=names) for file, (text, names) in read.items()}
    assert not {file: words for file, words in wrong.items() if words}


def test_names_of_mistakes_are_spelled_right() -> None:
    read = list(map(sentences, sorted(MISTAKES.glob("*.py"))))
    assert read
    assert not set().union(*(misspelled(text, names=names) for text, names in read))


# Length, headings, times


@notebooks
def test_there_are_40_to_90_words_for_each_code_cell(name: str) -> None:
    words = sum(len(word.findall(not_words.sub(" ", cell.source))) for cell in prose(name))
    code = sum(cell.cell_type == "code" for cell in cells(name))
    plain = sum(len(cell.source.split()) for cell in prose(name))
    assert 40 <= words / code <= plain / code <= 90


@notebooks
def test_headings_form_a_table_of_contents(name: str) -> None:
    found = headings(name)
    levels = [level for level, _ in found]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(below - above <= 1 for above, below in pairwise(levels))
    texts = [text for _, text in found]
    assert len(texts) == len(set(texts))


@notebooks
def test_sections_are_numbered_in_order(name: str) -> None:
    numbers = [int(m[1]) for _, text in headings(name) if (m := re.match(r"(\d+) ", text))]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


@notebooks
def test_links_inside_a_notebook_lead_to_a_heading(name: str) -> None:
    anchors = {text.replace(" ", "-") for _, text in headings(name)}
    links = re.findall(r"\]\(#([^)]+)\)", "\n".join(cell.source for cell in prose(name)))
    assert not set(links) - anchors


@notebooks
def test_every_section_says_how_long_it_takes(name: str) -> None:
    opening = [c for c in prose(name) if re.search(r"^## \d+ ", c.source, re.MULTILINE)]
    assert opening
    assert not [c.id for c in opening if not re.search(r"\*[^*]*\d+ minutes", c.source)]


@notebooks
def test_the_table_of_parts_tells_the_times_of_the_sections(name: str) -> None:
    told = re.findall(r"^\| \[(\d+) .*?\| (\d+) min \|$", prose(name)[0].source, re.MULTILINE)
    taken = {
        number: re.search(r"(\d+) minutes", cell.source)
        for number, cell in sections(name)
        if re.search(rf"^## {number} ", cell.source, re.MULTILINE)
    }
    assert told
    assert told == [(str(n), found[1]) for n, found in taken.items() if n and found]


# Questions


@notebooks
def test_every_question_has_a_heading_with_its_id_and_its_points(name: str) -> None:
    told = {}
    for _, text in headings(name):
        found = re.fullmatch(r"Question `(\w+)` \((\d+) (bonus )?points\)", text)
        if found:
            told[found[1]] = (int(found[2]), bool(found[3]))
    due = {}
    for cell in cells(name):
        if cell.metadata.get("nbgrader", {}).get("grade"):
            bonus = cell.metadata.get("autograder", {}).get("bonus", 0)
            due[cell.id] = (bonus or cell.metadata.nbgrader.points, bool(bonus))
    assert told == due


@notebooks
def test_prose_refers_only_to_what_has_been_read(name: str) -> None:
    ahead = []
    for number, cell in sections(name):
        named = re.findall(r"\b(?:[Ss]ection|[Pp]art) (\d+)\b(?![.\d])", cell.source)
        of_a_paper = "section 3" if "Szegedy 2015, section" in cell.source else ""
        ahead += [cell.id for n in named if int(n) > number and f"section {n}" != of_a_paper]
    assert not ahead


@notebooks
def test_prose_names_no_question_before_its_own_heading(name: str) -> None:
    ids = [c.id for c in cells(name) if c.metadata.get("nbgrader", {}).get("grade")]
    introduced: set[str] = set()
    early = []
    for cell in prose(name)[1:]:  # the first one holds the overview
        introduced |= set(re.findall(r"^### Question `(\w+)`", cell.source, re.MULTILINE))
        named = {id_ for id_ in ids if f"`{id_}`" in cell.source}
        early += [(cell.id, id_) for id_ in named - introduced]
    assert not early


def test_the_first_notebook_does_not_speak_of_the_second() -> None:
    speaks = re.compile(r"batch.?norm|second notebook", re.IGNORECASE)
    assert not [c.id for c in prose(NOTEBOOKS[0]) if speaks.search(c.source)]


# Pictures


def without_words(text: str) -> list[str]:
    """Return the pictures, in Markdown or HTML, that have no alternative text."""
    silent = re.findall(r"!\[\s*\]\([^)]*\)", text)
    tags = re.findall(r"<img\b[^>]*>", text)
    return silent + [tag for tag in tags if not re.search(r'\balt="[^"]{10,}"', tag)]


def test_every_picture_in_prose_has_alternative_text() -> None:
    texts = [cell.source for name in NOTEBOOKS for cell in prose(name)]
    texts += [page.read_text() for page in pages()]
    assert not without_words("\n".join(texts))


def test_every_picture_on_a_page_is_there_and_small() -> None:
    shown = [
        page.parent / target
        for page in pages()
        for target in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", page.read_text())
    ]
    assert not [str(file) for file in shown if not file.is_file()]
    assert all(file.stat().st_size < 300_000 for file in shown)


@notebooks
def test_every_plot_in_the_solutions_has_alternative_text(name: str) -> None:
    file = ROOT / "solutions" / "batchnorm" / f"{name}.ipynb"
    plots = 0
    for cell in nbformat.read(file, 4).cells:
        for output in cell.get("outputs", []):
            shown = output.get("data", {})
            assert "image/png" not in shown, f"{cell.id} shows a picture without words"
            html = shown.get("text/html", "")
            assert not without_words(html), cell.id
            plots += "<img" in html
    assert plots


# Nothing that should not be there


def test_nothing_names_the_place_where_it_was_written() -> None:
    places = [f"{place}/" for place in (ROOT.parent, Path.home()) if place != Path("/")]
    read = [*pages(), *SOURCE.rglob("*.py"), *SOURCE.glob("*.ipynb"), *SOURCE.glob("*.md")]
    assert not [file.name for file in read if any(place in file.read_text() for place in places)]


def test_nothing_is_left_to_do_in_what_students_get() -> None:
    left = re.compile(r"\b(TODO|FIXME|XXX|TBD|lorem)\b")
    read = [*SOURCE.rglob("*.py"), *SOURCE.glob("*.ipynb"), *SOURCE.glob("*.md")]
    assert not [file.name for file in read if left.search(file.read_text())]
