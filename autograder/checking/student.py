"""The `student` fixture: a submission's names, with every reply validated.

A check calls `student.affine_forward(x, w, b)` and gets float64 arrays and opaque caches.
A reply that does not fit its signature raises the student's verdict here, in words the
student can act on, so a check never meets an unvalidated value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from autograder.assignments.batchnorm.records import Experiment, Record
from autograder.checking.answers import SIGNATURES, Returned
from autograder.checking.faults import StudentFault
from autograder.checking.peers import Peer
from autograder.checking.values import Array, blame, numbers
from autograder.model import Verdict
from autograder.sandbox.errors import StudentError, StudentTimeout
from autograder.sandbox.requests import Item, Reply
from autograder.sandbox.wire import Handle

TRACED = 100_000
"""Numbers of one reply above which a trace does without it; no check looks at so many."""
TIMEOUTS_UNTIL_GIVEN_UP = 2
"""After so many timeouts of one function it is not called again."""


class Student:
    """One submission as the checks see it.

    Args:
        peer: where the names live.
        timeouts: per function, how often it has timed out so far in this submission.
        memory: what the checks of one question share, such as a training they all look at.
        records: what the student's own experiments wrote down, by experiment.
    """

    def __init__(
        self,
        peer: Peer,
        timeouts: Counter[str] | None = None,
        memory: dict[str, Any] | None = None,
        records: Mapping[Experiment, Record] | None = None,
    ) -> None:
        self._peer = peer
        self._timeouts = timeouts if timeouts is not None else Counter()
        self.memory: dict[str, Any] = memory if memory is not None else {}
        self.records: Mapping[Experiment, Record] = records if records is not None else {}
        self._fresh = True  # no handle of an earlier check is asked about any more
        self.trace: list[Any] = []
        """Every number the student's code answered, in order; diagnosis compares it."""

    def affine_forward(self, x: Any, w: Any, b: Any) -> tuple[Array, Handle]:
        """Call the student's `affine_forward`; returns `out` and the cache's handle."""
        return self._function("affine_forward", x, w, b)  # type: ignore[return-value]

    def affine_backward(self, dout: Any, cache: Handle) -> tuple[Array, Array, Array]:
        """Call the student's `affine_backward`; returns `dx, dw, db`."""
        return self._function("affine_backward", dout, cache)  # type: ignore[return-value]

    def relu_forward(self, x: Any) -> tuple[Array, Handle]:
        """Call the student's `relu_forward`; returns `out` and the cache's handle."""
        return self._function("relu_forward", x)  # type: ignore[return-value]

    def relu_backward(self, dout: Any, cache: Handle) -> Array:
        """Call the student's `relu_backward`; returns `dx`."""
        return self._function("relu_backward", dout, cache)[0]  # type: ignore[return-value]

    def batchnorm_forward(
        self, x: Any, gamma: Any, beta: Any, bn_param: RemoteDict
    ) -> tuple[Array, Handle]:
        """Call the student's `batchnorm_forward`; it may change `bn_param` in place."""
        return self._function("batchnorm_forward", x, gamma, beta, bn_param.handle)  # type: ignore[return-value]

    def batchnorm_backward(self, dout: Any, cache: Handle) -> tuple[Array, Array, Array]:
        """Call the student's `batchnorm_backward`; returns `dx, dgamma, dbeta`."""
        return self._function("batchnorm_backward", dout, cache)  # type: ignore[return-value]

    def batchnorm_backward_alt(self, dout: Any, cache: Handle) -> tuple[Array, Array, Array]:
        """Call the student's `batchnorm_backward_alt`; returns `dx, dgamma, dbeta`."""
        return self._function("batchnorm_backward_alt", dout, cache)  # type: ignore[return-value]

    def TwoLayerNet(self, *args: Any, **kwargs: Any) -> RemoteNet:  # noqa: N802
        """Construct the student's `TwoLayerNet`."""
        return self._net("TwoLayerNet", args, kwargs)

    def FullyConnectedNet(self, *args: Any, **kwargs: Any) -> RemoteNet:  # noqa: N802
        """Construct the student's `FullyConnectedNet`."""
        return self._net("FullyConnectedNet", args, kwargs)

    def dict(self, **entries: Any) -> RemoteDict:
        """Make a dictionary on the student's side, such as a `bn_param`."""
        reply = self.ask("bn_param", "put", value=entries)
        return RemoteDict(self, reply.items[0].handle, "bn_param")

    @property
    def settings(self) -> dict[str, Any]:  # type: ignore[valid-type]
        """The student's `settings`, a mapping of any kind: names to plain numbers and strings."""
        item = self._only("settings", self.ask("settings", "get", name="settings"))
        remote = RemoteDict(self, item.handle, "settings")
        if item.kind == "dict":
            return remote.plain()
        if not item.has_value:
            with suppress(StudentFault):  # then it is no mapping
                if entries := remote.plain():
                    return entries
        raise StudentFault(f"`settings` is a {item.kind}, but a dictionary is asked for.")

    def ask(self, what: str, op: str, **fields: Any) -> Reply:
        """Send one request; `what` names the function or object for messages."""
        if self._timeouts[what] >= TIMEOUTS_UNTIL_GIVEN_UP:
            raise StudentFault(
                f"`{what}` timed out {TIMEOUTS_UNTIL_GIVEN_UP} times and was not called again.",
                "Look for a loop that does not end, or one over every single number.",
                verdict=Verdict.TIMEOUT,
            )
        try:
            reply = self._peer.request(op, **fields, fresh=self._fresh)
            self._fresh = False
        except StudentTimeout:
            self._timeouts[what] += 1
            blame(what, StudentTimeout())
        except StudentError as error:
            blame(what, error)
        values = (item.value for item in reply.items if item.has_value)
        self.trace.extend(
            value
            for value in values
            if not isinstance(value, str | None) and np.size(value) < TRACED
        )
        return reply

    def _function(self, name: str, *args: Any) -> tuple[Array | Handle, ...]:
        reply = self.ask(name, "call", target=name, args=list(args), kwargs={})
        declared = SIGNATURES[name]
        items = self._unpack(name, reply, declared)
        return tuple(
            item.handle if returned.kind == "opaque" else numbers(item, returned.name, name)
            for item, returned in zip(items, declared, strict=True)
        )

    def _unpack(self, name: str, reply: Reply, declared: tuple[Returned, ...]) -> tuple[Item, ...]:
        wanted = ", ".join(returned.name for returned in declared)
        if len(declared) == 1 and not reply.is_tuple:
            return reply.items
        if reply.is_tuple and len(reply.items) == len(declared):
            return reply.items
        if reply.is_tuple:
            raise StudentFault(
                f"`{name}` returned {len(reply.items)} values, but `{wanted}` is asked for."
            )
        item = self._only(name, reply)
        if item.kind == "list":  # a list unpacks in Python just as a tuple does
            return self._several(name, item.handle, range(len(declared)))
        got = "None (is there a `return`?)" if item.kind == "NoneType" else f"one {item.kind}"
        raise StudentFault(f"`{name}` returned {got}, but `{wanted}` is asked for.")

    def _several(self, what: str, handle: Handle, keys: Sequence[Any]) -> tuple[Item, ...]:
        items = self.ask(what, "values", obj=handle, keys=list(keys)).items
        if len(items) != len(keys):
            raise StudentFault(f"`{what}` gave a reply that cannot be read.")
        return items

    def _only(self, what: str, reply: Reply) -> Item:
        if len(reply.items) != 1:
            raise StudentFault(
                f"`{what}` is a tuple of {len(reply.items)}; one value is asked for."
            )
        return reply.items[0]

    def _net(self, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> RemoteNet:
        reply = self.ask(name, "call", target=name, args=list(args), kwargs=dict(kwargs))
        return RemoteNet(self, self._only(name, reply).handle, name)


class RemoteDict:
    """A dictionary that lives on the student's side; reading an entry copies it."""

    def __init__(self, student: Student, handle: Handle, name: str) -> None:
        self._student = student
        self.handle = handle
        self.name = name

    def keys(self) -> list[str]:
        """The keys, in the student's order."""
        reply = self._student.ask(self.name, "keys", obj=self.handle)
        if any(not isinstance(item.value, str) for item in reply.items):
            raise StudentFault(f"`{self.name}` has keys that are not strings.")
        return [str(item.value) for item in reply.items]

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __contains__(self, key: str) -> bool:
        return key in self.keys()

    def __getitem__(self, key: str) -> Array:
        return numbers(self._entry(key), f"{self.name}['{key}']", self.name)

    def __setitem__(self, key: str, value: Any) -> None:
        self._student.ask(self.name, "setitem", obj=self.handle, key=key, value=value)

    def many(self, keys: Sequence[str]) -> list[Array]:
        """Several entries in one request; all of them have to be there."""
        items = self._student._several(self.name, self.handle, keys)
        return [
            numbers(item, f"{self.name}['{key}']", self.name)
            for item, key in zip(items, keys, strict=True)
        ]

    def update(self, entries: Mapping[str, Any]) -> None:
        """Set several entries in one call."""
        fields = {"obj": self.handle, "name": "update", "args": [dict(entries)]}
        self._student.ask(self.name, "invoke", **fields)

    def plain(self) -> dict[str, Any]:
        """All entries that are numbers or strings, with None for anything else."""
        keys = self.keys()
        items = self._student._several(self.name, self.handle, keys) if keys else ()
        return {k: i.value if i.has_value else None for k, i in zip(keys, items, strict=True)}

    def _entry(self, key: str) -> Item:
        if key not in self:
            raise StudentFault(f"`{self.name}` has no entry '{key}'.")
        reply = self._student.ask(self.name, "item", obj=self.handle, key=key)
        return self._student._only(f"{self.name}['{key}']", reply)


class RemoteNet:
    """A student's network: `params` and `loss`."""

    def __init__(self, student: Student, handle: Handle, name: str) -> None:
        self._student = student
        self._handle = handle
        self._name = name

    @property
    def params(self) -> RemoteDict:
        """The network's `params` dictionary."""
        reply = self._student.ask(self._name, "attr", obj=self._handle, name="params")
        return RemoteDict(self._student, self._student._only("params", reply).handle, "params")

    def scores(self, X: Any) -> Array:
        """`loss(X)` without labels: class scores of shape (N, C)."""
        return numbers(self._student._only("loss", self._loss([X])), "scores", "loss")

    def loss(self, X: Any, y: Any) -> tuple[float, RemoteDict]:
        """`loss(X, y)`: the loss as a float, and the gradients by parameter name."""
        declared = (Returned("loss"), Returned("grads", "opaque"))
        value, grads = self._student._unpack("loss", self._loss([X, y]), declared)
        number = numbers(value, "loss", "loss")
        if number.size != 1:
            raise StudentFault(f"`loss` has shape {number.shape}; one number is asked for.")
        return float(number.reshape(())), RemoteDict(self._student, grads.handle, "grads")

    def _loss(self, args: list[Any]) -> Reply:
        fields = {"obj": self._handle, "name": "loss", "args": args}
        return self._student.ask(f"{self._name}.loss", "invoke", **fields)
