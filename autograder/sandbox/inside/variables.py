"""Which variables of the notebook a function reads: neither its arguments nor made in it."""

from __future__ import annotations

import dis
import types
from collections.abc import Iterator
from typing import Any

PLAIN = (type(None), bool, int, float, complex, str, bytes)
"""What a constant of one's own may be; functions are welcome to read those."""
READS = ("LOAD_GLOBAL", "LOAD_NAME")


def read_by(answer: Any, names: dict[str, Any]) -> tuple[str, ...]:
    """Return the notebook's variables that a function, or a class's methods, read.

    Not among them are functions, classes, modules, constants, and names in capitals.
    """
    members = list(vars(answer).values()) if isinstance(answer, type) else [answer]
    found = dict.fromkeys(name for member in members for name in _loaded(_code(member)))
    return tuple(name for name in found if name in names and _is_variable(name, names[name]))


def _code(member: Any) -> types.CodeType | None:
    code = getattr(getattr(member, "__func__", member), "__code__", None)
    return code if isinstance(code, types.CodeType) else None


def _loaded(code: types.CodeType | None) -> Iterator[str]:
    """Yield the global names that code loads, with that of functions inside it."""
    if code is None:
        return
    for instruction in dis.get_instructions(code):
        if instruction.opname in READS:
            yield str(instruction.argval)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _loaded(constant)


def _is_variable(name: str, value: Any) -> bool:
    made = isinstance(value, (type, types.ModuleType, *PLAIN)) or callable(value)
    return name.islower() and not name.startswith("__") and not made
