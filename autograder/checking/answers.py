"""What each answer returns, declared once: at the reference.

    @answer("out, cache*")
    def layer_forward(x, w): ...

    @answer(methods={"loss(X)": "scores", "loss(X, y)": "loss: number, grads: mapping"},
            attributes="params: mapping")
    class Net: ...

    settings = variable({"epochs": 10})

The `student` fixture is made from these: it validates every reply against its declaration before a
check sees it. A returned value is written as `name: kind`; the kinds are those of `Kind`, and an
array where none is given. Two are so frequent that they have a mark: `cache*` is opaque, `counts{}`
a dictionary.
"""

from __future__ import annotations

import copy
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType, ModuleType
from typing import Any, Literal, TypeVar, get_args

import msgspec

from autograder.errors import UsageError

Kind = Literal[
    "array", "number", "text", "value", "dict", "mapping", "opaque", "iterator", "frame", "figure"
]
"""What a check gets of a returned value.

- `array`: a float64 copy; lists of numbers and numbers are taken as arrays.
- `number`: a float; an array of one number is taken as one.
- `text`: a str.
- `value`: a copy of any plain value: None, bool, int, float, complex, str, bytes, list, tuple, set,
  dict, array.
- `dict`: a copy of a dictionary of plain values.
- `mapping`: a dictionary that stays where it is; entries are read and set one by one.
- `opaque`: a handle, only to be passed on, such as a cache.
- `iterator`: something to take values from.
- `frame`: a data frame as `{"columns": {name: values}, "index": values}`.
- `figure`: a Matplotlib figure as a list of what its axes show (see `sandbox.inside.plain`).
"""
KINDS: tuple[Kind, ...] = get_args(Kind)
STAYS: tuple[Kind, ...] = ("opaque", "mapping", "iterator")
"""Kinds of which no copy is sent."""
CONVERTED: tuple[Kind, ...] = ("frame", "figure")
"""Kinds that the student's side makes plain values of."""
SENT_SO = (*CONVERTED, "mapping")
"""Kinds that the student's side knows by these names."""
MARKS: Mapping[str, Kind] = MappingProxyType({"*": "opaque", "{}": "dict"})
DECLARED = "_declared_answer"
_CALL = re.compile(r"(?P<name>[A-Za-z_]\w*)\((?P<arguments>[\w\s,]*)\)")

Answer = TypeVar("Answer", bound=Callable[..., Any])


class Returned(msgspec.Struct, frozen=True):
    """One returned value: what it is called in sentences, and what a check gets of it."""

    name: str
    kind: Kind = "array"


class Declared(msgspec.Struct, frozen=True):
    """One answer: a function, a class or a variable."""

    name: str
    form: Literal["function", "class", "variable"]
    returns: tuple[Returned, ...] = ()
    methods: Mapping[tuple[str, int], tuple[Returned, ...]] = {}
    """By name and number of arguments: what a method returns may depend on how it is called."""
    attributes: Mapping[str, Returned] = {}


class Variable(msgspec.Struct, frozen=True):
    """A value that students write down instead of a function, with what is right, or an example.

    A reference wraps it in `variable`; whoever uses the reference gets the value.
    """

    value: Any
    kind: Kind


def answer(
    returns: str = "", *, methods: Mapping[str, str] | None = None, attributes: str = ""
) -> Callable[[Answer], Answer]:
    """Declare what a function returns, or which members of a class checks use.

    Args:
        returns: of a function: `"out, cache*"`.
        methods: of a class: by way of calling, `{"loss(X)": "scores"}`, what is returned.
        attributes: of a class: `"params: mapping"`.

    Raises:
        ValueError: the declaration cannot be read.
    """
    by_call = {}
    for call, given in (methods or {}).items():
        if not (match := _CALL.fullmatch(call)):
            raise ValueError(f"{call!r} is no way to call a method; write it as 'loss(X, y)'")
        count = len([name for name in match["arguments"].split(",") if name.strip()])
        by_call[match["name"], count] = returned(given)

    def mark(implementation: Answer) -> Answer:
        name = implementation.__name__
        if isinstance(implementation, type):
            members = {one.name: one for one in returned(attributes)}
            declared = Declared(name, "class", (), by_call, members)
        else:
            declared = Declared(name, "function", returned(returns))
        setattr(implementation, DECLARED, declared)
        return implementation

    return mark


def variable(value: Any, kind: Kind = "dict") -> Any:
    """Declare a variable that students set, with a right (or an exemplary) value."""
    return Variable(value, kind)


def returned(text: str) -> tuple[Returned, ...]:
    """Read `"out, cache*, counts{}, loss: number"`.

    Raises:
        ValueError: a kind is not known, or a name is missing.
    """
    return tuple(_one(part.strip()) for part in text.split(",") if part.strip())


def _one(part: str) -> Returned:
    name, _, kind = (piece.strip() for piece in part.partition(":"))
    for mark, marked in MARKS.items():
        if name.endswith(mark):
            name, kind = name.removesuffix(mark), marked
    kind = kind or "array"
    if kind not in KINDS or not name.isidentifier():
        raise ValueError(f"{part!r} is no declaration; write 'name: kind', {' or '.join(KINDS)}")
    return Returned(name, kind)


def wanted(declared: Sequence[Returned]) -> tuple[str, ...]:
    """What the student's side is to send of each of these values."""
    return tuple(
        one.kind if one.kind in SENT_SO else "opaque" if one.kind in STAYS else "value"
        for one in declared
    )


def declared_in(reference: ModuleType) -> dict[str, Declared]:
    """The answers of a reference, by name, in the order in which they are written.

    Raises:
        UsageError: it declares none.
    """
    found: dict[str, Declared] = {}
    for name, value in vars(reference).items():
        if isinstance(value, Variable):
            found[name] = Declared(name, "variable", (Returned(name, value.kind),))
        elif callable(value):  # what has a __dict__ of its own: math.sqrt and list[int] have none
            own = getattr(value, "__dict__", {}).get(DECLARED)
            if own is not None and own.name == name:
                found[name] = own
    if not found:
        raise UsageError(
            f"{inspect.getfile(reference)} declares no answer; write @answer(…) above each "
            "function or class that students write."
        )
    return found


def implementations(reference: ModuleType) -> dict[str, Any]:
    """The answers themselves by name, as a right submission would define them.

    Variables are fresh copies.
    """
    namespace = {name: getattr(reference, name) for name in declared_in(reference)}
    return {
        name: copy.deepcopy(value.value) if isinstance(value, Variable) else value
        for name, value in namespace.items()
    }
