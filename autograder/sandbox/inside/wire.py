"""What may cross the sandbox's border: values, arrays and handles, in a form that cannot execute.

A message is `<u4 header length><JSON header><raw bytes>`. In the header every JSON object has
exactly one key, which says what it stands for::

    {"d": {…}} dict with text keys    {"m": [[k, v], …]} dict with any keys
    {"t": […]} tuple                  {"s": […]} set            {"f": […]} frozenset
    {"i": "0x…"} integer of any size  {"c": [re, im]} complex   {"h": 7} handle
    {"n": "np.float64"} named
    {"a": [dtype, shape]} array       {"l": [dtype, shape]} lists of numbers of one kind
    {"b": n} bytes

Arrays, long lists of numbers and bytes lie behind the header in the order in which they are met.
Numbers are little-endian. The members of a set are sorted, so that the same set is the same bytes.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import arrays
from .bounds import DEFAULT_LIMITS, DEPTH, Limits, WireError, refuse_crowds

_LENGTH = struct.Struct("<I")
_ALIGNED = 16
"""The raw bytes begin at a multiple of this, and so do arrays behind others of whole numbers."""
_AS_IT_IS = frozenset([type(None), bool, float, str])
"""Types of which JSON has every value; from outside, text has to be looked at."""
_ENCODER = json.JSONEncoder(separators=(",", ":"))
_INTEGER_BOUND = 2**63
_TOO_DEEP = "nested deeper than allowed"


@dataclass(frozen=True, slots=True)
class Handle:
    """A name for an object that stays on the other side."""

    id: int


CHOSEN = 1 << 40
"""Handles from here on are chosen by the grader, for what it hands over."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a global of the other side, or with dots an attribute of it, stands for there."""

    name: str


def encode(message: Mapping[str, Any]) -> list[bytes | memoryview]:
    """Encode a message of the values above, nested at most DEPTH deep in its members.

    Return its pieces; arrays stay where they are. Raises WireError for anything else.
    """
    writer = _Writer()
    try:
        header = _ENCODER.encode(writer.pack(message, -2)).encode("ascii")
    except (ValueError, TypeError, RecursionError) as problem:
        raise WireError(str(problem)) from None
    header += b" " * (-(_LENGTH.size + len(header)) % _ALIGNED)
    return [_LENGTH.pack(len(header)) + header, *writer.raw]


def decode(data: bytes | bytearray | memoryview, limits: Limits = DEFAULT_LIMITS) -> dict[str, Any]:
    """Decode bytes from anywhere. Raises WireError and nothing else.

    Arrays come out as writable, C-contiguous ndarrays of native byte order. Of bytes that can be
    written to they are a part, so those are not to be used again.
    """
    view = memoryview(data)
    if len(view) < _LENGTH.size:
        raise WireError("shorter than a header")
    end = _LENGTH.size + _LENGTH.unpack_from(view)[0]
    if end > len(view):
        raise WireError("the header is cut short")
    header = bytes(view[_LENGTH.size : end])
    if len(header) > limits.header_bytes or len(view) - end > limits.array_bytes:
        raise WireError("larger than allowed")
    if header.count(b",") + header.count(b"[") + header.count(b"{") > limits.nodes:
        raise WireError("more values than allowed")
    try:
        tree = json.loads(header)
    except (ValueError, RecursionError) as problem:
        raise WireError(f"the header is not JSON: {type(problem).__name__}") from None
    reader = _Reader(view[end:], limits)
    message = reader.value(tree, 0)
    if type(message) is not dict:
        raise WireError("a message is a dict")
    if reader.rest:
        raise WireError("bytes are left over")
    return message


