"""One question's process: it does what the grader asks with the student's names and objects.

The same table of operations answers for trusted implementations when checks are proven (see
`autograder.checking.peers`). Everything that goes out is a plain value (see `plain`).
"""

from __future__ import annotations

import ast
import functools
import itertools
import socket
import sys
from contextlib import suppress
from typing import Any

import numpy as np

from . import blame, chance, frames, lent, plain, variables
from .capture import Listener, NullStream
from .wire import CHOSEN, Handle, Named

MOST_ITEMS = 10_000
VALUE, OPAQUE, MAPPING = "value", "opaque", "mapping"
MOST_ENTRIES, SMALL_BYTES = 64, 1 << 15
"""Of a dictionary that is sent along with its handle."""
CONVERSIONS = {"frame": plain.frame, "figure": plain.figure}


class Table:
    """The objects that the grader holds handles to, and the operations on them."""

    def __init__(self, names: dict[str, Any], ask: lent.Ask) -> None:
        self._names = names
        self._ask = ask
        self._objects: list[Any] = []
        self._chosen: dict[int, Any] = {}
        self._chance = chance.state()

    def get(self, name: str) -> Any:
        """Return what a global name stands for, or with dots an attribute of it."""
        head, *rest = name.split(".")
        if head not in self._names:
            raise NameError(head, name=head)
        return functools.reduce(getattr, rest, self._names[head])

    def call(self, target: Any, args: Any, kwargs: Any) -> Any:
        """Call a global or an object."""
        function = self.get(target) if type(target) is str else target
        return function(*args, **kwargs)

    def attr(self, obj: Any, name: str) -> Any:
        """Return an attribute."""
        return getattr(obj, name)

    def invoke(self, obj: Any, name: str, args: Any, kwargs: Any) -> Any:
        """Call a method, or with dots one of an attribute: `params.update`."""
        return functools.reduce(getattr, name.split("."), obj)(*args, **kwargs)

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

    def keep(self, handle: int, value: Any) -> None:
        """Hold a value that came from the grader under a handle of its choice."""
        self._chosen[handle] = value

    def keys(self, obj: Any) -> tuple[Any, ...]:
        """Return the keys that can cross."""
        return tuple(key for key in list(obj) if plain.crosses(key))

    def take(self, obj: Any, count: int) -> tuple[Any, ...]:
        """Return the next values of an iterator, at most so many."""
        return tuple(itertools.islice(obj, count))

    def reads(self, name: str) -> tuple[Any, ...]:
        """Return the variables of the notebook that an answer reads."""
        return variables.read_by(self.get(name), self._names)

    def lend(self, names: list[str]) -> None:
        """Define names as functions that the grader computes while a request is answered."""
        self._names.update({name: lent.proxy(name, self._ask) for name in names})

    def define(self, sources: list[str]) -> None:
        """Define the functions and classes of cells that did not end, where they are missing.

        A decorator that is called for its function may run it, as a visible check's does: such
        are left out.
        """
        for source in sources:
            with suppress(Exception):
                tree = ast.parse(source)
                kinds = (ast.FunctionDef, ast.ClassDef)
                found = [each for each in tree.body if isinstance(each, kinds)]
                tree.body = [each for each in found if each.name not in self._names]
                for each in tree.body:
                    if isinstance(each, ast.FunctionDef):
                        kept = [d for d in each.decorator_list if not isinstance(d, ast.Call)]
                        each.decorator_list = kept
                exec(compile(tree, "<given>", "exec"), self._names)

    def forget(self, *, rewind: bool) -> None:
        """Let go of all objects: what a check has held, the next one does not ask for.

        To `rewind` puts all generators back to where they were when this process began to answer.
        """
        self._objects.clear()
        self._chosen.clear()
        if rewind:
            chance.restore(self._chance)

    def attributes(self, obj: Any, names: list[str]) -> dict[str, Any]:
        """Describe those of these attributes that are dictionaries of the object's own.

        To look for them runs no code of the object's; what does is asked for by name.
        """
        found: dict[str, Any] = {}
        plain: Any = object.__getattribute__
        if type(obj).__getattribute__ is not plain:
            return {}
        with suppress(AttributeError):  # not all objects have them
            own = object.__getattribute__(obj, "__dict__")
            computed = set().union(*(vars(kind) for kind in type(obj).__mro__))
            found = {n: own[n] for n in names if type(own.get(n)) is dict and n not in computed}
        return {name: self.hold(value, MAPPING) for name, value in found.items()}

    def resolve(self, value: Any) -> Any:
        """Replace handles by their objects, at any depth."""
        kind = type(value)
        if kind is Handle:
            held = self._objects if value.id < CHOSEN else self._chosen
            return held[value.id]
        if kind is Named:
            return self.get(value.name)
        if kind is dict:
            return {key: self.resolve(item) for key, item in value.items()}
        if kind in (list, tuple):
            return kind(self.resolve(item) for item in value)
        return value

    def hold(self, obj: Any, kind: str) -> dict[str, Any]:
        """Return an object's description: handle, type name and, if asked for, a copy of it.

        `kind` is `value`, `opaque` (no copy), `mapping` or a conversion. `v` is missing where the
        object is no plain value. Of a small dictionary of arrays the entries come along (`e`), for
        they are what is asked for next.
        """
        self._objects.append(obj)
        item = {"h": len(self._objects) - 1, "k": str(type(obj).__name__)[:80]}
        if kind == MAPPING:
            if is_small(obj):
                item["e"] = [[key, self.hold(value, VALUE)] for key, value in obj.items()]
        elif kind != OPAQUE:
            # An object that cannot be converted is none of its kind.
            with suppress(Exception if kind in CONVERSIONS else plain.NotPlainError):
                item["v"] = plain.copy(CONVERSIONS[kind](obj) if kind in CONVERSIONS else obj)
        return item


