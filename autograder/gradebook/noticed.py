"""Which checks noticed the same mistake: what the comment and the feedback page tell once."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable
from itertools import groupby

import msgspec

from autograder.model import CheckResult, Verdict

SILENT = (Verdict.MISSING, Verdict.SKIPPED, Verdict.TIMEOUT)
"""Verdicts on code that gave no answer: what a single check looks at is of no use then."""


class Noticed(msgspec.Struct, frozen=True):
    """A check that did not pass, and its question."""

    question: str
    check: CheckResult
    family: str = ""
    """The same for questions of which one is built on the other."""


def by_mistake(noticed: Iterable[Noticed]) -> list[tuple[Noticed, ...]]:
    """Join the checks that noticed the same mistake, in the order in which they were run.

    A named mistake is one wherever it shows. Otherwise one sentence is one mistake within a
    family of questions; so is, within a question, one thing to look at, or one function that
    uses up its time.
    """
    groups: list[list[Noticed]] = []
    known: dict[Hashable, list[Noticed]] = {}
    for each in noticed:
        reasons = _reasons(each)
        group = next((known[reason] for reason in reasons if reason in known), None)
        if group is None:
            group = []
            groups.append(group)
        for reason in reasons:
            known.setdefault(reason, group)
        group.append(each)
    return [tuple(group) for group in groups]


def _reasons(each: Noticed) -> list[Hashable]:
    """What makes two checks the same mistake, the strongest first."""
    check = each.check
    if check.misconception is not None:
        return [("named", check.misconception, check.hint)]
    if check.verdict is Verdict.TIMEOUT:
        return [("time", each.question)]
    said = (each.family or each.question, check.verdict, check.message)
    if check.verdict is Verdict.FAILED and check.hint:
        return [said, ("look", each.question, check.hint)]
    return [said]


def sentences(group: Iterable[Noticed]) -> tuple[str, ...]:
    """What is wrong, each sentence once; of a named mistake, as its own question says it."""
    told = list(group)
    own = [each for each in told if not each.check.made_in] or told
    return tuple(dict.fromkeys(each.check.message for each in own if each.check.message))


def hint(group: Iterable[Noticed]) -> str:
    """What to look at: the only hint, or the one that several checks give; else nothing."""
    told = list(group)
    hints = sorted(each.check.hint for each in told if each.check.hint)
    shared = [text for text, same in groupby(hints) if len(list(same)) > 1]
    if len(shared) == 1:
        return as_advice(shared[0])
    only = len(set(hints)) == 1 and told[0].check.verdict not in SILENT
    return as_advice(hints[0]) if only else ""


def as_advice(hint: str) -> str:
    """A hint as one says it to a student: what a check looks at is what to look at."""
    return re.sub("^Looks at ", "Look at ", hint)
