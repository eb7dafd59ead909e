"""Asking one question's process: requests go in, checked replies come out."""

from __future__ import annotations

import builtins
import socket
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Protocol

import msgspec
import numpy as np

from autograder.sandbox.channel import Budget, Channel, Clock
from autograder.sandbox.errors import (
    StudentDied,
    StudentError,
    StudentProtocol,
    StudentRaised,
    StudentTimeout,
)
from autograder.sandbox.inside.blame import MOST_BASES
from autograder.sandbox.inside.fork import MOST_ENTRIES
from autograder.sandbox.outputs import known_name, may_be_quoted, words_of
from autograder.sandbox.places import Sources, places
from autograder.sandbox.policy import Policy
from autograder.sandbox.processes import Spent
from autograder.sandbox.wire import Handle

Value = Any
"""A plain value: None, bool, int, float, complex, str, bytes, an array, or a list, tuple, set,
frozenset or dict of such values."""
VALUE = "value"
"""To be asked for in `want`: a copy of the value, if it is plain."""
COMMON_NAMES = frozenset(
    [
        *dir(builtins),
        *dir(np),
        *("NoneType", "function", "method", "builtin_function_or_method"),
        *("module", "generator", "LinAlgError", "UFuncTypeError"),
    ]
)
EXCEPTIONS = frozenset(
    [
        *(n for n, kind in vars(builtins).items() if isinstance(kind, type)
          and issubclass(kind, BaseException)),
        *("LinAlgError", "AxisError", "ComplexWarning", "UFuncTypeError"),
    ]
)  # fmt: skip


class Item(msgspec.Struct, frozen=True):
    """One object of the student's: a handle, and a copy of its value if that is plain.

    `kind` is the name of its type, or `object` where the name is not to be trusted.
    """

    handle: Handle
    value: Value
    has_value: bool
    kind: str
    entries: Mapping[str, Item] | None = None
    """Of a small dictionary, what it holds at this moment, if it was sent along."""


class Reply(msgspec.Struct, frozen=True):
    """What a request gave: the members of a tuple, or a single item."""

    items: tuple[Item, ...]
    is_tuple: bool
    printed: str = ""  # meanwhile, if it was asked for
    also: Mapping[str, Item] = {}
    """Attributes of what is returned."""


