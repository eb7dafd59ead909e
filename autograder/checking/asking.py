"""Asking a submission: every request, who is to blame for what comes of it, and what is traced.

What returns nothing waits, and goes out with the next request: each costs two processes a turn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
import numpy as np

from autograder.checking.blame import blame
from autograder.checking.faults import CheckFailed, Raised, StudentFault
from autograder.checking.peers import Peer
from autograder.checking.values import as_array
from autograder.model import Verdict
from autograder.sandbox.errors import StudentError, StudentRaised, StudentTimeout
from autograder.sandbox.requests import Item, Reply
from autograder.sandbox.wire import Named

TRACED = 100_000
"""Numbers of one reply above which a trace does without it; no check looks at so many."""
TIMEOUTS_UNTIL_GIVEN_UP = 2
"""After so many timeouts of one function it is not called again."""
MOST_LATER = 16
"""Operations that wait for the next request."""


class Printed:
    """What the student's code has printed while a check listened."""

    def __init__(self) -> None:
        self.text = ""


class Later(msgspec.Struct, frozen=True):
    """An operation that waits: what it is about, how it is sent, and what tells who is to blame."""

    what: str
    fields: Mapping[str, Any]
    otherwise: Callable[[], object] | None


class Asking:
    """Requests to one submission.

    Args:
        peer: where the names live.
        timeouts: per function, how often it has timed out so far in this submission.
    """

    def __init__(self, peer: Peer, timeouts: Counter[str] | None = None) -> None:
        self._peer = peer
        self._timeouts = timeouts if timeouts is not None else Counter()
        self._fresh = True  # no handle of an earlier check is asked about any more
        self._later: list[Later] = []
        self._at_once = 0
        self._printed: Printed | None = None
        self._cpu: float | None = None
        self.asked = 0
        """How many operations there have been so far, those that wait included."""
        self.trace: list[Any] = []
        """Every value the student's code answered, in order; diagnosis compares it."""

    @contextmanager
    def printing(self) -> Iterator[Printed]:
        """Listen to what the student's code prints within the block."""
        with self._waiting_for_nothing():
            self._printed, before = Printed(), self._printed
            try:
                yield self._printed
            finally:
                self._printed = before

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Give each call within the block so many CPU seconds, where a check would give it more."""
        self._send_later()
        self._cpu, before = seconds, self._cpu
        try:
            yield
        finally:
            self._cpu = before

    @contextmanager
    def raises(self, *types: type[BaseException], hint: str = "") -> Iterator[None]:
        """Expect the student's code to raise one of these types, or one that refines it.

        Raises:
            CheckFailed: nothing was raised, or something else.
        """
        wanted = " or ".join(kind.__name__ for kind in types)
        with self._waiting_for_nothing():
            try:
                yield
            except Raised as raised:
                if {kind.__name__ for kind in types} & set(raised.types):
                    return
                raise CheckFailed(
                    f"{raised.message[:-1]}; {wanted} is asked for.", hint
                ) from raised
        raise CheckFailed(f"Nothing was raised; {wanted} is asked for.", hint)

    @contextmanager
    def _waiting_for_nothing(self) -> Iterator[None]:
        """Carry out at once what would wait: what was before the block, and what is in it."""
        self._send_later()
        self._at_once += 1
        try:
            yield
        finally:
            self._at_once -= 1

    def ask(
        self,
        what: str,
        op: str,
        *,
        want: Sequence[str] = ("value",),
        also: Sequence[str] = (),
        **fields: Any,
    ) -> Reply:
        """Send one request, and what has waited for it.

        Args:
            what: the function or object, in sentences.
            op: an operation of `sandbox.inside.fork.Table`.
            want: what is to be sent of each returned value.
            also: attributes that are dictionaries, to be told with the object that is returned.
            fields: of the operation.
        """
        if self._timeouts[what] >= TIMEOUTS_UNTIL_GIVEN_UP:
            raise StudentFault(
                f"`{what}` timed out {TIMEOUTS_UNTIL_GIVEN_UP} times and was not called again.",
                "Look for a loop that does not end, or one over every single number.",
                verdict=Verdict.TIMEOUT,
            )
        self.asked += 1
        first, self._later = self._later, []
        beside: dict[str, Any] = {"cpu": self._cpu, "first": [each.fields for each in first]}
        listen = self._printed is not None
        try:
            reply = self._peer.request(
                op, fresh=self._fresh, want=want, listen=listen, also=also, **beside, **fields
            )
            self._fresh = False
        except StudentTimeout:
            self._timeouts[what] += 1
            blame(what, StudentTimeout())
        except StudentError as error:
            if isinstance(error, StudentRaised):
                self._fresh = False
                if error.at is not None and error.at < len(first):
                    self._later = first[error.at + 1 :]
                    self._blame_later(first[error.at], error)
                self._blame_named(op, fields)
            blame(what, error)
        if self._printed is not None:
            self._printed.text += reply.printed
            self.trace.append(reply.printed)
        if op != "keys":
            self.trace.extend(traced(reply.items))
        return reply

    def later(
        self, what: str, op: str, otherwise: Callable[[], object] | None = None, **fields: Any
    ) -> None:
        """Have an operation done that returns nothing, before the next request at the latest.

        Args:
            what: the function or object, in sentences.
            op: an operation of `sandbox.inside.fork.Table`.
            otherwise: does the same in steps; if it raises, it is asked which is to blame.
            fields: of the operation; nobody changes their arrays any more.
        """
        self.asked += 1
        self._later.append(Later(what, {"op": op, **fields}, otherwise))
        if self._at_once or len(self._later) >= MOST_LATER:
            self._send_later()

    def finish(self) -> None:
        """Carry out what still waits, when a check has come to its end."""
        self._send_later()

    def _send_later(self) -> None:
        if self._later:
            self.ask(self._later[-1].what, "put", want=("opaque",), value=None)

    def _blame_later(self, failed: Later, error: StudentRaised) -> None:
        if failed.otherwise is not None:
            failed.otherwise()
            self._send_later()
        blame(failed.what, error)

    def _blame_named(self, op: str, fields: Mapping[str, Any]) -> None:
        """If a global that was passed on is not there, that is to blame."""
        if op != "get":
            for value in [*fields.get("args", ()), *fields.get("kwargs", {}).values()]:
                if isinstance(value, Named):
                    self.ask(value.name, "get", want=("opaque",), name=value.name)

    def told(self, items: Sequence[Item]) -> tuple[Item, ...]:
        """Items that came along with an earlier reply, as if they had been asked for now."""
        self.trace.extend(traced(items))
        return tuple(items)


def traced(items: Sequence[Item]) -> Iterator[Any]:
    """What a trace keeps of a reply: numbers as arrays, other plain values as they are."""
    for item in items:
        if not item.has_value or item.value is None:
            continue
        array = as_array(item.value)
        if array is None:
            yield item.value
        elif array.size < TRACED:
            yield item.value if isinstance(item.value, (bool, float, np.ndarray)) else array
