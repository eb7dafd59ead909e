"""Asking one question's process: requests go in, checked replies come out."""

from __future__ import annotations

import builtins
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol

import numpy as np

from autograder.sandbox.channel import Budget, Channel, Clock
from autograder.sandbox.errors import (
    StudentError,
    StudentProtocol,
    StudentRaised,
    StudentTimeout,
)
from autograder.sandbox.outputs import known_name, line_of
from autograder.sandbox.policy import Policy
from autograder.sandbox.processes import Spent
from autograder.sandbox.wire import Handle

Value = np.ndarray[Any, Any] | float | int | bool | str | None
COMMON_NAMES = frozenset(
    [
        *dir(builtins),
        *dir(np),
        *("NoneType", "function", "method", "builtin_function_or_method"),
        *("module", "generator", "LinAlgError", "UFuncTypeError"),
    ]
)


@dataclass(frozen=True, slots=True)
class Item:
    """One object of the student's: a handle, and a copy of its value if that is plain.

    ``kind`` is the name of its type, or ``object`` where the name is not to be trusted.
    """

    handle: Handle
    value: Value
    has_value: bool
    kind: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What a request gave: the members of a tuple, or a single item."""

    items: tuple[Item, ...]
    is_tuple: bool


class Host(Protocol):
    """What a branch needs of its session."""

    policy: Policy
    budget: Budget
    sources: dict[str, str]

    def branch_spent(self) -> Spent:
        """Return what all processes but the session's own have spent."""

    def branch_over(self, error: StudentError | None) -> StudentError | None:
        """End what is left of a branch; return the error with its real reason."""


class Branch:
    """A fork of a session after its cells, for one question."""

    def __init__(self, sock: socket.socket, host: Host) -> None:
        self._channel, self._host = Channel(sock), host
        self._over: StudentError | None = None

    def request(self, op: str, *, fresh: bool = False, **fields: Any) -> Reply:
        """Ask for one operation (see ``inside/branch.py``); if ``fresh``, forget earlier handles.

        Raises StudentRaised; StudentTimeout, StudentDied and StudentProtocol end the branch: every
        later request raises the same.
        """
        return self._reply(self._ask({"op": op, "fresh": fresh, **fields}))

    def greet(self) -> None:
        """Wait until the branch is there."""
        self._ask(None)

    def _ask(self, message: Mapping[str, Any] | None) -> dict[str, Any]:
        if self._over is not None:
            raise self._over
        policy, budget = self._host.policy, self._host.budget
        wall = min(policy.check_wall, budget.left)
        clock = Clock(policy.check_cpu, wall, self._host.branch_spent)
        try:
            if not wall:
                raise StudentTimeout
            if message is None:
                return self._channel.receive(policy.reply_limits, clock)
            return self._channel.request(message, policy.reply_limits, clock)
        except StudentError as error:
            self._over = over = self._host.branch_over(error) or error
            raise over from None
        finally:
            budget.used += clock.elapsed

    def _reply(self, message: dict[str, Any]) -> Reply:
        if message.get("ok") is False and type(message.get("error")) is dict:
            raise self._raised(message["error"])
        items, several = message.get("items"), message.get("tuple")
        if type(items) is not list or type(several) is not bool or not (several or len(items) == 1):
            raise StudentProtocol("not an answer to a request")
        if len(items) > self._host.policy.reply_items:
            raise StudentProtocol("more values than allowed")
        return Reply(tuple(self._item(item) for item in items), several)

    def _item(self, item: Any) -> Item:
        if type(item) is not dict or type(item.get("h")) is not int or item["h"] < 0:
            raise StudentProtocol("not an object's description")
        value = item.get("v")
        if not isinstance(value, (bool, int, float, str, np.ndarray, type(None))):
            raise StudentProtocol("not a plain value")
        kind = known_name(item.get("k"), self._host.sources, COMMON_NAMES, "object")
        return Item(Handle(item["h"]), value, "v" in item, kind)

    def _raised(self, error: dict[str, Any]) -> StudentRaised:
        sources = self._host.sources
        line, lineno = line_of(sources, error.get("cell"), error.get("line"))
        name = known_name(error.get("type"), sources, COMMON_NAMES, "Exception")
        return StudentRaised(name, line, lineno)

    def close(self) -> None:
        """End the branch."""
        self._channel.close()
        self._host.branch_over(None)

    def __enter__(self) -> Branch:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
