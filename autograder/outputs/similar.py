"""Which submissions are alike in what is rare in their class: evidence for a person, never points.

    texts -> fragments, without what was given -> whole copies counted once -> what is common
    left out -> pairs that share rare fragments, or rare wrong outputs -> clusters

Whole copies count once before it is asked what is common: thirty copies among sixty would
otherwise make what they share look like what everybody writes. Every step is linear in the class
but for fragments that a few share, of which pairs are made.
"""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations

import msgspec
import numpy as np

from autograder.model import Grade, Verdict
from autograder.outputs.copies import grouped, root, whole_copies
from autograder.outputs.fragments import NONE, of_code, of_text, shared, together

COMMON = 1 / 3
"""Share of the class above which a fragment is what everybody writes."""
FEW = 40
"""Submissions with a fragment of which pairs are made; of what more have, equal answers are."""
ENOUGH = {"code": 24, "text": 12}
"""Rare fragments that an answer has to share: about 60 tokens of code, 25 words."""
MOST_OF_IT = {"code": 0.8, "text": 0.6}
"""Share of the shorter one's rare fragments in that answer."""
HALF, ENOUGH_IN_ALL = 0.5, 40
"""The same over the whole submission."""
RARE_OUTPUT = 1 / 50
"""Share of the class, and at least two submissions, that make a wrong output rare."""
DRAWN = 1_000
"""Pairs drawn to say what is usual."""


class Part(msgspec.Struct, frozen=True):
    """What two submissions share in one answer."""

    question: str
    """"" for the cells of their own."""
    shared: int
    """Rare fragments that both have."""
    of: int
    """Rare fragments of the shorter one."""


class Cluster(msgspec.Struct, frozen=True):
    """Submissions that are alike in what is rare."""

    students: tuple[str, ...]
    pair: tuple[str, str]
    """The two that share most."""
    shared: int
    of: int
    parts: tuple[Part, ...]
    """Of the pair, the answers in which they share something rare."""
    outputs: tuple[tuple[str, str, int], ...]
    """Question, check, and how many submissions have this wrong output, rare ones of the pair."""


class Similar(msgspec.Struct, frozen=True):
    """What a class has in common, and who shares more."""

    clusters: tuple[Cluster, ...]
    """Those that share most first."""
    usual: int
    """Rare fragments that two submissions of the class share, the median of pairs drawn."""
    most: int
    """The same, which 99 of 100 such pairs do not exceed."""


class _Class:
    """The rare fragments of a class."""

    def __init__(
        self,
        answers: Mapping[str, Mapping[str, str]],
        written: frozenset[str],
        given: Iterable[str],
    ) -> None:
        self.students = sorted(answers)
        self.written = written
        texts = list(given)
        known = together([*map(of_code, texts), *map(of_text, texts)])
        parts = [
            {
                question: np.setdiff1d(
                    of_text(text) if question in written else of_code(text), known, True
                )
                for question, text in answers[student].items()
            }
            for student in self.students
        ]
        everything = [together(own.values()) for own in parts]
        self.groups = grouped(whole_copies(everything), len(self.students))
        once = [together(everything[i] for i in group) for group in self.groups]
        fragments, counts = np.unique(np.concatenate([NONE, *once]), return_counts=True)
        common = fragments[counts > max(2, COMMON * len(self.groups))]
        self.parts = [
            {question: np.setdiff1d(each, common, True) for question, each in own.items()}
            for own in parts
        ]
        """By submission and question, the rare fragments."""
        self.rare = [together(own.values()) for own in self.parts]

    def kind(self, question: str) -> str:
        """Whether an answer is text or code."""
        return "text" if question in self.written else "code"

    def between(self, a: int, b: int) -> list[Part]:
        """What two submissions share in each answer."""
        pairs = ((q, one, self.parts[b].get(q, NONE)) for q, one in self.parts[a].items())
        counted = (
            Part(q, shared(one, other), min(len(one), len(other))) for q, one, other in pairs
        )
        return [part for part in counted if part.shared]

    def in_all(self, a: int, b: int) -> tuple[int, int]:
        """Rare fragments that both have, and those of the shorter one."""
        return shared(self.rare[a], self.rare[b]), min(len(self.rare[a]), len(self.rare[b]))

    def alike(self, a: int, b: int) -> bool:
        """Whether two submissions share enough for a person to look."""
        both, of = self.in_all(a, b)
        if both >= ENOUGH_IN_ALL and both >= HALF * of:
            return True
        if both < min(ENOUGH.values()):
            return False
        kinds = [(self.kind(part.question), part) for part in self.between(a, b)]
        return any(p.shared >= ENOUGH[k] and p.shared >= MOST_OF_IT[k] * p.of for k, p in kinds)


