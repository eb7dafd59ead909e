"""One question's process: it does what the grader asks with the student's names and objects.

Everything that goes out is a plain value made from exact built-in and NumPy types; an object that
claims to be something else (``__class__``, ``__array__``, ``__eq__``) stays here, and only its
handle is given.
"""

from __future__ import annotations

import functools
import socket
import sys
from typing import Any

import numpy as np

from . import blame, frames
from .capture import NullStream
from .wire import Handle

MOST_ITEMS = 1000
_PLAIN = (bool, int, float, str)


class Table:
    """The objects that the grader holds handles to, and the operations on them."""

    def __init__(self, names: dict[str, Any]) -> None:
        self._names = names
        self._objects: list[Any] = []

    def get(self, name: str) -> Any:
        """Return what a global name stands for, or with dots an attribute of it."""
        head, *rest = name.split(".")
        if head not in self._names:
            raise NameError(head)
        return functools.reduce(getattr, rest, self._names[head])

    def call(self, target: Any, args: Any, kwargs: Any) -> Any:
        """Call a global or an object."""
        function = self.get(target) if type(target) is str else target
        return function(*args, **kwargs)

    def attr(self, obj: Any, name: str) -> Any:
        """Return an attribute."""
        return getattr(obj, name)

    def invoke(self, obj: Any, name: str, args: Any) -> Any:
        """Call a method."""
        return getattr(obj, name)(*args)

    def item(self, obj: Any, key: Any) -> Any:
        """Return an item."""
        return obj[key]

    def values(self, obj: Any, keys: list[Any]) -> tuple[Any, ...]:
        """Return several items at once."""
        return tuple(obj[key] for key in keys)

    def setitem(self, obj: Any, key: Any, value: Any) -> None:
        """Set an item."""
        obj[key] = value

    def put(self, value: Any) -> Any:
        """Return a value that came from the grader, so that it gets a handle."""
        return value

    def keys(self, obj: Any) -> tuple[Any, ...]:
        """Return the keys that are strings or integers."""
        return tuple(key for key in list(obj) if type(key) in (str, int))

    def forget(self) -> None:
        """Let go of all objects: what a check has held, the next one does not ask for."""
        self._objects.clear()

    def resolve(self, value: Any) -> Any:
        """Replace handles by their objects, at any depth."""
        kind = type(value)
        if kind is Handle:
            return self._objects[value.id]
        if kind is dict:
            return {key: self.resolve(item) for key, item in value.items()}
        if kind in (list, tuple):
            return kind(self.resolve(item) for item in value)
        return value

    def hold(self, obj: Any) -> dict[str, Any]:
        """Return an object's description: handle, type name and, of plain things, the value."""
        self._objects.append(obj)
        item = {"h": len(self._objects) - 1, "k": str(type(obj).__name__)[:80]}
        value = plain(obj)
        if value is not None:
            item["v"] = value
        return item


OPERATIONS = ("get", "call", "attr", "invoke", "item", "values", "setitem", "put", "keys")


def serve(sock: socket.socket, names: dict[str, Any]) -> None:
    """Answer until the grader hangs up."""
    sys.stdout, sys.stderr = NullStream("stdout"), NullStream("stderr")
    table = Table(names)
    frames.send(sock, {"ready": True})
    while True:
        message, _ = frames.receive(sock)
        operation = message.pop("op")
        if message.pop("fresh"):
            table.forget()
        try:
            fields = table.resolve(message)
            reply = answer(table, getattr(table, operation)(**fields))
        except BaseException as raised:
            reply = {"ok": False, "error": blame.describe(raised)}
        frames.send(sock, reply)


def answer(table: Table, value: Any) -> dict[str, Any]:
    """Describe what an operation returned; a tuple as its members."""
    several = type(value) is tuple
    members = value[:MOST_ITEMS] if several else (value,)
    return {"ok": True, "tuple": several, "items": [table.hold(member) for member in members]}


def plain(obj: Any) -> Any:
    """Return a copy of an array, number, text or list of numbers as a wire value, else None."""
    kind = type(obj)
    if kind in _PLAIN:
        return _number(obj) if kind is int else obj
    if issubclass(kind, np.ndarray):
        return _array(np.ndarray.view(obj, np.ndarray))
    if issubclass(kind, np.generic):
        return plain(obj.item()) if type(obj.item()) in _PLAIN else None
    if kind in (list, tuple):
        try:
            return _array(np.asarray(obj))
        except Exception:
            return None
    return None


def _number(value: int) -> int | float | None:
    if abs(value) < 2**63:
        return value
    try:
        return float(value)
    except OverflowError:
        return None


def _array(value: np.ndarray[Any, Any]) -> np.ndarray[Any, Any] | None:
    if value.dtype.kind not in "biuf":
        return None
    return value.astype(np.float64) if value.dtype.itemsize > 8 else value
