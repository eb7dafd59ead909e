"""Objects that live on the student's side: mappings, iterators and instances of their classes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autograder.checking.answers import Declared, Returned, wanted
from autograder.checking.faults import StudentFault
from autograder.checking.values import Array, numbers
from autograder.sandbox.requests import Item
from autograder.sandbox.wire import Handle

if TYPE_CHECKING:
    from autograder.checking.student import Student


class Remote:
    """Something on the student's side that checks hold by a handle, and what it is called."""

    def __init__(self, student: Student, handle: Handle, name: str) -> None:
        self._student = student
        self._handle = handle
        self._name = name


def sent(value: Any) -> Any:
    """What a check passes on, with handles in place of remote objects, at any depth."""
    if isinstance(value, Remote):
        return value._handle
    if isinstance(value, dict):
        return {key: sent(entry) for key, entry in value.items()}
    if type(value) in (list, tuple):
        return type(value)(sent(entry) for entry in value)
    return value


def handed_over(value: Any) -> Any:
    """The same for what is sent later: no array changes meanwhile."""
    if isinstance(value, np.ndarray):
        return np.array(value)
    if isinstance(value, dict):
        return {key: handed_over(entry) for key, entry in value.items()}
    if type(value) in (list, tuple):
        return type(value)(handed_over(entry) for entry in value)
    return sent(value)


class RemoteMapping(Remote):
    """A dictionary on the student's side; reading an entry copies it, as an array.

    What came along with it (`entries`) counts until the student's side is asked for anything:
    from then on it may hold something else, and is asked itself.
    """

    def __init__(
        self,
        student: Student,
        handle: Handle,
        name: str,
        entries: Mapping[str, Item] | None = None,
        *,
        small: bool = False,
    ) -> None:
        super().__init__(student, handle, name)
        self._entries, self._asked = entries, student.asked
        self._small = small or entries is not None

    def _looked(self) -> Mapping[str, Item] | None:
        """What is known, or comes of asking for all of it, where it may be little."""
        if (known := self._known()) is None and self._small:
            reply = self._student.ask(self._name, "put", want=("mapping",), value=self._handle)
            known = self._entries = self._student.only(self._name, reply).entries
            self._asked, self._small = self._student.asked, known is not None
        return known

    def _known(self) -> Mapping[str, Item] | None:
        return self._entries if self._student.asked == self._asked else None

    @property
    def name(self) -> str:
        """What it is called in sentences."""
        return self._name

    @property
    def handle(self) -> Handle:
        """Its handle."""
        return self._handle

    def keys(self) -> list[Any]:
        """The keys, in the student's order.

        Raises:
            StudentFault: one is no key, which no real dictionary gives.
        """
        if (known := self._looked()) is not None:
            return list(known)
        items = self._student.ask(self._name, "keys", obj=self._handle).items
        if not all(item.has_value and _is_key(item.value) for item in items):
            raise StudentFault(f"`{self._name}` gave a reply that cannot be read.")
        return [item.value for item in items]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.keys())

    def __contains__(self, key: object) -> bool:
        return key in self.keys()

    def __getitem__(self, key: Any) -> Array:
        return numbers(self._entry(key), f"{self._name}['{key}']", self._name)

    def __setitem__(self, key: Any, value: Any) -> None:
        given = {"key": key, "value": handed_over(value)}
        self._student.later(self._name, "setitem", obj=self._handle, **given)

    def many(self, keys: Sequence[Any]) -> list[Array]:
        """Several entries in one request; all of them have to be there."""
        items = self.items(keys)
        return [
            numbers(item, f"{self._name}['{key}']", self._name)
            for item, key in zip(items, keys, strict=True)
        ]

    def items(self, keys: Sequence[Any]) -> tuple[Item, ...]:
        """Several entries in one request, as they came."""
        known = self._known()
        if known is not None and all(key in known for key in keys):
            return self._student.told([known[key] for key in keys])
        return self._student.several(self._name, self._handle, keys)

    def update(self, entries: Mapping[Any, Any]) -> None:
        """Set several entries in one call."""
        given: dict[str, Any] = {"args": [handed_over(dict(entries))], "kwargs": {}}
        self._student.later(self._name, "invoke", obj=self._handle, name="update", **given)

    def plain(self) -> dict[Any, Any]:
        """All entries that are plain values, with None for anything else."""
        keys = self.keys()
        items = self.items(keys) if keys else ()
        return {k: i.value if i.has_value else None for k, i in zip(keys, items, strict=True)}

    def _entry(self, key: Any) -> Item:
        if key not in self:
            raise StudentFault(f"`{self._name}` has no entry '{key}'.")
        if (known := self._known()) is not None:
            return self._student.told([known[key]])[0]
        reply = self._student.ask(self._name, "item", obj=self._handle, key=key)
        return self._student.only(f"{self._name}['{key}']", reply)


def _is_key(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


class RemoteIterator(Remote):
    """An iterator on the student's side."""

    def take(self, count: int) -> list[Any]:
        """The next values, at most `count`: plain values, None for anything else."""
        items = self._student.ask(self._name, "take", obj=self._handle, count=count).items
        return [item.value if item.has_value else None for item in items]


class RemoteObject(Remote):
    """An instance of a student's class, with the members that its declaration names."""

    def __init__(
        self,
        student: Student,
        handle: Handle,
        declared: Declared,
        attributes: Mapping[str, Item] | None = None,
    ) -> None:
        super().__init__(student, handle, declared.name)
        self._declared = declared
        self._attributes, self._asked = attributes or {}, student.asked

    def __getattr__(self, name: str) -> Any:
        declared = self.__dict__["_declared"]
        if returned := declared.attributes.get(name):
            return self._attribute(name, returned)
        if any(method == name for method, _ in declared.methods):
            return lambda *args, **kwargs: self._invoke(name, args, kwargs)
        raise AttributeError(f"the reference declares no member `{name}` of `{declared.name}`")

    def update(self, name: str, entries: Mapping[Any, Any]) -> None:
        """Set several entries of an attribute that is a mapping, as its `update` does."""
        given: dict[str, Any] = {"args": [handed_over(dict(entries))], "kwargs": {}}
        blame = lambda: getattr(self, name).update(entries)  # noqa: E731 - which of the two is it?
        fields = {"obj": self._handle, "name": f"{name}.update", **given}
        self._student.later(name, "invoke", otherwise=blame, **fields)

    def _attribute(self, name: str, returned: Returned) -> Any:
        if name in self._attributes and self._student.asked == self._asked:
            return self._student.value(self._attributes[name], returned, name)
        reply = self._student.ask(
            self._name, "attr", want=wanted((returned,)), obj=self._handle, name=name
        )
        return self._student.one(name, reply, returned)

    def _invoke(self, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        declared = self._declared.methods.get((name, len(args) + len(kwargs)))
        if declared is None:
            raise TypeError(f"the reference declares no way to call `{name}` with these arguments")
        target = (self._handle, name)
        return self._student.call(f"{self._name}.{name}", target, declared, args, kwargs, name)
