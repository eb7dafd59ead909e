"""What may cross the sandbox's border: values, arrays and handles, in a form that cannot execute.

A message is `<u4 header length><JSON header><raw bytes>`. In the header every JSON object has
exactly one key, which says what it stands for::

    {"d": {…}} dict with text keys    {"m": [[k, v], …]} dict with any keys
    {"t": […]} tuple                  {"s": […]} set            {"f": […]} frozenset
    {"i": "0x…"} integer of any size  {"c": [re, im]} complex   {"h": 7} handle
    {"a": [dtype, shape]} array       {"l": [dtype, shape]} lists of numbers of one kind
    {"b": n} bytes

Arrays, long lists of numbers and bytes lie behind the header in the order in which they are met.
Numbers are little-endian. The members of a set are sorted, so that the same set is the same bytes.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .bounds import TEXT, WireError, refuse_crowds, text_array, text_characters

_LENGTH = struct.Struct("<I")
_NUMERIC = ("|b1", "|i1", "<i2", "<i4", "<i8", "|u1", "<u2", "<u4", "<u8", "<f2", "<f4", "<f8")
_DTYPES = frozenset([*_NUMERIC, "<c8", "<c16"])
_LISTS = {float: "<f8", int: "<i8", bool: "|b1"}
_COLLECTIONS = (list, tuple, set, frozenset)
_INTEGER_BOUND = 2**63
_DIMENSION_BOUND = 2**31
_LONG_LIST = 16
_MOST_AXES = 8
DEPTH = 64
"""How deep values may be nested, either way."""


@dataclass(frozen=True, slots=True)
class Handle:
    """A name for an object that stays on the other side."""

    id: int


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a message may ask of the one who decodes it.

    header_bytes and array_bytes bound the two parts; nodes bounds the JSON punctuation, and so the
    objects that parsing makes; depth bounds nesting; ndim the dimensions of an array. Where only
    plain values belong, an array of size 0 would fit array_bytes and then meet code that compares:
    plain refuses arrays and handles altogether. Where no handle is expected, handles refuses them.
    """

    header_bytes: int = 1 << 20
    array_bytes: int = 64 << 20
    nodes: int = 200_000
    depth: int = DEPTH
    ndim: int = 16
    plain: bool = False
    handles: bool = True


DEFAULT_LIMITS = Limits()


def encode(message: Mapping[str, Any]) -> list[bytes | memoryview]:
    """Encode a message of the values above, nested at most DEPTH deep in its members.

    Return its pieces; arrays stay where they are. Raises WireError for anything else.
    """
    writer = _Writer()
    try:
        header = json.dumps(writer.pack(message, -2), separators=(",", ":")).encode("ascii")
    except (ValueError, TypeError, RecursionError) as problem:
        raise WireError(str(problem)) from None
    return [_LENGTH.pack(len(header)) + header, *writer.raw]


