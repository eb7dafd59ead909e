"""Right functions, lent to a submission in place of its wrong ones.

They are computed here, on arguments from the student's side: nothing of them gets there but what a
right function returns, and of a cache only a number. Every argument is hostile.
"""

from __future__ import annotations

import random
import resource
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograder.checking.answers import CONVERTED, Declared
from autograder.sandbox.errors import StudentProtocol, StudentTimeout
from autograder.sandbox.inside import plain
from autograder.sandbox.wire import Handle

MOST_CALLS = 20_000
"""Calls of lent functions in one fork; a net of four layers makes a dozen a pass."""
MOST_NUMBERS = 1 << 20
"""In the arguments of one call, a cache among them with all that it holds."""
MOST_RETURNED = 1 << 20
"""Numbers that one call may return: what a reply of the student's may hold."""
MOST_MEMORY = 512 << 20
"""Bytes that the process may grow by in one call: two long vectors have a huge outer product."""
MOST_KEPT = 1 << 25
"""Numbers in all caches that are kept for one fork."""
FIXED = (type(None), bool, int, float, complex, str, bytes)
"""Types of entries that cannot be changed where they are."""


def can_be_lent(declared: Declared) -> bool:
    """Whether it is a function whose values can cross, or be kept here."""
    kinds = {one.kind for one in declared.returns}
    return declared.form == "function" and not kinds & {"iterator", *CONVERTED}


class Lent:
    """The functions lent to one fork.

    Args:
        functions: right ones, by name.
        answers: what the assignment's reference declares, by name.
        inputs_as_cache: give the arguments in place of a cache, for the student's own backward
            pass to read: (x, w, b), or the only one.
    """

    def __init__(
        self,
        functions: Mapping[str, Callable[..., Any]],
        answers: Mapping[str, Declared],
        *,
        inputs_as_cache: bool = False,
    ) -> None:
        self.names = tuple(functions)
        self._functions, self._answers = functions, answers
        self._inputs_as_cache = inputs_as_cache
        self._kept: list[tuple[Any, int]] = []
        self._numbers_kept = 0
        self._calls = 0
        self._random: Any = random.Random(0).getstate(), np.random.RandomState(0).get_state()
        self.called: dict[str, None] = {}
        """Those that were called, in the order of their first calls."""

    def answer(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Compute one call; see `sandbox.inside.lent` for the messages.

        Raises:
            StudentProtocol: the message is none.
            StudentTimeout: there were too many calls, or too much would have to be kept.
        """
        self._calls += 1
        if self._calls > MOST_CALLS:
            raise StudentTimeout
        name, given, by_name = self._read(message)
        refused = {"error": f"{name} cannot be computed with these arguments"}
        if sum(self._sizes(message, given)) > MOST_NUMBERS:
            return refused
        before = {i: dict(value) for i, value in enumerate(given) if type(value) is dict}
        count = len(given) - len(by_name)
        try:
            with self._own_randomness(), _bounded_memory(), np.errstate(all="ignore"):
                returned = self._functions[name](
                    *given[:count], **dict(zip(by_name, given[count:], strict=True))
                )
            values = self._values(name, returned, given)
            changed = [_changes(place, old, given[place]) for place, old in before.items()]
            if _size(values) + _size(changed) > MOST_RETURNED:
                return refused
        except StudentTimeout:
            raise
        except Exception:  # whatever it is, it comes of the arguments
            return refused
        self.called[name] = None
        return {"values": values, "changed": changed}

    def _read(self, message: Mapping[str, Any]) -> tuple[str, list[Any], list[str]]:
        name, given, by_name = message.get("lent"), message.get("args"), message.get("names")
        if type(name) is not str or name not in self._functions:
            raise StudentProtocol("no function that is lent")
        if type(given) is not list or type(by_name) is not list or len(by_name) > len(given):
            raise StudentProtocol("no arguments")
        if not all(type(each) is str for each in by_name) or len(set(by_name)) < len(by_name):
            raise StudentProtocol("no names of arguments")
        for place, number in _tokens(message, len(given), len(self._kept)):
            given[place] = self._kept[number][0]
        return name, given, by_name

    def _sizes(self, message: Mapping[str, Any], given: Sequence[Any]) -> list[int]:
        kept = {place: self._kept[number][1] for place, number in message["tokens"]}
        return [kept.get(place, _size(value)) for place, value in enumerate(given)]

    def _values(self, name: str, returned: Any, given: Sequence[Any]) -> list[Any]:
        declared = self._answers[name].returns
        members = (returned,) if len(declared) == 1 else tuple(returned)
        return [
            self._keep(value, given) if one.kind == "opaque" else plain.copy(value)
            for one, value in zip(declared, members, strict=True)
        ]

    def _keep(self, value: Any, given: Sequence[Any]) -> Any:
        if self._inputs_as_cache:
            inputs = tuple(each for each in given if type(each) is not dict)
            return inputs if len(inputs) > 1 else inputs[0]
        size = _size(value)
        self._numbers_kept += size
        if self._numbers_kept > MOST_KEPT:
            raise StudentTimeout
        self._kept.append((value, size))
        return Handle(len(self._kept) - 1)

    @contextmanager
    def _own_randomness(self) -> Iterator[None]:
        """What draws random numbers draws the same for every submission, and disturbs nobody."""
        before: Any = random.getstate(), np.random.get_state()
        random.setstate(self._random[0])
        np.random.set_state(self._random[1])
        try:
            yield
        finally:
            self._random = random.getstate(), np.random.get_state()
            random.setstate(before[0])
            np.random.set_state(before[1])


@contextmanager
def _bounded_memory() -> Iterator[None]:
    """Let what needs too much memory raise MemoryError, before the machine runs short of it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    with open("/proc/self/statm", encoding="ascii") as file:
        most = int(file.read().split()[0]) * resource.getpagesize() + MOST_MEMORY
    known = [limit for limit in (soft, hard, most) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_AS, (min(known), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _tokens(message: Mapping[str, Any], count: int, kept: int) -> Iterator[tuple[int, int]]:
    """The places of arguments that are kept here, each with its number."""
    tokens = message.get("tokens")
    for pair in tokens if type(tokens) is list else [None]:
        if type(pair) is not list or [type(each) for each in pair] != [int, int]:
            raise StudentProtocol("no places of arguments")
        place, number = pair
        if not (0 <= place < count and 0 <= number < kept):
            raise StudentProtocol("nothing that is kept here")
        yield place, number


def _changes(place: int, old: Mapping[Any, Any], new: Mapping[Any, Any]) -> list[Any]:
    """What has become of a dictionary: its place, entries that may be others now, keys gone."""
    entries = {
        key: plain.copy(value)
        for key, value in new.items()
        if type(value) not in FIXED or key not in old or old[key] is not value
    }
    return [place, entries, [key for key in old if key not in new]]


def _size(value: Any) -> int:
    """How many numbers there are in a value, or how many a whole number could ask for."""
    if isinstance(value, np.ndarray):
        return value.size
    if isinstance(value, Mapping):
        return sum(map(_size, value.values()))
    if isinstance(value, (list, tuple, set, frozenset)):
        return sum(map(_size, value))
    if isinstance(value, (str, bytes)):
        return len(value)
    if isinstance(value, int):
        return max(1, abs(value))
    return _size(vars(value)) if hasattr(value, "__dict__") else 1
