"""Two similar submissions beside each other, line by line, for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest

import msgspec

from autograder.outputs.fragments import WORD, tokens
from autograder.outputs.similar import Cluster

MOST_LINES = 150
"""Lines of an answer that are shown."""
MOST_SIDES = 6
"""Answers of a pair that are shown, those first that share most."""
MOST_OTHERS = 3
"""Further submissions of a group that are held against its first."""
ROOM = 12_000
"""Lines of all pairs together."""
OPEN = 3
"""Groups whose first answer is unfolded."""


class Side(msgspec.Struct, frozen=True):
    """One answer of two submissions."""

    question: str
    shared: int
    of: int
    look: str
    """The class of its cells."""
    lines: tuple[tuple[bool, str, str], ...]
    """Whether two lines are alike, and the lines."""


class Pair(msgspec.Struct, frozen=True):
    """Two submissions."""

    names: tuple[str, str]
    sides: tuple[Side, ...]
    first: bool


class Group(msgspec.Struct, frozen=True):
    """A cluster with those of its pairs that are shown."""

    cluster: Cluster
    pairs: tuple[Pair, ...]
    open: bool


def shares(cluster: Cluster) -> str:
    """What the closest two of a cluster share, in a few words."""
    if not cluster.of:
        return "the same wrong outputs"
    share = 100 * cluster.shared / cluster.of
    return f"{cluster.shared} of {cluster.of} rare fragments, {share:.0f} %"


def side_by_side(
    clusters: Sequence[Cluster], answers: Mapping[str, Mapping[str, str]], written: frozenset[str]
) -> list[Group]:
    """Each cluster with its closest pair, and some of the others beside the first of it."""
    room, groups = ROOM, []
    for number, cluster in enumerate(clusters):
        first = cluster.pair[0]
        others = [one for one in cluster.students if one not in cluster.pair][:MOST_OTHERS]
        pairs: list[Pair] = []
        for other in (cluster.pair[1], *others):
            if room <= 0:
                break
            sides = _sides(cluster, answers[first], answers[other], written)
            room -= sum(len(side.lines) for side in sides)
            pairs.append(Pair((first, other), sides, first=not pairs))
        groups.append(Group(cluster, tuple(pairs), number < OPEN))
    return groups


def _sides(
    cluster: Cluster,
    one: Mapping[str, str],
    other: Mapping[str, str],
    written: frozenset[str],
) -> tuple[Side, ...]:
    parts = [part for part in cluster.parts if part.question in one and part.question in other]
    return tuple(
        Side(
            part.question,
            part.shared,
            part.of,
            "text" if part.question in written else "code",
            _lines(one[part.question], other[part.question], part.question in written),
        )
        for part in parts[:MOST_SIDES]
    )


def _lines(one: str, other: str, is_text: bool) -> tuple[tuple[bool, str, str], ...]:
    left, right = (text.strip("\n").split("\n")[:MOST_LINES] for text in (one, other))
    keys = [[_key(line, is_text) for line in side] for side in (left, right)]
    matcher = SequenceMatcher(a=keys[0], b=keys[1], autojunk=False)
    lines: list[tuple[bool, str, str]] = []
    for tag, a, b, c, d in matcher.get_opcodes():
        pairs = zip_longest(left[a:b], right[c:d], fillvalue="")
        alike = tag == "equal"
        lines += [(alike and bool(x.strip()), x[:300], y[:300]) for x, y in pairs]
    return tuple(lines)


def _key(line: str, is_text: bool) -> str:
    """What of a line counts: without names, comments and layout."""
    return " ".join(WORD.findall(line.lower()) if is_text else tokens(line))