def decode(data: bytes | bytearray | memoryview, limits: Limits = DEFAULT_LIMITS) -> dict[str, Any]:
    """Decode bytes from anywhere. Raises WireError and nothing else.

    Arrays come out as fresh, writable, C-contiguous ndarrays of native byte order.
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


def block(value: list[Any]) -> np.ndarray[Any, Any] | None:
    """Long lists of numbers of one type, as an array: no number of it is an object of JSON.

    Lists of lists as well, if all at one depth are of one length; of anything else, None.
    """
    shape, flat = [len(value)], value
    while flat and type(flat[0]) is list and len(shape) < _MOST_AXES:
        length = len(flat[0])
        if not length or not all(type(row) is list and len(row) == length for row in flat):
            return None
        shape, flat = [*shape, length], [item for row in flat for item in row]
    first = type(flat[0]) if len(flat) >= _LONG_LIST else None
    if first not in _LISTS or not all(type(item) is first for item in flat):
        return None
    try:
        return np.array(flat, dtype=_LISTS[first]).reshape(shape)
    except OverflowError:
        return None


class _Writer:
    """Turns values into a JSON tree, and the raw bytes behind it."""

    def __init__(self) -> None:
        self.raw: list[bytes | memoryview] = []

    def pack(self, value: Any, depth: int) -> Any:  # noqa: PLR0911 - one line a kind
        kind = type(value)
        if value is None or kind in (bool, float, str):
            return value
        if kind is int:
            return value if abs(value) < _INTEGER_BOUND else {"i": hex(value)}
        if depth > DEPTH and (kind in _COLLECTIONS or issubclass(kind, Mapping)):
            raise WireError("nested deeper than allowed")
        if kind is list:
            return self._packed_list(value) or [self.pack(item, depth + 1) for item in value]
        if kind is Handle:
            return {"h": value.id}
        if issubclass(kind, np.ndarray):
            return self._array(value)
        if issubclass(kind, np.generic) and kind is not type(value.item()):
            return self.pack(value.item(), depth)
        if issubclass(kind, Mapping):
            return self._mapping(value, depth)
        return self._collection(value, kind, depth)

    def _collection(self, value: Any, kind: type, depth: int) -> Any:
        if kind is tuple:
            return {"t": [self.pack(item, depth + 1) for item in value]}
        if kind in (set, frozenset):
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
        if all(type(key) is str for key in value):
            return {"d": {key: self.pack(item, depth + 1) for key, item in value.items()}}
        pairs = value.items()
        return {"m": [[self.pack(k, depth + 1), self.pack(v, depth + 1)] for k, v in pairs]}

    def _packed_list(self, value: list[Any]) -> Any:
        array = block(value)
        if array is None:
            return None
        self.raw.append(array.data.cast("B"))
        return {"l": [array.dtype.newbyteorder("<").str, list(array.shape)]}

    def _array(self, value: np.ndarray[Any, Any]) -> Any:
        dtype = value.dtype.newbyteorder("<").str if value.dtype.kind in "biufcU" else ""
        if dtype not in _DTYPES and not dtype.startswith(TEXT):
            raise WireError(f"arrays of {value.dtype} do not cross")
        straight = np.ascontiguousarray(value, dtype=dtype)
        if value.dtype.kind == "U" and straight.size:
            straight = straight.reshape(-1).view("<u4")
        self.raw.append(straight.data.cast("B") if straight.size else b"")
        return {"a": [dtype, list(value.shape)]}


class _Reader:
    """Turns the JSON tree into values, taking array bytes from the rest of the message."""

    def __init__(self, rest: memoryview, limits: Limits) -> None:
        self.rest = rest
        self.limits = limits

    def value(self, tree: Any, depth: int) -> Any:  # noqa: PLR0911 - one line a kind
        if depth > self.limits.depth:
            raise WireError("nested deeper than allowed")
        kind = type(tree)
        if kind is str:
            return tree if tree.isascii() else tree.encode("utf-8", "replace").decode()
        if kind is int and abs(tree) >= _INTEGER_BOUND:
            raise WireError("an integer of more than 64 bits")
        if kind is list:
            return [self.value(item, depth + 1) for item in tree]
        if kind is not dict:
            return tree
        if len(tree) != 1:
            raise WireError("an object has one key")
        ((tag, body),) = tree.items()
        if self.limits.plain and tag in ("a", "h", "l", "b"):
            raise WireError("only plain values belong here")
        if tag == "d" and type(body) is dict:
            return {self.value(k, depth): self.value(v, depth + 1) for k, v in body.items()}
        if tag == "m" and type(body) is list:
            return self._pairs(body, depth)
        if tag in ("t", "s", "f") and type(body) is list:
            return self._collection(tag, [self.value(item, depth + 1) for item in body])
        if tag == "h" and type(body) is int and 0 <= body < _INTEGER_BOUND and self.limits.handles:
            return Handle(body)
        return self._tagged(tag, body)

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
                name in _LISTS.values() and shape and 0 not in shape
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
        if type(name) is not str or type(shape) is not list:
            raise WireError("not an array's description")
        if name not in _DTYPES and text_characters(name) is None:
            raise WireError("not an array's type")
        if len(shape) > self.limits.ndim or not all(
            type(n) is int and 0 <= n < _DIMENSION_BOUND for n in shape
        ):
            raise WireError("not an array's shape")
        if math.prod(n for n in shape if n) >= _DIMENSION_BOUND:
            raise WireError("an array larger than allowed")
        dtype = np.dtype(name)
        size = math.prod(shape) * dtype.itemsize
        if size > len(self.rest):
            raise WireError("an array is cut short")
        raw, self.rest = self.rest[:size], self.rest[size:]
        if dtype.kind == "U":
            return text_array(raw, dtype, shape)
        if dtype.kind == "b":  # a byte that is neither 0 nor 1 is no valid bool
            return np.frombuffer(raw, np.uint8).astype(np.bool_).reshape(shape)
        return np.frombuffer(raw, dtype).astype(dtype.newbyteorder("=")).reshape(shape)
