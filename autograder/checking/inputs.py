"""Hidden inputs: where they come from, of any size, and what is made of them but once."""

import hashlib
import hmac
import math
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
T = TypeVar("T")

DRAWN = 2003
"""Numbers that are drawn for one array; a prime, so that rows and columns differ. What is large is
there to take time, not to be new everywhere."""


def hidden_generator(secret: bytes, question: str, check: str) -> np.random.RandomState:
    """Hidden inputs are seeded by HMAC of the course secret, the question and the check."""
    return np.random.RandomState(_hidden_seed(secret, question, check))


def reseeded_generator(secret: bytes, question: str, check: str) -> np.random.RandomState:
    """The same numbers, of a generator that the next call for this check seeds anew."""
    rng = _own_generator(question, check)
    rng.seed(_hidden_seed(secret, question, check))
    return rng


def _hidden_seed(secret: bytes, question: str, check: str) -> NDArray[np.uint32]:
    digest = hmac.digest(secret, f"{question}/{check}".encode(), hashlib.sha256)
    return np.frombuffer(digest, dtype="<u4")


@lru_cache(maxsize=4096)
def _own_generator(question: str, check: str) -> np.random.RandomState:
    del question, check  # each has its own: to make one takes ten times as long as to seed it
    return np.random.RandomState(0)


def normal(rng: np.random.RandomState, *shape: int) -> Array:
    """Standard normal numbers of this shape; beyond `DRAWN` they come again."""
    return np.resize(rng.standard_normal(min(math.prod(shape), DRAWN)), shape)


def away_from_zero(rng: np.random.RandomState, *shape: int) -> Array:
    """Numbers of both signs, none near zero; beyond `DRAWN` they come again."""
    drawn = min(math.prod(shape), DRAWN)
    sign = np.where(rng.standard_normal(drawn) > 0, 1.0, -1.0)
    return np.resize(sign * rng.uniform(0.1, 3.0, size=drawn), shape)


KEPT = 32
_kept: OrderedDict[Hashable, tuple[Any, Any]] = OrderedDict()


def made_once(rng: np.random.RandomState, what: str, make: Callable[[], T]) -> T:
    """What `make` draws from `rng` and computes of it, kept for the submissions that follow.

    For what takes long and hangs on nothing but the generator: wide inputs, and what is right for
    them. `rng` goes on from where drawing has left it, made or kept.

    Args:
        rng: a check's generator.
        what: names it, with all that it hangs on besides.
        make: gives what nobody may change.
    """
    before = rng.get_state(legacy=False)
    place = before["state"]
    key = what, place["key"].tobytes(), place["pos"], before["has_gauss"], before["gauss"]
    if key in _kept:
        _kept.move_to_end(key)
        made, after = _kept[key]
        rng.set_state(after)
        return cast("T", made)
    made = make()
    _kept[key] = made, rng.get_state(legacy=False)
    if len(_kept) > KEPT:
        _kept.popitem(last=False)
    return made
