"""The `student` fixture: a submission's names, with every reply validated.

A check calls `student.layer_forward(x, w)` and gets float64 arrays and opaque caches, as the
reference declares them (see `answers`). A reply that does not fit raises the student's verdict
here, in words the student can act on, so a check never meets an unvalidated value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from autograder.checking.answers import Declared, Returned, wanted
from autograder.checking.asking import Asking
from autograder.checking.faults import StudentFault
from autograder.checking.peers import Peer
from autograder.checking.remote import (
    RemoteIterator,
    RemoteMapping,
    RemoteObject,
    handed_over,
    sent,
)
from autograder.checking.values import read
from autograder.sandbox.requests import Item, Reply
from autograder.sandbox.wire import CHOSEN, Handle, Named


class Student(Asking):
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
        super().__init__(peer, timeouts)
        self._answers = answers
        self.memory: dict[str, Any] = memory if memory is not None else {}
        self.records = records
        self.timed = timed
        self._handed_over = 0

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
        handle = Handle(CHOSEN + self._handed_over)
        self._handed_over += 1
        self.later(name, "keep", handle=handle.id, value=handed_over(value))
        return RemoteMapping(self, handle, name, small=True)

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
        held = [n for n, returned in declared.attributes.items() if returned.kind == "mapping"]
        also = held if self._printed is None else []
        asked: dict[str, Any] = {"want": wanted(made), "also": also, "target": declared.name}
        reply = self.ask(declared.name, "call", **asked, **given)
        handle = self.only(declared.name, reply).handle
        return RemoteObject(self, handle, declared, reply.also)

    def _variable(self, declared: Declared) -> Any:
        name, (returned,) = declared.name, declared.returns
        if returned.kind != "dict":
            reply = self.ask(name, "get", want=wanted(declared.returns), name=name)
            return self.one(name, reply, returned)
        item = self.only(name, self.ask(name, "get", want=("mapping",), name=name))
        remote = RemoteMapping(self, item.handle, name, item.entries)
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
