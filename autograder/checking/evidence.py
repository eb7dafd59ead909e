"""What helps a person to read a written answer; nothing of it is a score.

For each idea that is asked for, the sentence that speaks of it, found by phrases; for each number
that is quoted, where it stands in the student's own record. Phrases cannot see whether a sentence
is true, and miss one idea in four or so. Of text that is not an answer in words nothing is found
on purpose: a person reads it unaided, and is told why.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import msgspec

from autograder.errors import UsageError

RUBRIC = "rubric.toml"
"""In an assignment's private folder: by question and idea, what is asked for."""
MOST_TEXT, MOST_SENTENCE, MOST_NUMBERS = 8_000, 400, 12
FIELD = re.compile(r"\*\*([^*\n]{1,60}?):?\*\*:?")
SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
WORD = re.compile(r"[^\W\d_]+")
NUMBER = re.compile(r"(?<![\w.,])-?\d+(?:\.\d+)?(?:e-?\d+)?(?:\s?%)?(?!\w|\.\d)", re.IGNORECASE)
SHINGLE = 6
"""So many words in a row are no coincidence."""
LEAST_WORDS = 12
"""Below, nothing is said of an answer's language or style."""
COPIED, LIST, FOREIGN = 0.5, 0.2, 0.12
"""Share of copied words that is too many; of function words that is too few, by kind."""
HIDES = re.compile(
    r"<!--|<\s*(?!/?(?:br|sub|sup|b|i|em|strong|p|code)\b)[a-z!/]|[\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u2064\ufeff\U000e0000-\U000e007f]|\\(?:color|phantom|hphantom|tiny)\b",
    re.IGNORECASE,
)
ENGLISH = frozenset(
    "a about after all also an and are as at be because been but by can do does each for from had "  # noqa: SIM905 - one word a line would fill the page
    "has have how if in into is it its more most no not of on one only or other over so than that "
    "the their them then there these they this those to up was we were what when where which while "
    "will with without would you your".split()
)


