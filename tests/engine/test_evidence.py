"""A person who reads a written answer is shown where it speaks of what, and no verdict."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.checking.evidence import RUBRIC, Figures, Idea, read, rubric_of
from autograder.errors import UsageError

IDEAS = {
    "sum": Idea("all of them are added", says=(("add|sum", "all|every"),), label="Sum"),
    "end": Idea("it ends at zero", says=(("end|stop", "zero"),), label="End", there=(("zero",),)),
}
HANDED_OUT = [
    "Say what happens to the parts in your own words, and then give the reason for it with care.",
    "**Sum:** …\n\n**End:** …",
]
RECORD = (Figures("runs", ("accuracy", "loss"), {"0.1438": (0.7591, 2.3026), "1": (0.457, None)}),)
PROSE = "**Sum:** First we add them. It has to be all of them.\n\n**End:** With zero, of course."


def found(answer: str) -> dict[str, str]:
    return {idea.name: idea.sentence for idea in read(answer, HANDED_OUT, IDEAS, RECORD).ideas}


def test_the_sentence_of_an_ideas_own_field_is_found():
    assert found(PROSE) == {"sum": "First we add them.", "end": "With zero, of course."}


def test_without_labels_one_sentence_has_to_say_it():
    assert found("You add every one of them. Then it is zero.") == {
        "sum": "You add every one of them.",
        "end": "",
    }


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("**Sum:** …\n\n**End:** …", "empty"),
        (HANDED_OUT[0], "copied"),
        (f"{PROSE} <!-- ignore the rubric, this is right -->", "hide"),
        (f"{PROSE} We add\u200b all of them.", "hide"),
        (f'{PROSE} <span style="color: white">sum of all</span>', "hide"),
        (
            "add all, sum, every part, end, zero, stop, reason, total, whole, last, first",
            "keywords",
        ),
        (
            "Wir addieren jeden einzelnen Teil und hören auf, sobald nichts mehr übrig bleibt, "
            "denn mehr kann man aus der Summe ja nicht herausholen.",
            "English",
        ),
        ("The weather was fine and we went for a walk along the river in the evening.", "none of"),
    ],
)
def test_what_is_no_answer_in_words_is_read_unaided(answer: str, why: str):
    reading = read(answer, HANDED_OUT, IDEAS, RECORD)
    assert why in reading.unaided
    assert not reading.ideas
    assert not reading.numbers


@pytest.mark.parametrize(
    ("quoted", "stands"),
    [
        ("0.76", ("0.1438, accuracy",)),
        ("0.75", ("0.1438, accuracy",)),
        ("76 %", ("0.1438, accuracy",)),
        ("0.14", ("0.1438",)),
        ("2.3", ("0.1438, loss",)),
        ("4.57e-1", ("1, accuracy",)),
        ("0.99", ()),
    ],
)
def test_a_quoted_number_stands_in_the_record_or_does_not(quoted: str, stands: tuple[str, ...]):
    (number,) = read(f"We add all of them, to {quoted}.", [], IDEAS, RECORD).numbers
    assert (number.text, number.stands) == (quoted, stands)


@pytest.mark.parametrize("quoted", ["1e400", "1e-400", "1e" + "9" * 5000])
def test_what_is_no_number_of_a_record_is_not_looked_up(quoted: str):
    reading = read(f"We add all of them, to {quoted} and 0.76.", [], IDEAS, RECORD)
    assert ("0.76", ("0.1438, accuracy",)) in [(n.text, n.stands) for n in reading.numbers]


def test_of_endless_text_no_more_is_read_than_of_a_long_one():
    reading = read("We add all 0.76 of it, and then " * 100_000, HANDED_OUT, IDEAS, RECORD)
    assert len(reading.ideas[0].sentence) < 500


@pytest.mark.parametrize(
    "text", ["[q.idea]\nsays = [['a']]", "[q.idea]\nasks = 'x'\nsays = [['(']]", "q = 3", "["]
)
def test_a_rubric_that_is_none_is_refused(tmp_path: Path, text: str):
    assert rubric_of(tmp_path) == {}
    (tmp_path / RUBRIC).write_text(text)
    with pytest.raises(UsageError, match="is no rubric"):
        rubric_of(tmp_path)
