"""A mistake is told once, with everything that noticed it and what it cost."""

from __future__ import annotations

import io
from collections import Counter

import pytest
from msgspec.structs import replace
from rich.console import Console

from autograder.checking.blame import blame
from autograder.model import CheckResult, Grade, QuestionScore, Status, Verdict
from autograder.outputs.cards import NOT_ANSWERED, Card, Kept, Kind, Part, cards_of
from autograder.outputs.terminal import print_grade
from autograder.sandbox.errors import StudentRaised
from autograder.sandbox.places import PLACEHOLDER, Place
from autograder.sandbox.session import SourceCell

UPSTREAM = {"backward": ("forward",), "net": ("forward", "backward"), "report": ("net",)}
DROPPED = "dx leaves out the path through the variance."


def check(
    name: str, verdict: Verdict, message: str = "", worth: float = 1.0, **more
) -> CheckResult:
    points = worth if verdict is Verdict.PASSED else 0.0
    return CheckResult(name, points, worth, verdict, message, **more)


def right(name: str, worth: float = 1.0) -> CheckResult:
    return check(name, Verdict.PASSED, worth=worth)


def dropped(name: str, worth: float, made_in: str = "") -> CheckResult:
    told = f"{DROPPED} (This is in your `{made_in}`.)" if made_in else DROPPED
    more = {"made_in": made_in} if made_in else {}
    named = {"misconception": "variance_path_dropped", "hint": "The variance is made of every x."}
    return check(name, Verdict.FAILED, told, worth, **named, **more)


def question(id_: str, *checks: CheckResult, **more) -> QuestionScore:
    score = round(sum(each.points for each in checks), 2)
    most = round(sum(each.max_points for each in checks), 2)
    whole = QuestionScore(id_, "notebook", score, most, checks=checks)
    return replace(whole, **more)


FORWARD = question("forward", right("out", 10.0))
BACKWARD = question(
    "backward", dropped("dx_matches", 7.0), dropped("dx_with_large_eps", 1.75), right("dbeta", 5.25)
)
SLOPE = check("gradients_follow_loss", Verdict.FAILED, "The slope is off.", 1.08, hint="Slope?")
NET = question(
    "net",
    dropped("gradients_match", 3.23, "backward"),
    dropped("regularization", 1.08, "backward"),
    SLOPE,
    right("scores", 8.61),
)


def cards(*scores: QuestionScore, by_person: tuple[str, ...] = ()) -> tuple[Card, ...]:
    return cards_of(scores, UPSTREAM, by_person)


def lost_in(found: tuple[Card, ...]) -> dict[str, float]:
    lost: Counter[str] = Counter()
    for card in found:
        for part in card.parts:
            lost[part.question] += part.lost or 0.0
    return {name: round(points, 2) for name, points in lost.items()}


def test_a_dropped_variance_path_is_one_card_with_all_its_checks_and_points():
    card, _ = cards(FORWARD, BACKWARD, NET)
    assert card.says == (DROPPED,)
    assert card.lost == 13.06
    assert card.parts == (
        Part("backward", ("dx_matches", "dx_with_large_eps"), 8.75),
        Part("net", ("gradients_match", "regularization"), 4.31, reached=True),
    )


def test_an_upstream_mistake_comes_first_and_says_which_questions_it_reached():
    big = question("net", dropped("gradients", 1.0, "backward"), replace(SLOPE, max_points=90.0))
    first, second = cards(BACKWARD, big)
    assert first.first
    assert first.stands_in == ("backward",)
    assert first.reaches == ("net",)
    assert second.lost > first.lost
    assert not second.first


def test_what_has_no_name_may_follow_from_a_card_before_it():
    first, second = cards(BACKWARD, NET)
    assert second.may_follow
    assert not first.may_follow


def test_a_mistake_that_stands_in_another_notebook_says_so_in_words():
    (card, _) = cards(NET)
    assert card.first
    assert card.stands_in == ("backward",)
    assert card.says == (f"{DROPPED} (This is in your `backward`.)",)


def test_without_mistakes_there_is_no_card():
    assert cards(FORWARD, question("net", right("scores"))) == ()


def test_mistakes_that_do_not_touch_come_by_what_they_cost():
    one = question("one", check("a", Verdict.FAILED, "a is off.", 1.0))
    two = question("two", check("b", Verdict.FAILED, "b is off.", 2.0))
    assert [card.says for card in cards(one, two)] == [("b is off.",), ("a is off.",)]
    assert not any(card.first for card in cards(one, two))


def test_one_sentence_with_many_things_to_look_at_is_one_card():
    line = "`f` raised NameError in your line `x = y`."
    seen = [check(n, Verdict.RAISED, line, hint=f"Looks at {n}.") for n in "abc"]
    (card,) = cards(question("forward", *seen))
    assert (card.kind, card.says, card.hint) == (Kind.RAISED, (line,), "")


def test_one_sentence_is_one_card_only_among_questions_that_are_linked():
    failed = check("test", Verdict.FAILED, "A hidden test failed.")
    assert len(cards(question("one", failed), question("two", failed))) == 2
    assert len(cards(question("forward", failed), question("backward", failed))) == 1