class _Writer:
    """Turns values into a JSON tree, and the raw bytes behind it."""

    def __init__(self) -> None:
        self.raw: list[bytes | memoryview] = []

    def pack(self, value: Any, depth: int) -> Any:  # noqa: PLR0911 - one line a kind
        kind = type(value)
        if kind in _AS_IT_IS:
            return value
        if kind is int:
            return value if abs(value) < _INTEGER_BOUND else {"i": hex(value)}
        if kind is dict:
            return self._mapping(value, depth)
        if issubclass(kind, np.ndarray):
            return {"a": self._array(value)}
        if kind is list:
            return self._packed_list(value) or self._members(value, depth)
        if kind is Handle:
            return {"h": value.id}
        if kind is Named:
            return {"n": value.name}
        if issubclass(kind, np.generic) and kind is not type(value.item()):
            return self.pack(value.item(), depth)
        if issubclass(kind, Mapping):
            return self._mapping(value, depth)
        return self._collection(value, kind, depth)

    def _members(self, value: list[Any] | tuple[Any, ...], depth: int) -> list[Any]:
        if depth > DEPTH:
            raise WireError(_TOO_DEEP)
        return [x if type(x) in _AS_IT_IS else self.pack(x, depth + 1) for x in value]

    def _collection(self, value: Any, kind: type, depth: int) -> Any:
        if kind is tuple:
            return {"t": self._members(value, depth)}
        if kind in (set, frozenset):
            if depth > DEPTH:
                raise WireError(_TOO_DEEP)
            return {"s" if kind is set else "f": self._sorted(value, depth)}
        if kind is complex:
            return {"c": [value.real, value.imag]}
        if kind is bytes:
            self.raw.append(value)
            return {"b": len(value)}
        raise WireError(f"{kind.__name__} does not cross")

    def _sorted(self, members: Any, depth: int) -> list[Any]:
        """The members of a set in an order of their own, and the raw bytes in the same order."""
        packed = []
        for member in members:
            apart = _Writer()
            tree = apart.pack(member, depth + 1)
            packed.append((json.dumps(tree), b"".join(apart.raw), tree))
        packed.sort(key=lambda one: one[:2])
        self.raw += [raw for _, raw, _ in packed]
        return [tree for _, _, tree in packed]

    def _mapping(self, value: Mapping[Any, Any], depth: int) -> Any:
        if depth > DEPTH:
            raise WireError(_TOO_DEEP)
        pairs = value.items()
        if set(map(type, value)) <= {str}:
            deeper = depth + 1
            return {"d": {k: v if type(v) in _AS_IT_IS else self.pack(v, deeper) for k, v in pairs}}
        return {"m": [[self.pack(k, depth + 1), self.pack(v, depth + 1)] for k, v in pairs]}

    def _packed_list(self, value: list[Any]) -> Any:
        array = arrays.block(value)
        return None if array is None else {"l": self._array(array)}

    def _array(self, value: np.ndarray[Any, Any]) -> list[Any]:
        described, raw = arrays.described(value)
        self.raw.append(raw)
        return described


def _text(text: str) -> str:
    """Text from anywhere: what is no character becomes a question mark."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


class _Reader:
    """Turns the JSON tree into values, taking array bytes from the rest of the message."""

    def __init__(self, rest: memoryview, limits: Limits) -> None:
        self.rest = rest
        self.limits = limits

    def value(self, tree: Any, depth: int) -> Any:  # noqa: PLR0911 - one line a kind
        if depth > self.limits.depth:
            raise WireError(_TOO_DEEP)
        kind = type(tree)
        if kind is str:
            return _text(tree)
        if kind is int and abs(tree) >= _INTEGER_BOUND:
            raise WireError("an integer of more than 64 bits")
        if kind is list:
            return self._members(tree, depth)
        if kind is not dict:
            return tree
        if len(tree) != 1:
            raise WireError("an object has one key")
        ((tag, body),) = tree.items()
        if self.limits.plain and tag in ("a", "h", "n", "l", "b"):
            raise WireError("only plain values belong here")
        if tag == "d" and type(body) is dict:
            members = self._members(body.values(), depth)
            return dict(zip(map(_text, body), members, strict=True))
        if tag == "m" and type(body) is list:
            return self._pairs(body, depth)
        if tag in ("t", "s", "f") and type(body) is list:
            return self._collection(tag, self._members(body, depth))
        if tag == "h" and type(body) is int and 0 <= body < _INTEGER_BOUND and self.limits.handles:
            return Handle(body)
        if tag == "n" and type(body) is str and self.limits.handles:
            return Named(body)
        return self._tagged(tag, body)

    def _members(self, trees: Collection[Any], depth: int) -> list[Any]:
        """The values of some trees, one level deeper; of simple ones without a call each."""
        if trees and depth >= self.limits.depth:
            raise WireError(_TOO_DEEP)
        return [
            tree
            if (kind := type(tree)) in _AS_IT_IS and (kind is not str or tree.isascii())
            else self.value(tree, depth + 1)
            for tree in trees
        ]

    def _collection(self, tag: str, members: list[Any]) -> Any:
        if tag == "t":
            return tuple(members)
        refuse_crowds(members)
        return set(members) if tag == "s" else frozenset(members)

    def _pairs(self, body: list[Any], depth: int) -> dict[Any, Any]:
        if not all(type(pair) is list and len(pair) == 2 for pair in body):
            raise WireError("not the entries of a dict")
        entries = [(self.value(k, depth + 1), self.value(v, depth + 1)) for k, v in body]
        refuse_crowds([key for key, _ in entries])
        return dict(entries)

    def _tagged(self, tag: str, body: Any) -> Any:
        match tag, body:
            case "a", [name, shape]:
                return self._array(name, shape)
            case "l", [str() as name, [*shape]] if (
                name in arrays.LISTS.values() and shape and 0 not in shape
            ):
                return self._array(name, shape).tolist()
            case "i", str() if body.lower().removeprefix("-").startswith("0x"):
                try:
                    return int(body, 16)
                except ValueError:
                    raise WireError("not an integer") from None
            case "c", [float() as real, float() as imaginary]:
                return complex(real, imaginary)
            case "b", int() if type(body) is int and 0 <= body <= len(self.rest):
                raw, self.rest = self.rest[:body], self.rest[body:]
                return bytes(raw)
        raise WireError("an object of no known kind")

    def _array(self, name: Any, shape: Any) -> np.ndarray[Any, Any]:
        array, size = arrays.read(name, shape, self.rest, self.limits.ndim)
        self.rest = self.rest[size:]
        return array