class Lender(Protocol):
    """Who computes functions that are lent to a student's namespace."""

    names: tuple[str, ...]

    def answer(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Compute what one call asks for (see `inside/lent.py`).

        Raises StudentProtocol for nonsense; StudentTimeout if too much has been asked for.
        """


class Host(Protocol):
    """What a fork needs of its session."""

    policy: Policy
    budget: Budget

    @property
    def sources(self) -> Mapping[str, str]:
        """The texts that lines and names are looked up in."""

    def fork_is(self, pid: int) -> None:
        """Take note of the fork's number."""

    def fork_spent(self) -> Spent:
        """Return what the session's processes have spent, and how the fork fared."""

    def fork_over(self, error: StudentError | None) -> StudentError | None:
        """End what is left of a fork; return the error with its real reason."""


def request_message(
    op: str,
    *,
    fresh: bool | None,
    want: Sequence[str],
    listen: bool,
    first: Sequence[Mapping[str, Any]] = (),
    also: Sequence[str] = (),
    fields: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the message that asks for one operation."""
    asked: dict[str, Any] = {"op": op, "fresh": fresh, "want": list(want), "listen": listen}
    beside = {"first": list(first), "also": list(also)}
    return asked | {name: given for name, given in beside.items() if given} | dict(fields)


def read_reply(message: dict[str, Any], policy: Policy, sources: Mapping[str, str]) -> Reply:
    """Return what a process answered; raise StudentRaised, or StudentProtocol for nonsense."""
    if message.get("ok") is False and type(message.get("error")) is dict:
        raise _raised(message["error"], message.get("at"), sources)
    items, several = message.get("items"), message.get("tuple")
    if type(items) is not list or type(several) is not bool or not (several or len(items) == 1):
        raise StudentProtocol("not an answer to a request")
    if len(items) > policy.reply_items:
        raise StudentProtocol("more values than allowed")
    printed = message.get("printed", "")
    if type(printed) is not str:
        raise StudentProtocol("what is printed is text")
    also = message.get("also", {})
    if type(also) is not dict or len(also) > policy.reply_items:
        raise StudentProtocol("not the attributes of an object")
    beside = {str(name): _item(item, sources) for name, item in also.items()}
    return Reply(tuple([_item(item, sources) for item in items]), several, printed, beside)


def _item(item: Any, sources: Mapping[str, str]) -> Item:
    if type(item) is not dict or type(item.get("h")) is not int or item["h"] < 0:
        raise StudentProtocol("not an object's description")
    kind = known_name(item.get("k"), sources, COMMON_NAMES, "object")
    entries = _entries(item["e"], sources) if "e" in item else None
    return Item(Handle(item["h"]), item.get("v"), "v" in item, kind, entries)


def _entries(told: Any, sources: Mapping[str, str]) -> dict[str, Item]:
    if type(told) is not list or len(told) > MOST_ENTRIES:
        raise StudentProtocol("not the entries of a dictionary")
    if not all(type(pair) is list and len(pair) == 2 and type(pair[0]) is str for pair in told):
        raise StudentProtocol("not the entries of a dictionary")
    if any(type(item) is dict and "e" in item for _, item in told):
        raise StudentProtocol("entries within entries")
    return {key: _item(item, sources) for key, item in told}


def _raised(error: dict[str, Any], at: Any, sources: Mapping[str, str]) -> StudentRaised:
    stack = places(sources, error.get("places"))
    own = next((place for place in stack if not place.course), None)
    name = known_name(error.get("type"), sources, EXCEPTIONS, "Exception")
    told = error.get("bases")
    bases = told if type(told) is list else []
    known = [known_name(base, sources, EXCEPTIONS, "") for base in bases[:MOST_BASES]]
    quoted = own if own is not None and may_be_quoted(sources) else None
    words = _answers(sources).union(*(words_of(p.line) for p in (*stack[:1], own) if p is not None))
    return StudentRaised(
        name,
        quoted.line if quoted is not None else None,
        quoted.lineno if quoted is not None else None,
        tuple(base for base in known if base),
        places=stack,
        name=known_name(error.get("name"), {}, words, ""),
        about=known_name(error.get("about"), {}, words, ""),
        at=at if type(at) is int and at >= 0 else None,
    )


def _answers(sources: Mapping[str, str]) -> frozenset[str]:
    """The names of the answers that the notebooks' cells are for."""
    cells = sources.cells.values() if isinstance(sources, Sources) else ()
    return frozenset(cell.defines for cell in cells if cell.defines)


class Fork:
    """A fork of a session after its cells, for one question."""

    def __init__(self, sock: socket.socket, host: Host) -> None:
        self._channel, self._host = Channel(sock), host
        self._over: StudentError | None = None
        self._lender: Lender | None = None
        self._rewind = False

    def lend(self, lender: Lender) -> None:
        """Define the lender's names on the student's side; it computes them from now on."""
        self.request("lend", want=("opaque",), names=list(lender.names))
        self._lender = lender

    def request(
        self,
        op: str,
        *,
        fresh: bool = False,
        want: Sequence[str] = (VALUE,),
        listen: bool = False,
        cpu: float | None = None,
        first: Sequence[Mapping[str, Any]] = (),
        also: Sequence[str] = (),
        **fields: Any,
    ) -> Reply:
        """Ask for one operation (see `inside/fork.py`); if `fresh`, forget earlier handles.

        `first` are operations to be done before it, `also` attributes that are told with it; `cpu`
        are the seconds it may take, where that is less than the policy gives it.
        Raises StudentRaised; StudentTimeout, StudentDied and StudentProtocol end the fork: every
        later request raises the same. Raises WireError, and sends nothing, if a value cannot cross.
        """
        anew, self._rewind = None if self._rewind else fresh, False
        wanted: dict[str, Any] = {"want": want, "listen": listen, "first": first, "also": also}
        message = request_message(op, fresh=anew, **wanted, fields=fields)
        return read_reply(self._ask(message, cpu), self._host.policy, self._host.sources)

    @property
    def died_unexplained(self) -> bool:
        """Whether the process has ended, and it is not known by whose hand."""
        return isinstance(self._over, StudentDied) and self._over.unexplained

    def greet(self) -> None:
        """Wait until the fork is there."""
        self._ask(None)

    def _ask(self, message: Mapping[str, Any] | None, cpu: float | None = None) -> dict[str, Any]:
        if self._over is not None:
            raise self._over
        policy, budget = self._host.policy, self._host.budget
        late = budget.stuck > 0
        wall = min(policy.later_check_wall if late else policy.check_wall, budget.left)
        most = policy.later_check_cpu if late else policy.check_cpu
        most = most if cpu is None else min(cpu, most)
        clock = Clock(most, wall, self._host.fork_spent)
        try:
            if not wall:
                raise StudentTimeout
            if message is None:
                self._host.fork_is(self._channel.sender(clock))
                return self._channel.receive(policy.reply_limits, clock)
            return self._with_lender(message, clock)
        except StudentError as error:
            budget.stuck += isinstance(error, StudentTimeout)
            self._over = over = self._host.fork_over(error) or error
            raise over from None
        finally:
            budget.used += clock.cost

    def _with_lender(self, message: Mapping[str, Any], clock: Clock) -> dict[str, Any]:
        """Send a message; answer calls of what is lent until the reply is there.

        What the grader spends on such calls is spent on the student's clock.
        """
        limits = self._host.policy.reply_limits
        reply = self._channel.request(message, limits, clock)
        started = time.thread_time()
        while self._lender is not None and "lent" in reply:
            answer = self._lender.answer(reply)
            clock.charge(time.thread_time() - started)
            reply = self._channel.request(answer, limits, clock)
        return reply

    @property
    def over(self) -> bool:
        """Whether it answers no more."""
        return self._over is not None

    def rewind(self) -> None:
        """With the next request, give random numbers from where they were when this was made."""
        self._rewind = True

    def hang_up(self) -> None:
        """Let go of the fork, of which nothing is left when its session ends."""
        self._channel.close()

    def close(self) -> None:
        """End the fork."""
        self._channel.close()
        self._host.fork_over(None)

    def __enter__(self) -> Fork:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
