"""What is to be mended: one card for each mistake, whatever number of checks noticed it.

A pure function of question scores, for the feedback page and the terminal. A mistake in an
answer that others are built on comes first; what it costs in those stands on its card.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum

import msgspec

from autograder.gradebook.noticed import Noticed, by_mistake, hint, sentences
from autograder.model import CheckResult, QuestionScore, Verdict

Upstream = Mapping[str, Iterable[str]]
"""By question, those whose answers it calls."""


NOT_ANSWERED = "is not answered yet."
"""How the sentence on our own placeholder ends; the card of what is missing says it once."""
UNANSWERED = "Not answered yet."


class Kind(StrEnum):
    """What a card is about."""

    MISTAKE = "mistake"
    RAISED = "raised"
    TIMEOUT = "timeout"
    MISSING = "missing"
    """All that is not answered yet, on one card."""


class Part(msgspec.Struct, frozen=True):
    """What a mistake did in one question."""

    question: str
    checks: tuple[str, ...]
    """The checks that noticed it; none if it is all of the question's."""
    lost: float | None
    """Points, or bonus points, that it cost; None where a person has set the score."""
    bonus: bool = False
    reached: bool = False
    """Whether the mistake stands in an earlier question and only shows here."""
    says: str = ""
    """Why it is missing, on the card of what is not answered, where that says more."""


class Kept(msgspec.Struct, frozen=True):
    """A question that a mistake would have cost points, had it not been carried forward."""

    question: str
    points: float
    """Zero if it is not known which checks it would have cost."""


class Card(msgspec.Struct, frozen=True):
    """One mistake: what is wrong, what to look at, where it shows and what it cost."""

    kind: Kind
    says: tuple[str, ...]
    hint: str
    stands_in: tuple[str, ...]
    """The questions in which to mend it."""
    parts: tuple[Part, ...]
    named: bool = False
    """Whether it is a known mistake, not only something that came out wrong."""
    first: bool = False
    """Whether to mend it before all others, because answers are built on it."""
    may_follow: bool = False
    """Whether it has no name, and a card before it is about what it is built on."""
    kept: tuple[Kept, ...] = ()
    """Where it was carried forward and cost nothing."""
    off: tuple[str, ...] = ()
    """By row, the entries that are off (`x`) in an example, where that shows something."""

    @property
    def lost(self) -> float:
        """Points that it cost altogether, without bonus."""
        return round(sum(part.lost or 0.0 for part in self.parts if not part.bonus), 2)

    @property
    def bonus_lost(self) -> float:
        """Bonus points that it cost altogether."""
        return round(sum(part.lost or 0.0 for part in self.parts if part.bonus), 2)

    @property
    def reaches(self) -> tuple[str, ...]:
        """The later questions in which it shows."""
        return tuple(part.question for part in self.parts if part.reached)


def cards_of(
    scores: Sequence[QuestionScore], upstream: Upstream, by_person: Collection[str] = ()
) -> tuple[Card, ...]:
    """Say what is to be mended, in the order in which to mend it.

    A bonus that nobody tried, and what a person has to look at, is nothing to mend.

    Args:
        scores: the questions, in the order of their notebooks.
        upstream: on what each question is built.
        by_person: the questions of which a person has set the score.
    """
    built_on = {score.id: _closure(score.id, upstream) for score in scores}
    about = {score.id: score for score in scores}
    family = _families(built_on)
    noticed = [
        Noticed(score.id, check, family[score.id])
        for score in scores
        for check in _to_mend(score, score.id in by_person)
    ]
    missing = [each for each in noticed if each.check.verdict is Verdict.MISSING]
    wrong = [each for each in noticed if each.check.verdict is not Verdict.MISSING]
    cards = [_card(group, about, by_person) for group in by_mistake(wrong)]
    if missing:
        cards.append(_missing(missing, about, by_person))
    return tuple(_linked(_ordered(cards, built_on, list(about)), built_on, scores))


def checks_that_were_carried(score: QuestionScore) -> float:
    """Points of the checks that passed only with what was lent to the answer."""
    carried = (check.points for check in score.checks if getattr(check, "carried", False))
    return round(sum(carried), 2)


def _closure(question: str, upstream: Upstream) -> frozenset[str]:
    """Everything that a question is built on, at any remove."""
    found: set[str] = set()
    left = list(upstream.get(question, ()))
    while left:
        each = left.pop()
        if each not in found:
            found.add(each)
            left.extend(upstream.get(each, ()))
    return frozenset(found)


def _families(built_on: Mapping[str, frozenset[str]]) -> dict[str, str]:
    """By question, a name that it shares with all that are linked to it, up or down."""
    family: dict[str, str] = {}
    for question, below in built_on.items():
        together = {question, *below}
        joined = {family.get(each, each) for each in together}
        family |= dict.fromkeys(together, min(joined))
        family = {each: min(joined) if old in joined else old for each, old in family.items()}
    return family


