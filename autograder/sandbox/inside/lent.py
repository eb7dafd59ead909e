"""Functions lent to the student's namespace: here they only ask, the grader computes.

In the middle of answering a request a call becomes a message of its own: `lent` (the function),
`args` (all arguments), `names` (of those at the end that were given by name) and `tokens` ([place,
number] of those that only the grader has). The answer holds `values` and what is `changed`, or an
`error`. A cache comes back as a token: a number that this side can only pass on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import plain
from .wire import Handle

Ask = Callable[[dict[str, Any]], dict[str, Any]]


class Token:
    """Something the grader has kept."""

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number


def proxy(name: str, ask: Ask) -> Callable[..., Any]:
    """Return a function that has the grader compute what `name` returns."""

    def lent(*args: Any, **kwargs: Any) -> Any:
        return _received(ask(_message(name, args, kwargs)), (*args, *kwargs.values()))

    lent.__name__ = lent.__qualname__ = name
    return lent


def _message(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    given = (*args, *kwargs.values())
    return {
        "lent": name,
        "args": [_sent(value) for value in given],
        "names": list(kwargs),
        "tokens": [[i, value.number] for i, value in enumerate(given) if type(value) is Token],
    }


def _sent(value: Any) -> Any:
    """A copy of an argument; of a dictionary, what can cross of it."""
    if type(value) is Token:
        return None
    try:
        return plain.copy(value)
    except plain.NotPlainError:
        if isinstance(value, dict):
            entries = dict.items(value)
            return {k: plain.copy(v) for k, v in entries if plain.crosses(k) and plain.crosses(v)}
        raise TypeError(f"a {type(value).__name__} is no array, number or dictionary") from None


def _received(answer: dict[str, Any], given: tuple[Any, ...]) -> Any:
    """What the function returns; what it has changed in a dictionary is changed here too."""
    if "error" in answer:
        raise ValueError(answer["error"])
    for place, entries, gone in answer["changed"]:
        given[place].update(entries)
        for key in gone:
            given[place].pop(key, None)
    values = [Token(value.id) if type(value) is Handle else value for value in answer["values"]]
    return values[0] if len(values) == 1 else tuple(values)