class Idea(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One idea that a written answer should hold, as the rubric says it."""

    asks: str
    """What is asked for, for the person who grades."""
    says: tuple[tuple[str, ...], ...]
    """Ways to say it: in each, patterns of word beginnings that all stand in one sentence, or in
    the idea's own field."""
    label: str = ""
    """The bold label of its field."""
    there: tuple[tuple[str, ...], ...] = ()
    """Further ways, for its own field alone, where fewer words say what is spoken of."""

    @property
    def patterns(self) -> list[str]:
        """All of its patterns."""
        return [pattern for way in (*self.says, *self.there) for pattern in way]


Rubric = Mapping[str, Mapping[str, Idea]]
"""By question, its ideas by name."""


class Figures(msgspec.Struct, frozen=True):
    """A table of numbers of a student's own record."""

    title: str
    columns: tuple[str, ...]
    rows: Mapping[str, tuple[float | None, ...]]
    """By name, a number for each column; None where there is none."""


class Found(msgspec.Struct, frozen=True):
    """One idea in an answer."""

    name: str
    asks: str
    sentence: str
    """Where it is spoken of; empty if nothing was found."""


class Quoted(msgspec.Struct, frozen=True):
    """One number in an answer."""

    text: str
    stands: tuple[str, ...]
    """Where it stands in the record; empty if it does not."""


class Reading(msgspec.Struct, frozen=True):
    """What helps to read one answer."""

    unaided: str = ""
    """Why nothing was looked for; empty if it was."""
    ideas: tuple[Found, ...] = ()
    numbers: tuple[Quoted, ...] = ()


class Evidence(msgspec.Struct, frozen=True):
    """What a person sees beside an answer that they read."""

    figures: tuple[Figures, ...] = ()
    reading: Reading | None = None
    """Of a written answer for which there is a rubric."""


def rubric_of(folder: Path) -> Rubric:
    """The rubric of an assignment's private folder; empty if it has none.

    Raises:
        UsageError: it cannot be read, or a pattern is none.
    """
    path = folder / RUBRIC
    if not path.is_file():
        return {}
    try:
        rubric = msgspec.toml.decode(path.read_bytes(), type=dict[str, dict[str, Idea]])
        for ideas in rubric.values():
            for idea in ideas.values():
                for pattern in idea.patterns:
                    re.compile(pattern)
    except (msgspec.DecodeError, re.error, ValueError) as error:
        raise UsageError(f"{path} is no rubric: {error}.") from error
    return rubric


def read(
    answer: str, handed_out: Iterable[str], ideas: Mapping[str, Idea], figures: Sequence[Figures]
) -> Reading:
    """Find what helps to read an answer.

    Args:
        answer: the student's text; past `MOST_TEXT` characters nothing is looked at.
        handed_out: what students were given to read, the answer's own labels among it.
        ideas: what is asked for.
        figures: the student's own record in numbers.
    """
    text = answer[:MOST_TEXT]
    fields = _fields(text)
    found = tuple(Found(name, idea.asks, _sentence(idea, fields)) for name, idea in ideas.items())
    why = _unaided(text, handed_out, any(one.sentence for one in found))
    return Reading(why) if why else Reading("", found, tuple(_numbers(text, figures)))


def _fields(text: str) -> list[tuple[str, list[str]]]:
    """The sentences by label; what stands before the first label has none."""
    pieces = FIELD.split(text)
    labels = ["", *pieces[1::2]]
    return [
        (label.strip().casefold(), [s.strip() for s in SENTENCE.split(body) if s.strip(" \t…-*")])
        for label, body in zip(labels, pieces[::2], strict=True)
    ]


def _sentence(idea: Idea, fields: Sequence[tuple[str, list[str]]]) -> str:
    """The sentence that speaks of an idea: of its own field first, then of any."""
    own = [body for label, body in fields if idea.label and label == idea.label.casefold()]
    for body in own:
        for way in map(_compiled, (*idea.says, *idea.there)):
            if all(pattern.search(" ".join(body)) for pattern in way):
                counts = [sum(bool(p.search(sentence)) for p in way) for sentence in body]
                return body[counts.index(max(counts))][:MOST_SENTENCE]
    for way in map(_compiled, idea.says):
        for sentence in (sentence for _, body in fields for sentence in body):
            if all(pattern.search(sentence) for pattern in way):
                return sentence[:MOST_SENTENCE]
    return ""


def _compiled(way: Iterable[str]) -> list[re.Pattern[str]]:
    return [re.compile(rf"(?<!\w)(?:{pattern})", re.IGNORECASE) for pattern in way]


def _unaided(text: str, handed_out: Iterable[str], on_topic: bool) -> str:
    """Why a person reads it unaided: the first reason that holds, as the end of a sentence."""
    words = _words(FIELD.sub(" ", text))
    if not words:
        return "it is empty"
    if HIDES.search(text):
        return "it holds markup or characters that hide text"
    if _copied(words, handed_out) > COPIED:
        return "most of it is copied from the notebook"
    plain = sum(word in ENGLISH for word in words) / len(words)
    if len(words) >= LEAST_WORDS and plain < FOREIGN and not _listed(text, words):
        return "it does not seem to be in English"
    if len(words) >= LEAST_WORDS and (plain < LIST or _listed(text, words)):
        return "it is a list of keywords, not sentences"
    return "" if on_topic else "it speaks of none of the ideas that are asked for"


def _listed(text: str, words: Sequence[str]) -> bool:
    """Whether its words stand one or two at a time between commas, bars and bullets."""
    pieces = [_words(piece) for piece in re.split(r"[,;|/•·\n]+|\s[-–—*+]\s|\.\s", text)]
    lengths = sorted(len(piece) for piece in pieces if piece)
    return bool(lengths) and lengths[len(lengths) // 2] <= 2 and len(words) > 3 * 2


def _copied(words: Sequence[str], handed_out: Iterable[str]) -> float:
    """The share of words that stand in a row of `SHINGLE` that was handed out."""
    given = _rows_of(tuple(handed_out))
    covered = {
        at + step for at, shingle in _shingles(words) if shingle in given for step in range(SHINGLE)
    }
    return len(covered) / len(words)


@lru_cache(maxsize=32)
def _rows_of(texts: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
    """All rows of words of what was handed out, which is the same for a class."""
    return frozenset(shingle for text in texts for _, shingle in _shingles(_words(text)))


def _shingles(words: Sequence[str]) -> Iterator[tuple[int, tuple[str, ...]]]:
    for at in range(len(words) - SHINGLE + 1):
        yield at, tuple(words[at : at + SHINGLE])


def _words(text: str) -> list[str]:
    return [word.casefold() for word in WORD.findall(text)]


def _numbers(text: str, figures: Sequence[Figures]) -> Iterator[Quoted]:
    """The fractions and percentages that are quoted; whole numbers are mostly no results."""
    quoted = dict.fromkeys(match[0] for match in NUMBER.finditer(text))
    fractions = [one for one in quoted if set(one) & set(".%eE")]
    for one in fractions[:MOST_NUMBERS]:
        with suppress(OverflowError, ValueError):  # 1e400 is no number of a record
            yield Quoted(one, tuple(_places(one, figures)))


def _places(quoted: str, figures: Sequence[Figures]) -> list[str]:
    """Where the record has a number that this can be, rounded or cut; the nearest first."""
    percent = quoted.endswith("%")
    digits = quoted.rstrip("% ").lower()
    mantissa, _, exponent = digits.partition("e")
    unit = 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2])) / (100 if percent else 1)
    value = float(digits) / (100 if percent else 1)
    found = [
        (round(abs(number - value), 12), name if column == name else f"{name}, {column}")
        for table in figures
        for name, row in table.rows.items()
        for column, number in [(name, _as_number(name)), *zip(table.columns, row, strict=True)]
        if number is not None and abs(number - value) < unit * (1 - 1e-9)
    ]
    return [place for _, place in sorted(found, key=lambda one: one[0])]


def _as_number(name: str) -> float | None:
    try:
        return float(name)
    except ValueError:
        return None
