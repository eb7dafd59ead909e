"""Whole copies among many submissions, without holding each against each other one.

Min-hashing in bands (Broder, 1997): what agrees in most of its fragments agrees in all rows of
some band, and only what does so is compared.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from statistics import median

import numpy as np
import numpy.typing as npt

from autograder.outputs.fragments import Fragments, shared

COPY = 0.55
"""Share of all their fragments that two whole copies have in common, at least; where two of a
class usually have more in common, half of the way from there to all."""
DRAWN = 200
"""Pairs drawn to say what is usual."""
HASHES, ROWS = 63, 3
"""With these, 98 of 100 pairs at `COPY` meet in a band."""
MULTIPLIERS = np.array(
    [random.Random(seed).getrandbits(64) | 1 for seed in range(HASHES)],
    np.uint64,
)


def whole_copies(everything: Sequence[Fragments]) -> Iterator[tuple[int, int]]:
    """Pairs of submissions that are whole copies, found by min-hashing in bands."""
    copy = _copy_from(everything)
    signatures = np.array([_signature(each) for each in everything])
    first: dict[tuple[int, bytes], list[int]] = defaultdict(list)
    for i, signature in enumerate(signatures):
        if not len(everything[i]):
            continue
        tried: set[int] = set()
        for band in range(0, HASHES, ROWS):
            bucket = first[band, signature[band : band + ROWS].tobytes()]
            for other in bucket:
                if other not in tried:
                    tried.add(other)
                    if _jaccard(everything[i], everything[other]) >= copy:
                        yield other, i
                        break
            else:
                if len(bucket) < ROWS:  # as many as a submission is held against in one bucket
                    bucket.append(i)


def _copy_from(everything: Sequence[Fragments]) -> float:
    """From which share of common fragments on two submissions of this class are copies."""
    written = [each for each in everything if len(each)]
    if len(written) < 2:
        return COPY
    draw = random.Random(0)
    usual = median(_jaccard(*draw.sample(written, 2)) for _ in range(DRAWN))
    return max(COPY, (1 + usual) / 2)


def _signature(fragments: Fragments) -> npt.NDArray[np.uint64]:
    if not len(fragments):
        return np.zeros(HASHES, np.uint64)
    with np.errstate(over="ignore"):
        mixed = fragments[None, :] * MULTIPLIERS[:, None]
        return np.asarray((mixed ^ (mixed >> np.uint64(31))).min(axis=1))


def _jaccard(one: Fragments, other: Fragments) -> float:
    both = shared(one, other)
    return both / (len(one) + len(other) - both)


def grouped(pairs: Iterable[tuple[int, int]], count: int) -> list[list[int]]:
    """The numbers below `count`, those together that pairs join."""
    joined = {i: i for i in range(count)}
    for a, b in pairs:
        joined[root(joined, b)] = root(joined, a)
    groups: dict[int, list[int]] = defaultdict(list)
    for i in joined:
        groups[root(joined, i)].append(i)
    return list(groups.values())


def root(joined: dict[int, int], i: int) -> int:
    """What stands for all that is joined with `i`."""
    while joined[i] != i:
        joined[i] = joined[joined[i]]
        i = joined[i]
    return i
