"""The sandbox and the proof answer alike, whatever is asked: one table, one wire."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps
from machine import need

from autograder.checking.peers import LocalPeer, Peer
from autograder.sandbox import Sandbox, SourceCell, StudentError
from autograder.sandbox.places import Sources
from autograder.sandbox.wire import Handle, WireError

SOURCE = """\
from collections import Counter, OrderedDict

class Own(ValueError):
    pass

class Odd:
    def __init__(self, value):
        self.value = value
    def method(self, *args, **kwargs):
        return args, kwargs, self.value

def same(x):
    return x

def fails(x, kind):
    errors = [ValueError, KeyError, Own, NotImplementedError, ZeroDivisionError, SystemExit]
    print("failing")
    raise errors[kind % len(errors)](x)

def as_tuple(x, count):
    return (x,) * count

def as_list(x, count):
    return [x, (x,)] * count

def as_dict(x, count):
    return {n: x for n in range(count)}

def deep(x, depth):
    for level in range(depth):
        x = ([x], (x, 1), {"k": x}, {level: x}, OrderedDict(k=x))[level % 5]
    return x

def not_plain(x, kind):
    return [Odd(x), same, iter([x]), type, {1: Odd(x)}, [x, {len}], range(3), Counter("aab")][
        kind % 8
    ]

def kinds(x):
    return type(x).__name__

def change(d, x):
    d["x"] = x
    d.pop("y", None)
    d[(1, 2)] = [x]

def members(x):
    return list(x)

def once(x):
    while True:
        yield x
"""
numbers = st.booleans() | st.integers(-(2**70), 2**70) | st.complex_numbers(allow_nan=False)
"""Their order in a set is the same in every process; that of texts and of None is not."""
hashable = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.complex_numbers()
    | st.text(max_size=4)
    | st.binary(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3).map(tuple)
        | st.frozensets(inner, max_size=1)
        | st.frozensets(numbers, max_size=3)
    ),
    max_leaves=5,
)
arrays = nps.arrays(
    st.sampled_from(["?", "i1", "u8", "i4", ">f8", "f2", "f4", "c8", "c16", "U3"]),
    nps.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
)
values = st.recursive(
    hashable | arrays | st.sets(hashable, max_size=1) | st.sets(numbers, max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(hashable, inner, max_size=3)
    ),
    max_leaves=6,
)
small = st.integers(0, 70)
wants = st.lists(st.sampled_from(["value", "opaque", "frame"]), max_size=3)
calls = st.one_of(
    st.tuples(st.sampled_from(["same", "kinds", "members", "once", "missing"]), st.tuples(values)),
    st.tuples(
        st.sampled_from(["fails", "as_tuple", "as_list", "as_dict", "deep", "not_plain"]),
        st.tuples(values, small),
    ),
)


@pytest.fixture(scope="module")
def peers() -> Iterator[tuple[Peer, Peer]]:
    names: dict[str, Any] = {}
    exec(compile(SOURCE, "<cell 0>", "exec"), names)
    with Sandbox() as sandbox:
        need(sandbox)
        with sandbox.session({}) as session:
            session.run([SourceCell("code", SOURCE)])
            with session.fork() as branch:
                sources = Sources()
                sources.add("0", SourceCell("code", SOURCE))
                yield branch, LocalPeer(names, sources)


def answers(peer: Peer, requests: list[tuple[str, dict[str, Any]]]) -> list[Any]:
    """What a peer answers, as far as a check could ever see it."""
    seen: list[Any] = []
    for number, (op, fields) in enumerate(requests):
        try:
            reply = peer.request(op, fresh=number == 0, **fields)
        except StudentError as error:
            seen.append((type(error), vars(error)))
        except WireError as error:
            seen.append((type(error), str(error)))
        else:
            items = [(i.handle, i.kind, i.has_value, i.value) for i in reply.items]
            seen.append((reply.is_tuple, reply.printed, items))
    return seen


def canonical(value: Any) -> str:
    """A text that is the same for equal members, in whatever order a set gives them."""
    if isinstance(value, (set, frozenset)):
        return "{" + ", ".join(sorted(map(canonical, value))) + "}"
    if isinstance(value, tuple):
        return "(" + ", ".join(map(canonical, value)) + ")"
    return f"{type(value).__name__} {value!r}"


def equal(one: Any, other: Any) -> bool:
    """Equality that knows arrays, NaN and types."""
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(
            one, other, equal_nan=one.dtype.kind in "fc"
        )
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, dict):
        pairs = zip(one.items(), other.items(), strict=False)
        return len(one) == len(other) and all(
            canonical(k) == canonical(k2) and equal(v, v2) for (k, v), (k2, v2) in pairs
        )
    if isinstance(one, (set, frozenset)):
        return canonical(one) == canonical(other)
    if isinstance(one, float):
        return one == other or (math.isnan(one) and math.isnan(other))
    return repr(one) == repr(other) if isinstance(one, complex) else bool(one == other)


unhurried = settings(
    deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow]
)  # fmt: skip


@given(calls, wants, st.booleans())
@unhurried
def test_a_call_is_answered_alike(
    peers: tuple[Peer, Peer], call: tuple[str, Any], want: list[str], listen: bool
) -> None:
    fields = {"target": call[0], "args": list(call[1]), "kwargs": {}}
    request = ("call", {**fields, "want": want, "listen": listen})
    one, other = (answers(peer, [request]) for peer in peers)
    assert equal(one, other), (one, other)


@given(st.dictionaries(st.text(max_size=2) | hashable, values, max_size=3), values, hashable)
@unhurried
def test_a_dictionary_is_changed_alike(
    peers: tuple[Peer, Peer], given_: dict[Any, Any], value: Any, key: Any
) -> None:
    held = Handle(0)
    requests = [
        ("put", {"value": given_, "want": ["opaque"]}),
        ("call", {"target": "change", "args": [held, value], "kwargs": {}}),
        ("setitem", {"obj": held, "key": key, "value": value}),
        ("keys", {"obj": held}),
        ("item", {"obj": held, "key": key}),
        ("values", {"obj": held, "keys": ["x", (1, 2)], "want": ["value"]}),
        ("item", {"obj": held, "key": "y"}),
    ]
    one, other = (answers(peer, requests) for peer in peers)
    assert equal(one, other), (one, other)


@given(values, st.dictionaries(st.sampled_from("abc"), values, max_size=2), small)
@unhurried
def test_an_object_is_used_alike(
    peers: tuple[Peer, Peer], value: Any, kwargs: dict[str, Any], count: int
) -> None:
    made = {"target": "Odd", "args": [value], "kwargs": {}, "want": ["opaque"]}
    requests = [
        ("call", made),
        ("invoke", {"obj": Handle(0), "name": "method", "args": [value], "kwargs": kwargs}),
        ("attr", {"obj": Handle(0), "name": "value", "want": ["value"]}),
        ("attr", {"obj": Handle(0), "name": "nothing"}),
        ("call", {"target": "once", "args": [value], "kwargs": {}, "want": ["opaque"]}),
        ("get", {"name": "Odd.method"}),
        ("get", {"name": "Odd.nothing.at.all"}),
        ("take", {"obj": Handle(count % 9), "count": count}),
    ]
    one, other = (answers(peer, requests) for peer in peers)
    assert equal(one, other), (one, other)
