"""The two places student names can live: the sandbox, or trusted code in this process.

A peer answers requests (`get`, `call`, `attr`, `invoke`, `item`, `values`, `setitem`, `put`,
`keys`) with replies of plain copies and handles. Checks cannot tell the two apart, so the same
check that grades a submission is proven against the reference and against known mistakes.
"""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np

from autograder.sandbox.errors import StudentRaised
from autograder.sandbox.requests import Item, Reply
from autograder.sandbox.wire import Handle


class Peer(Protocol):
    """Whoever answers for the student's names."""

    def request(self, op: str, *, fresh: bool = False, **fields: Any) -> Reply:
        """Carry out one request; a `fresh` one makes all handles given so far invalid.

        Raises the student errors of `autograder.sandbox.errors`.
        """
        ...


class LocalPeer:
    """Trusted implementations behind the interface of a sandboxed submission.

    Args:
        namespace: the names a submission would define, such as `affine_forward`.
    """

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace
        self._objects: list[Any] = []
        self._ops: dict[str, Callable[..., Any]] = {
            "get": self._get,
            "call": self._call,
            "attr": lambda obj, name: getattr(self._open(obj), name),
            "invoke": self._invoke,
            "item": lambda obj, key: self._open(obj)[key],
            "values": lambda obj, keys: tuple(self._open(obj)[key] for key in keys),
            "setitem": lambda obj, key, value: self._open(obj).__setitem__(key, self._open(value)),
            "put": self._open,
        }

    def request(self, op: str, *, fresh: bool = False, **fields: Any) -> Reply:
        """Carry out one request the way the sandbox does."""
        if fresh:
            self._objects.clear()
        try:
            if op == "keys":
                keys = tuple(str(key) for key in self._open(fields["obj"]))
                return Reply(items=tuple(self._item(key) for key in keys), is_tuple=True)
            value = self._ops[op](**fields)
        except StudentRaised:
            raise
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            raise StudentRaised(type(error).__name__, where.line, where.lineno or 0) from error
        values = value if isinstance(value, tuple) else (value,)
        return Reply(items=tuple(map(self._item, values)), is_tuple=isinstance(value, tuple))

    def _get(self, name: str) -> Any:
        head, *rest = name.split(".")
        if head not in self._namespace:
            raise StudentRaised("NameError", None, 0)
        return functools.reduce(getattr, rest, self._namespace[head])

    def _call(self, target: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        function = self._namespace[target] if isinstance(target, str) else self._open(target)
        opened = {name: self._open(value) for name, value in kwargs.items()}
        return function(*[self._open(value) for value in args], **opened)

    def _invoke(self, obj: Handle, name: str, args: list[Any]) -> Any:
        return getattr(self._open(obj), name)(*[self._open(value) for value in args])

    def _open(self, value: Any) -> Any:
        """Handles become the objects they stand for; arrays are copied, as over a wire."""
        if isinstance(value, Handle):
            return self._objects[value.id]
        if isinstance(value, dict):
            return {key: self._open(entry) for key, entry in value.items()}
        return value.copy() if isinstance(value, np.ndarray) else value

    def _item(self, value: Any) -> Item:
        self._objects.append(value)
        copy = _plain_copy(value)
        return Item(Handle(len(self._objects) - 1), copy, copy is not None, type(value).__name__)


def _plain_copy(value: Any) -> Any:
    if isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (np.ndarray, np.generic, list, tuple)):
        try:
            array = np.array(value)
        except ValueError:  # ragged lists stay handles
            return None
        return array if array.dtype.kind in "biuf" else None
    return None
