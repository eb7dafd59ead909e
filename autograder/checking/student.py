"""The `student` fixture: a submission's names, with every reply validated.

A check calls `student.layer_forward(x, w)` and gets float64 arrays and opaque caches, as the
reference declares them (see `answers`). A reply that does not fit raises the student's verdict
here, in words the student can act on, so a check never meets an unvalidated value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np

from autograder.checking.answers import Declared, Returned, wanted
from autograder.checking.blame import blame
from autograder.checking.faults import CheckFailed, Raised, StudentFault
from autograder.checking.peers import Peer
from autograder.checking.remote import RemoteIterator, RemoteMapping, RemoteObject, sent
from autograder.checking.values import as_array, read
from autograder.model import Verdict
from autograder.sandbox.errors import StudentError, StudentRaised, StudentTimeout
from autograder.sandbox.requests import Item, Reply
from autograder.sandbox.wire import Handle, Named

TRACED = 100_000
"""Numbers of one reply above which a trace does without it; no check looks at so many."""
TIMEOUTS_UNTIL_GIVEN_UP = 2
"""After so many timeouts of one function it is not called again."""


class Printed:
    """What the student's code has printed while a check listened."""

    def __init__(self) -> None:
        self.text = ""


class Student:
    """One submission as the checks see it; its answers are its attributes.

    Args:
        peer: where the names live.
        answers: what the assignment's reference declares, by name.
        timeouts: per function, how often it has timed out so far in this submission.
        memory: what the checks of one question share, such as a training they all look at.
        records: what the assignment's reader made of the student's own records.
        timed: whether a check has to look at how long an answer takes.
    """

    def __init__(
        self,
        peer: Peer,
        answers: Mapping[str, Declared],
        *,
        timeouts: Counter[str] | None = None,
        memory: dict[str, Any] | None = None,
        records: Any = None,
        timed: bool = True,
    ) -> None:
        self._peer = peer
        self._answers = answers
        self._timeouts = timeouts if timeouts is not None else Counter()
        self.memory: dict[str, Any] = memory if memory is not None else {}
        self.records = records
        self.timed = timed
        self._fresh = True  # no handle of an earlier check is asked about any more
        self._printed: Printed | None = None
        self._cpu: float | None = None
        self.asked = 0
        """How many requests have been sent so far."""
        self.trace: list[Any] = []
        """Every value the student's code answered, in order; diagnosis compares it."""

    def __getattr__(self, name: str) -> Any:
        """The student's answer of this name, as the reference declares it."""
        declared = self.__dict__.get("_answers", {}).get(name)
        if declared is None:
            raise AttributeError(f"the reference declares no answer `{name}`")
        if declared.form == "variable":
            return self._variable(declared)
        if declared.form == "class":
            return lambda *args, **kwargs: self._construct(declared, args, kwargs)
        return lambda *args, **kwargs: self.call(name, name, declared.returns, args, kwargs)

    def get(self, name: str) -> Named:
        """A global of the notebook to pass on, or with dots an attribute of it: `np.float64`."""
        return Named(name)

    def put(self, name: str, value: Any) -> RemoteMapping:
        """Make a dictionary on the student's side, called `name` in sentences."""
        reply = self.ask(name, "put", want=("opaque",), value=sent(value))
        return RemoteMapping(self, self.only(name, reply).handle, name)

    @contextmanager
    def printing(self) -> Iterator[Printed]:
        """Listen to what the student's code prints within the block."""
        self._printed, before = Printed(), self._printed
        try:
            yield self._printed
        finally:
            self._printed = before

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Give each call within the block so many CPU seconds, where a check would give it more."""
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
        try:
            yield
        except Raised as raised:
            if {kind.__name__ for kind in types} & set(raised.types):
                return
            raise CheckFailed(f"{raised.message[:-1]}; {wanted} is asked for.", hint) from raised
        raise CheckFailed(f"Nothing was raised; {wanted} is asked for.", hint)

    def ask(self, what: str, op: str, *, want: Sequence[str] = ("value",), **fields: Any) -> Reply:
        """Send one request.

        Args:
            what: the function or object, in sentences.
            op: an operation of `sandbox.inside.fork.Table`.
            want: what is to be sent of each returned value.
            fields: of the operation.
        """
        if self._timeouts[what] >= TIMEOUTS_UNTIL_GIVEN_UP:
            raise StudentFault(
                f"`{what}` timed out {TIMEOUTS_UNTIL_GIVEN_UP} times and was not called again.",
                "Look for a loop that does not end, or one over every single number.",
                verdict=Verdict.TIMEOUT,
            )
        self.asked += 1
        listen = self._printed is not None
        try:
            reply = self._peer.request(
                op, fresh=self._fresh, want=want, listen=listen, cpu=self._cpu, **fields
            )
            self._fresh = False
        except StudentTimeout:
            self._timeouts[what] += 1
            blame(what, StudentTimeout())
        except StudentError as error:
            if isinstance(error, StudentRaised) and op != "get":
                for value in [*fields.get("args", ()), *fields.get("kwargs", {}).values()]:
                    if isinstance(value, Named):  # if that is not there, it is to blame
                        self.ask(value.name, "get", want=("opaque",), name=value.name)
            blame(what, error)
        if self._printed is not None:
            self._printed.text += reply.printed
            self.trace.append(reply.printed)
        if op != "keys":
            self.trace.extend(_traced(reply.items))
        return reply

    def call(
        self,
        what: str,
        target: str | tuple[Handle, str],
        declared: tuple[Returned, ...],
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        name: str = "",
    ) -> Any:
        """Call a global, or a method of an object; returns what is declared.

        Args:
            what: the function, for a request's messages.
            target: a global's name, or an object's handle and the method's name.
            declared: what is returned; if nothing is, whatever comes back is let go.
            args: positional arguments.
            kwargs: the others.
            name: the function, for a reply's messages; `what` by default.

        Raises:
            StudentFault: it raised, or what came back does not fit.
        """
        given = {"args": sent(list(args)), "kwargs": sent(dict(kwargs))}
        want = wanted(declared)
        if isinstance(target, str):
            reply = self.ask(what, "call", want=want, target=target, **given)
        else:
            reply = self.ask(what, "invoke", want=want, obj=target[0], name=target[1], **given)
        if not declared:
            return None
        items = self._unpack(name or what, reply, declared)
        read_back = [
            self.value(item, one, name or what) for item, one in zip(items, declared, strict=True)
        ]
        return read_back[0] if len(read_back) == 1 else tuple(read_back)

    def value(self, item: Item, returned: Returned, what: str) -> Any:
        """What a check gets of one returned value."""
        match returned.kind:
            case "opaque":
                return item.handle
            case "mapping":
                entries = None if self._printed is not None else item.entries
                return RemoteMapping(self, item.handle, returned.name, entries)
            case "iterator":
                return RemoteIterator(self, item.handle, returned.name)
        return read(item, returned, what)

    def several(
        self, what: str, handle: Handle, keys: Sequence[Any], want: Sequence[str] = ("value",)
    ) -> tuple[Item, ...]:
        """Several items of an object in one request."""
        items = self.ask(what, "values", want=want, obj=handle, keys=list(keys)).items
        if len(items) != len(keys):
            raise StudentFault(f"`{what}` gave a reply that cannot be read.")
        return items

    def told(self, items: Sequence[Item]) -> tuple[Item, ...]:
        """Items that came along with an earlier reply, as if they had been asked for now."""
        self.trace.extend(_traced(items))
        return tuple(items)

    def only(self, what: str, reply: Reply) -> Item:
        """The one item of a reply."""
        if len(reply.items) != 1:
            raise StudentFault(
                f"`{what}` is a tuple of {len(reply.items)}; one value is asked for."
            )
        return reply.items[0]

    def one(self, what: str, reply: Reply, returned: Returned) -> Any:
        """What a check gets of an attribute or a variable; as a plain value it may be a tuple."""
        whole = returned.kind == "value" and reply.is_tuple
        return self.value(_rejoined(reply) if whole else self.only(what, reply), returned, what)

    def _unpack(self, name: str, reply: Reply, declared: tuple[Returned, ...]) -> tuple[Item, ...]:
        names = ", ".join(returned.name for returned in declared)
        if len(declared) == 1 and (not reply.is_tuple or declared[0].kind == "value"):
            return reply.items if not reply.is_tuple else (_rejoined(reply),)
        if reply.is_tuple and len(reply.items) == len(declared):
            return reply.items
        if reply.is_tuple:
            raise StudentFault(
                f"`{name}` returned {len(reply.items)} values, but `{names}` is asked for."
            )
        item = self.only(name, reply)
        if item.kind == "list":  # a list unpacks in Python just as a tuple does
            return self.several(name, item.handle, range(len(declared)), wanted(declared))
        got = "None (is there a `return`?)" if item.kind == "NoneType" else f"one {item.kind}"
        raise StudentFault(f"`{name}` returned {got}, but `{names}` is asked for.")

    def _construct(
        self, declared: Declared, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> RemoteObject:
        made = (Returned(declared.name, "opaque"),)
        given = {"args": sent(list(args)), "kwargs": sent(dict(kwargs))}
        reply = self.ask(declared.name, "call", want=wanted(made), target=declared.name, **given)
        return RemoteObject(self, self.only(declared.name, reply).handle, declared)

    def _variable(self, declared: Declared) -> Any:
        name, (returned,) = declared.name, declared.returns
        if returned.kind != "dict":
            reply = self.ask(name, "get", want=wanted(declared.returns), name=name)
            return self.one(name, reply, returned)
        item = self.only(name, self.ask(name, "get", want=("opaque",), name=name))
        remote = RemoteMapping(self, item.handle, name)
        if item.kind == "dict":
            return remote.plain()
        with suppress(StudentFault):  # then it is no mapping
            if entries := remote.plain():
                return entries
        raise StudentFault(f"`{name}` is a {item.kind}, but a dictionary is asked for.")


def _rejoined(reply: Reply) -> Item:
    """A tuple that is one value, put together again."""
    whole = all(item.has_value for item in reply.items)
    values = tuple(item.value for item in reply.items)
    handle = reply.items[0].handle if reply.items else Handle(0)
    return Item(handle, values, whole, "tuple")


def _traced(items: Sequence[Item]) -> Iterator[Any]:
    """What a trace keeps of a reply: numbers as arrays, other plain values as they are."""
    for item in items:
        if not item.has_value or item.value is None:
            continue
        array = as_array(item.value)
        if array is None:
            yield item.value
        elif array.size < TRACED:
            yield item.value if isinstance(item.value, (bool, float, np.ndarray)) else array
