"""A person finds all answers to a question in one list, alike ones side by side."""

from __future__ import annotations

import html
import re

from autograder.outputs.answers import Answer, in_order, render_answers

ZEROS = "the plain net learns nothing at small scales since its signals vanish"
LIKE_ZEROS = "at small scales the plain net learns nothing since all its signals vanish early"
DIVIDES = "batch normalization divides by the spread so the scale of weights cancels out entirely"


def answer(student: str, text: str, score: float | None = None, **more: object) -> Answer:
    own = {"max_score": 6.0, "score": score, "waits": score is None}
    return Answer("explain", "layers", student, text=text, **(own | more))  # type: ignore[arg-type]


def order(answers: list[Answer]) -> list[list[str]]:
    return [[one.student for one in group.answers] for group in in_order(answers)]


def test_the_same_words_are_one_and_alike_ones_stand_side_by_side() -> None:
    given = [
        answer("ann", ZEROS),
        answer("ben", DIVIDES),
        answer("cat", LIKE_ZEROS),
        answer("dan", f"{ZEROS.capitalize()}!"),
        answer("eve", f"I think {DIVIDES}"),
        answer("fay", ""),
    ]
    places = {student: at for at, who in enumerate(order(given)) for student in who}
    assert places["ann"] == places["dan"]
    assert abs(places["ann"] - places["cat"]) == 1
    assert abs(places["ben"] - places["eve"]) == 1
    assert order(given) == order(given[::-1])


def test_no_answer_one_and_a_hundred_wordless_ones_have_an_order() -> None:
    assert order([]) == []
    assert order([answer("ann", "")]) == [["ann"]]
    many = [answer(f"s{n:03}", "·" * n) for n in range(100)]
    assert order(many) == [[one.student for one in many]]


def test_the_page_says_who_waits_why_and_leads_to_formgrader() -> None:
    page = render_answers(
        "mini",
        [
            answer("ann", ZEROS, address="http://localhost:8888/formgrader/submissions/1/"),
            answer("ben", "", 4.5, remarks=("Read unaided: it is empty.",)),
        ],
    )
    seen = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())
    assert "explain : 1 waits, of 2" in seen
    assert "ann waits" in seen
    assert "ben 4.5 Read unaided: it is empty. No answer could be read here." in seen
    assert '<a href="http://localhost:8888/formgrader/submissions/1/">ann</a>' in page


def test_what_a_student_wrote_is_text_on_the_page() -> None:
    hostile = "<script>alert(1)</script>"
    page = render_answers("mini", [answer(hostile, hostile)])
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "nothing to read" in render_answers("mini", [])