def _to_mend(score: QuestionScore, by_person: bool) -> Iterator[CheckResult]:
    untried = _is_bonus(score) and all(c.verdict is Verdict.MISSING for c in score.checks)
    for check in score.checks:
        open_ = check.verdict is Verdict.SKIPPED and (score.score is None or by_person)
        ours = check.verdict is Verdict.GRADER_ERROR
        if check.verdict is not Verdict.PASSED and not (untried or open_ or ours):
            yield check


def _is_bonus(score: QuestionScore) -> bool:
    return not score.max_score


def _card(
    group: Sequence[Noticed], about: Mapping[str, QuestionScore], by_person: Collection[str]
) -> Card:
    verdict = group[0].check.verdict
    kinds = {Verdict.RAISED: Kind.RAISED, Verdict.TIMEOUT: Kind.TIMEOUT}
    stands_in = tuple(dict.fromkeys(each.check.made_in or each.question for each in group))
    return Card(
        kind=kinds.get(verdict, Kind.MISTAKE),
        says=sentences(group),
        hint=hint(group),
        stands_in=stands_in,
        parts=_parts(group, about, by_person, stands_in),
        named=group[0].check.misconception is not None,
        off=next((each.check.off for each in group if each.check.off), ()),
    )


def _missing(
    group: Sequence[Noticed], about: Mapping[str, QuestionScore], by_person: Collection[str]
) -> Card:
    """One card for all that is not there; questions with the same sentence stand together."""
    stands_in = tuple(dict.fromkeys(each.question for each in group))
    reasons: dict[str, list[Part]] = {"": []}
    said = {q: sentences(each for each in group if each.question == q) for q in stands_in}
    alone = [texts for texts in said.values() if list(said.values()).count(texts) == 1]
    for part in _parts(group, about, by_person, stands_in):
        texts = said[part.question]
        plain = len(texts) != 1 or (texts in alone and texts[0].endswith(NOT_ANSWERED))
        says = "" if plain else texts[0]
        reasons.setdefault(says, []).append(msgspec.structs.replace(part, says=says))
    parts = tuple(part for same in reasons.values() for part in same)
    if len(said) > 1 and len(set(said.values())) == 1 and parts[0].says:
        title = parts[0].says
        parts = tuple(msgspec.structs.replace(part, says="") for part in parts)
    else:
        title = UNANSWERED
    return Card(Kind.MISSING, (title,), hint(group), stands_in, parts)


def _parts(
    group: Sequence[Noticed],
    about: Mapping[str, QuestionScore],
    by_person: Collection[str],
    stands_in: Collection[str],
) -> tuple[Part, ...]:
    parts: list[Part] = []
    for question in dict.fromkeys(each.question for each in group):
        score = about[question]
        checks = [each.check for each in group if each.question == question]
        lost = round(sum(check.max_points - check.points for check in checks), 2)
        parts.append(
            Part(
                question,
                tuple(c.name for c in checks) if len(checks) < len(score.checks) else (),
                None if question in by_person else lost,
                bonus=_is_bonus(score),
                reached=question not in stands_in,
            )
        )
    return tuple(parts)


def _ordered(
    cards: Sequence[Card], built_on: Mapping[str, frozenset[str]], order: Sequence[str]
) -> list[Card]:
    """Put first what others are built on, then what cost most; the very first is marked."""

    def key(card: Card) -> tuple[bool, int, bool, float]:
        others = {part.question for other in cards for part in other.parts}
        early = bool(card.reaches) or any(
            built_on[question] & set(card.stands_in) for question in others - set(card.stands_in)
        )
        places = [order.index(q) if q in order else -1 for q in card.stands_in]
        cost = card.lost + card.bonus_lost
        return not early, min(places) if early else 0, early and not card.named, -cost

    ordered = sorted(cards, key=key)
    if ordered and not key(ordered[0])[0]:
        ordered[0] = msgspec.structs.replace(ordered[0], first=True)
    return ordered


def _linked(
    cards: Sequence[Card],
    built_on: Mapping[str, frozenset[str]],
    scores: Sequence[QuestionScore],
) -> Iterator[Card]:
    """Say on each card whether it may follow from another, and what was carried forward."""
    broken: set[str] = set()
    named: set[str] = set()
    carried = [score for score in scores if score.carried_forward]
    for card in cards:
        unsure = card.kind is not Kind.MISSING and not card.named
        below = {up for part in card.parts for up in built_on[part.question]}
        follows = broken & below - set(card.stands_in) or named & set(card.stands_in)
        mine = [score for score in carried if built_on[score.id] & set(card.stands_in)]
        carried = [score for score in carried if score not in mine]
        kept = tuple(Kept(score.id, checks_that_were_carried(score)) for score in mine)
        yield msgspec.structs.replace(card, may_follow=unsure and bool(follows), kept=kept)
        broken |= set(card.stands_in)
        named |= set(card.stands_in) if card.named else set()