def similar(
    grades: Mapping[str, Grade],
    answers: Mapping[str, Mapping[str, str]],
    written: frozenset[str] = frozenset(),
    given: Iterable[str] = (),
) -> Similar:
    """Find the submissions of a class that are alike in what is rare in it.

    Args:
        grades: by student.
        answers: by student, what they wrote, by question; "" for cells of their own.
        written: the questions that are answered in words.
        given: texts that everybody was given.
    """
    read = _Class({name: answers[name] for name in grades if name in answers}, written, given)
    leaders = [group[0] for group in read.groups]
    outputs = _outputs([grades[student] for student in read.students])
    usual, most = _base(read, leaders)
    links = {(a, b) for a, b in _candidates(read, leaders) if read.alike(a, b)}
    links |= set(_by_outputs(outputs, len(read.groups)))
    joined = {i: i for i in range(len(read.students))}
    for group in read.groups:
        if len(read.rare[group[0]]) >= ENOUGH_IN_ALL:
            links |= {(group[0], i) for i in group[1:]}
    for a, b in links:
        joined[root(joined, a)] = root(joined, b)
    clusters: dict[int, list[int]] = defaultdict(list)
    for i in joined:
        clusters[root(joined, i)].append(i)
    pairs: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for a, b in sorted(links):
        pairs[root(joined, a)].append((a, b))
    found = [
        _cluster(read, members, pairs[root], outputs)
        for root, members in clusters.items()
        if len(members) > 1
    ]
    found.sort(key=lambda one: (-one.shared, one.students))
    return Similar(tuple(found), usual, most)


def _cluster(
    read: _Class, members: Sequence[int], pairs: Sequence[tuple[int, int]], outputs: _Outputs
) -> Cluster:
    a, b = max(pairs[:FEW], key=lambda pair: read.in_all(*pair)[0])
    both, of = read.in_all(a, b)
    rare = max(2, RARE_OUTPUT * len(read.students))
    same = [key for key in outputs.of[a] if key in set(outputs.of[b])]
    parts = sorted(read.between(a, b), key=lambda part: -part.shared)
    return Cluster(
        students=tuple(read.students[i] for i in members),
        pair=(read.students[a], read.students[b]),
        shared=both,
        of=of,
        parts=tuple(parts),
        outputs=tuple(
            (question, check, outputs.count[question, check, value])
            for question, check, value in same
            if outputs.count[question, check, value] <= max(rare, len(members))
        ),
    )


class _Outputs(msgspec.Struct):
    """Wrong outputs without a name: by submission, and how many have each."""

    of: list[list[tuple[str, str, str]]]
    count: Counter[tuple[str, str, str]]


def _outputs(grades: Sequence[Grade]) -> _Outputs:
    of = [
        [
            (score.id, check.name, check.output)
            for score in grade.questions
            for check in score.checks
            if isinstance(check.output, str) and check.verdict is Verdict.FAILED
        ]
        for grade in grades
    ]
    return _Outputs(of, Counter(key for keys in of for key in keys))


def _by_outputs(outputs: _Outputs, groups: int) -> Iterator[tuple[int, int]]:
    """Pairs that share rare wrong outputs in two questions."""
    who: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for i, keys in enumerate(outputs.of):
        for key in keys:
            who[key].append(i)
    questions: dict[tuple[int, int], set[str]] = defaultdict(set)
    for (question, _, _), some in who.items():
        if 2 <= len(some) <= max(2, RARE_OUTPUT * groups):
            for pair in combinations(some, 2):
                questions[pair].add(question)
    return (pair for pair, shared_in in questions.items() if len(shared_in) > 1)


def _candidates(read: _Class, leaders: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Pairs of submissions that may be alike, one submission for each group of whole copies."""
    if not leaders:
        return
    lengths = [len(read.rare[i]) for i in leaders]
    everything = np.concatenate([read.rare[i] for i in leaders])
    owners = np.repeat(np.array(leaders, np.int64), lengths)
    order = np.argsort(everything, kind="stable")
    fragments, owners = everything[order], owners[order]
    starts = np.flatnonzero(np.r_[True, fragments[1:] != fragments[:-1]])
    counts = np.diff(np.r_[starts, len(fragments)])
    n, found = len(read.students), []
    for size in range(2, FEW + 1):
        rows = owners[starts[counts == size][:, None] + np.arange(size)]
        found += [rows[:, a] * n + rows[:, b] for a, b in combinations(range(size), 2)]
    pairs, times = np.unique(np.concatenate(found), return_counts=True)
    least = min(ENOUGH.values())
    for pair in pairs[times >= least].tolist():
        yield divmod(pair, n)
    yield from _equal_answers(read, leaders)


def _equal_answers(read: _Class, leaders: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Submissions with an equal answer, each with the first that has it."""
    first: dict[tuple[str, bytes], int] = {}
    for i in leaders:
        for question, fragments in read.parts[i].items():
            if len(fragments) >= ENOUGH[read.kind(question)]:
                leader = first.setdefault((question, fragments.tobytes()), i)
                if leader != i:
                    yield leader, i


def _base(read: _Class, leaders: Sequence[int]) -> tuple[int, int]:
    """What pairs drawn at random share: the median, and what 99 of 100 do not exceed."""
    if len(leaders) < 2:
        return 0, 0
    draw = random.Random(0)
    pairs = [draw.sample(leaders, 2) for _ in range(min(DRAWN, math.comb(len(leaders), 2)))]
    numbers = sorted(read.in_all(a, b)[0] for a, b in pairs)
    return numbers[len(numbers) // 2], numbers[min(len(numbers) - 1, int(0.99 * len(numbers)))]