SEVERAL = "values", "keys", "take", "reads"
OPERATIONS = (
    *("get", "call", "attr", "invoke", "item", "values", "setitem", "put", "keep", "keys"),
    *("take", "reads", "lend", "define"),
)


def serve(sock: socket.socket, names: dict[str, Any]) -> None:
    """Answer until the grader hangs up."""
    sys.stdout, sys.stderr = NullStream("stdout"), NullStream("stderr")

    def ask(message: dict[str, Any]) -> dict[str, Any]:
        frames.send(sock, message)
        return frames.receive(sock)

    table = Table(names, ask)
    frames.send(sock, {"ready": True})
    while True:
        frames.send(sock, answer(table, frames.receive(sock)))


def answer(
    table: Table, message: dict[str, Any], *, fatal: tuple[type[BaseException], ...] = ()
) -> dict[str, Any]:
    """Carry out one request: `op`, `fresh`, `want`, `listen` and the operation's fields.

    `fresh` forgets what was held before; None rewinds as well (see `Table.forget`). `want` says
    per returned value what is to be sent of it (see `Table.hold`); `listen` whether what is printed
    meanwhile is wanted too; `also` which attributes of what is returned. Operations that are to be
    done `first` are told nothing of, but which one (`at`) has raised: then nothing else is done.
    What is `fatal` is raised on.
    """
    operation, want = message.pop("op"), message.pop("want")
    fresh = message.pop("fresh")
    first, also = message.pop("first", ()), message.pop("also", ())
    heard = Listener() if message.pop("listen") else None
    quiet = sys.stdout
    done = 0
    try:
        if fresh is not False:
            table.forget(rewind=fresh is None)
        sys.stdout = heard or quiet
        for earlier in first:
            getattr(table, earlier.pop("op"))(**table.resolve(earlier))
            done += 1
        returned = getattr(table, operation)(**table.resolve(message))
        whole = want in ([OPAQUE], [MAPPING]) and operation not in SEVERAL
        reply = describe(table, returned, want, whole=whole)
        if also:
            reply["also"] = table.attributes(returned, also)
    except fatal:
        raise
    except BaseException as raised:
        reply = {"ok": False, "error": blame.describe(raised)}
        if done < len(first):
            reply["at"] = done
    finally:
        sys.stdout = quiet
    return reply if heard is None else reply | {"printed": heard.text()}


def is_small(obj: Any) -> bool:
    """Return whether this is a dictionary of little by name; to ask it runs no code of it."""
    if type(obj) is not dict or len(obj) > MOST_ENTRIES or not all(type(key) is str for key in obj):
        return False
    sizes = [_bytes(value) for value in obj.values()]
    return None not in sizes and sum(filter(None, sizes)) <= SMALL_BYTES


def _bytes(value: Any) -> int | None:
    """Return the size of an array, a number or a text; None of anything else."""
    kind = type(value)
    if kind is np.ndarray or issubclass(kind, np.generic):
        return int(value.nbytes)
    if kind is str:
        return 4 * len(value)
    return sys.getsizeof(value) if kind in (bool, int, float, type(None)) else None


def describe(table: Table, value: Any, want: list[str], *, whole: bool) -> dict[str, Any]:
    """Describe what an operation returned; a tuple as its members, unless it is to stay whole."""
    several = type(value) is tuple and not whole
    members = value[: MOST_ITEMS + 1] if several else (value,)
    kinds = want
    if len(want) != len(members):
        kinds = [want[0] if len(want) == 1 else VALUE] * len(members)
    items = [table.hold(member, kind) for member, kind in zip(members, kinds, strict=True)]
    return {"ok": True, "tuple": several, "items": items}