def test_one_thing_to_look_at_in_a_question_is_one_card():
    seen = [check(str(n), Verdict.FAILED, f"The loss is off by {n}.", hint="Mean?") for n in (1, 2)]
    (card,) = cards(question("net", *seen))
    assert card.says == ("The loss is off by 1.", "The loss is off by 2.")
    assert card.hint == "Mean?"


def test_a_function_that_uses_up_its_time_is_one_card():
    loop = "Look for a loop that does not end."
    seen = [
        check("a", Verdict.TIMEOUT, "`f` used up its time.", hint="Looks at a."),
        check("b", Verdict.TIMEOUT, "`f` timed out 2 times and was not called again.", hint=loop),
        check("c", Verdict.TIMEOUT, "`f` timed out 2 times and was not called again.", hint=loop),
    ]
    (card,) = cards(question("forward", *seen))
    assert (card.kind, card.hint, card.lost) == (Kind.TIMEOUT, loop, 3.0)
    assert len(card.says) == 2


def gone(name: str, *names: str) -> list[CheckResult]:
    return [check(each, Verdict.MISSING, f"`{name}` {NOT_ANSWERED}") for each in names]


def test_all_that_is_missing_is_one_card():
    form = [check(n, Verdict.MISSING, f"`{n}` is not filled in.") for n in ("early", "late")]
    (card,) = cards(
        question("forward", *gone("forward", "out", "shape")),
        question("backward", *gone("forward", "dx")),
        question("net", *gone("Net", "loss")),
        question("report", *form, right("reason")),
    )
    assert card.kind is Kind.MISSING
    assert not card.first  # there is nothing else to do
    assert card.parts == (
        Part("net", (), 1.0),
        Part("report", ("early", "late"), 2.0),
        Part("forward", (), 2.0, says=f"`forward` {NOT_ANSWERED}"),
        Part("backward", (), 1.0, says=f"`forward` {NOT_ANSWERED}"),
    )


def test_the_sentence_on_our_placeholder_ends_as_the_cards_expect():
    stub = f'{PLACEHOLDER}"f is not answered yet")'
    place = Place(
        stub, 2, SourceCell("f_answer", f"def f():\n    {stub}", defines="f"), course=True
    )
    with pytest.raises(Exception, match=rf"`f` {NOT_ANSWERED}"):
        blame("f", StudentRaised("NotImplementedError", places=(place,)))


def test_a_bonus_that_nobody_tried_is_nothing_to_mend():
    assert cards(question("extra", *gone("extra", "dx"), max_score=0.0)) == ()


def test_what_a_bonus_lost_is_no_points():
    tried = question("extra", check("dx", Verdict.FAILED, "dx is off.", 0.43), max_score=0.0)
    (card,) = cards(tried)
    assert (card.lost, card.bonus_lost) == (0.0, 0.43)


def test_what_waits_for_a_person_is_nothing_to_mend():
    open_ = check("gap", Verdict.SKIPPED, "A person will look.")
    ours = check("dx", Verdict.GRADER_ERROR, "This could not be run.")
    assert cards(question("report", open_, score=None), question("net", ours, score=None)) == ()


def test_where_a_person_set_the_score_no_card_claims_its_points():
    (card,) = cards(BACKWARD, by_person=("backward",))
    assert [part.lost for part in card.parts] == [None]
    assert card.lost == 0.0


def test_what_was_carried_forward_stands_on_the_card_of_the_early_mistake():
    net = question("net", right("scores", 8.0), carried_forward=True)
    (card,) = cards(BACKWARD, net)
    assert card.kept == (Kept("net", 0.0),)
    assert card.lost == 8.75


EVERYTHING = (
    FORWARD,
    BACKWARD,
    NET,
    question("report", *gone("answers", "early"), check("late", Verdict.FAILED, "late is 3.", 0.5)),
    question("other", check("a", Verdict.RAISED, "`g` raised E."), right("b")),
)


def test_the_cards_add_up_to_the_points_that_each_question_lost():
    lost = {s.id: round(s.max_score - (s.score or 0.0), 2) for s in EVERYTHING}
    assert lost_in(cards(*EVERYTHING)) == {name: points for name, points in lost.items() if points}


def test_nothing_is_told_twice():
    found = cards(*EVERYTHING)
    said = [sentence for card in found for sentence in (*card.says, card.hint) if sentence]
    noticed = [(p.question, name) for card in found for p in card.parts for name in p.checks]
    assert len(set(said)) == len(said)
    assert len(set(noticed)) == len(noticed)


def test_the_terminal_says_what_to_mend_first():
    out = io.StringIO()
    grade = Grade("a", Status.GRADED, 23.86, 38.0, 0.0, (), (FORWARD, BACKWARD, NET))
    print_grade(grade, Console(file=out, width=200), UPSTREAM)
    shown = out.getvalue()
    assert f"Mend this first: {DROPPED} The variance is made of every x." in shown
    assert "backward −8.75 dx_matches, dx_with_large_eps" in shown
    assert "net −4.31 gradients_match, regularization" in shown
    assert shown.count(DROPPED) == 1


def test_one_reason_for_all_that_is_missing_is_the_card():
    lost = "notebook.ipynb was not handed in, or cannot be read."
    seen = [question(name, check("a", Verdict.MISSING, lost)) for name in ("forward", "net")]
    (card,) = cards(*seen)
    assert card.says == (lost,)
    assert [part.says for part in card.parts] == ["", ""]
