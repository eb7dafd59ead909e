"""Arrays as they cross: the name of their type, their shape, and their bytes, little-endian."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from .bounds import WireError

_NUMERIC = ("|b1", "|i1", "<i2", "<i4", "<i8", "|u1", "<u2", "<u4", "<u8", "<f2", "<f4", "<f8")
_DTYPES = frozenset([*_NUMERIC, "<c8", "<c16"])
_NATIVE = {name: np.dtype(name).newbyteorder("=") for name in _DTYPES}
_TEXT = "<U"
_LAST_CHARACTER = 0x10FFFF
_DIMENSION_BOUND = 2**31
_LONG_LIST = 16
_MOST_AXES = 8
LISTS = {float: "<f8", int: "<i8", bool: "|b1"}
"""Of what long lists can be made that cross as arrays do."""


def described(value: np.ndarray[Any, Any]) -> tuple[list[Any], bytes | memoryview]:
    """Return [type, shape] and the bytes. Raises WireError for a type that does not cross."""
    name = _little_endian(value.dtype)
    straight = np.ascontiguousarray(value, dtype=name)
    if value.dtype.kind == "U" and straight.size:
        straight = straight.reshape(-1).view("<u4")
    return [name, list(value.shape)], straight.data.cast("B") if straight.size else b""


@lru_cache(maxsize=256)
def _little_endian(dtype: np.dtype[Any]) -> str:
    name = dtype.newbyteorder("<").str if dtype.kind in "biufcU" else ""
    if name not in _DTYPES and not name.startswith(_TEXT):
        raise WireError(f"arrays of {dtype} do not cross")
    return name


def read(name: Any, shape: Any, raw: memoryview, ndim: int) -> tuple[np.ndarray[Any, Any], int]:
    """Return an array and how many bytes it takes. Raises WireError and nothing else.

    It stays where it is in the message if that can be written to and begins at a multiple of the
    size of a number; else it is a copy.

    Args:
        name: its type, from anywhere.
        shape: its shape, from anywhere.
        raw: begins with its bytes.
        ndim: the most dimensions it may have.
    """
    if type(name) is not str or type(shape) is not list:
        raise WireError("not an array's description")
    native = _NATIVE.get(name)
    if native is None and _text_characters(name) is None:
        raise WireError("not an array's type")
    if len(shape) > ndim or not all(type(n) is int and 0 <= n < _DIMENSION_BOUND for n in shape):
        raise WireError("not an array's shape")
    if math.prod(filter(None, shape)) >= _DIMENSION_BOUND:
        raise WireError("an array larger than allowed")
    dtype = np.dtype(name)
    size = math.prod(shape) * dtype.itemsize
    if size > len(raw):
        raise WireError("an array is cut short")
    own = raw[:size]
    if native is None:
        return _text_array(own, dtype, shape), size
    if dtype.kind == "b":  # a byte that is neither 0 nor 1 is no valid bool
        return np.frombuffer(own, np.uint8).astype(np.bool_).reshape(shape), size
    array = np.frombuffer(own, dtype)
    if dtype != native or not (array.flags.aligned and array.flags.writeable):
        array = array.astype(native)
    return array.reshape(shape), size


def _text_characters(name: str) -> int | None:
    """The characters of a text type such as ``<U5``; None if it is none."""
    digits = name.removeprefix(_TEXT)
    if digits == name or not (digits.isascii() and digits.isdigit()) or len(digits) > 9:
        return None
    return int(digits)


def _text_array(raw: memoryview, dtype: Any, shape: list[int]) -> np.ndarray[Any, Any]:
    """Text from anywhere: what is no character becomes a question mark."""
    codes = np.frombuffer(raw, "<u4").astype(np.uint32)
    codes[((codes >= 0xD800) & (codes <= 0xDFFF)) | (codes > _LAST_CHARACTER)] = ord("?")
    return np.ndarray(shape, dtype.newbyteorder("="), codes.tobytes()).copy()


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
    if first not in LISTS or not all(type(item) is first for item in flat):
        return None
    try:
        return np.array(flat, dtype=LISTS[first]).reshape(shape)
    except OverflowError:
        return None
