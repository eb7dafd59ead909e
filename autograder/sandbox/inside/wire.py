"""What may cross the sandbox's border: values, arrays and handles, in a form that cannot execute.

A message is ``<u4 header length><JSON header><raw array bytes>``. In the header every JSON object
has exactly one key, which says what it stands for::

    {"d": {…}} dict   {"t": […]} tuple   {"a": [dtype, shape]} array   {"h": 7} handle

Arrays lie behind the header in the order in which they are met. Numbers are little-endian.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

_LENGTH = struct.Struct("<I")
_DTYPES = frozenset(
    ["|b1", "|i1", "<i2", "<i4", "<i8", "|u1", "<u2", "<u4", "<u8", "<f2", "<f4", "<f8"]
)
_INTEGER_BOUND = 2**63
_DIMENSION_BOUND = 2**31


class WireError(ValueError):
    """These bytes are not a message, or not one within the limits."""


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
    plain refuses arrays and handles altogether.
    """

    header_bytes: int = 1 << 20
    array_bytes: int = 64 << 20
    nodes: int = 200_000
    depth: int = 16
    ndim: int = 16
    plain: bool = False


DEFAULT_LIMITS = Limits()


def encode(message: Mapping[str, Any]) -> list[bytes | memoryview]:
    """Encode a dict of None, bool, int, float, str, array, list, tuple, dict and Handle values.

    Return the pieces of the message: arrays stay where they are. Raises WireError for anything
    else.
    """
    arrays: list[bytes | memoryview] = []
    try:
        header = json.dumps(_pack(message, arrays), separators=(",", ":")).encode("ascii")
    except (ValueError, TypeError, RecursionError) as problem:
        raise WireError(str(problem)) from None
    return [_LENGTH.pack(len(header)) + header, *arrays]


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


def _pack(value: Any, arrays: list[bytes | memoryview]) -> Any:  # noqa: PLR0911 - one line a kind
    kind = type(value)
    if value is None or kind in (bool, int, float, str):
        return value
    if kind is list:
        return [_pack(item, arrays) for item in value]
    if kind is tuple:
        return {"t": [_pack(item, arrays) for item in value]}
    if kind is Handle:
        return {"h": value.id}
    if issubclass(kind, np.ndarray):
        return _pack_array(value, arrays)
    if issubclass(kind, np.generic):
        return _pack(value.item(), arrays)
    if issubclass(kind, Mapping):
        if not all(type(key) is str for key in value):
            raise WireError("keys are strings")
        return {"d": {key: _pack(item, arrays) for key, item in value.items()}}
    raise WireError(f"{kind.__name__} does not cross")


def _pack_array(value: np.ndarray[Any, Any], arrays: list[bytes | memoryview]) -> dict[str, Any]:
    dtype = value.dtype.newbyteorder("<").str if value.dtype.kind in "biuf" else ""
    if dtype not in _DTYPES:
        raise WireError(f"arrays of {value.dtype} do not cross")
    straight = np.ascontiguousarray(value, dtype=dtype)
    arrays.append(straight.data.cast("B") if straight.size else b"")
    return {"a": [dtype, list(value.shape)]}


class _Reader:
    """Turns the JSON tree into values, taking array bytes from the rest of the message."""

    def __init__(self, rest: memoryview, limits: Limits) -> None:
        self.rest = rest
        self.limits = limits

    def value(self, tree: Any, depth: int) -> Any:
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
        return self._tagged(tag, body, depth)

    def _tagged(self, tag: str, body: Any, depth: int) -> Any:
        if self.limits.plain and tag in ("a", "h"):
            raise WireError("only plain values belong here")
        if tag == "d" and type(body) is dict:
            return {self.value(k, depth): self.value(v, depth + 1) for k, v in body.items()}
        if tag == "t" and type(body) is list:
            return tuple(self.value(item, depth + 1) for item in body)
        if tag == "h" and type(body) is int and 0 <= body < _INTEGER_BOUND:
            return Handle(body)
        if tag == "a" and type(body) is list and len(body) == 2:
            return self._array(*body)
        raise WireError("an object of no known kind")

    def _array(self, name: Any, shape: Any) -> np.ndarray[Any, Any]:
        if type(name) is not str or name not in _DTYPES or type(shape) is not list:
            raise WireError("not an array's description")
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
        if dtype.kind == "b":  # a byte that is neither 0 nor 1 is no valid bool
            return np.frombuffer(raw, np.uint8).astype(np.bool_).reshape(shape)
        return np.frombuffer(raw, dtype).astype(dtype.newbyteorder("=")).reshape(shape)
