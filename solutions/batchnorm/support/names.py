"""Which names of the notebook a function reads: neither its arguments nor made in it."""

from __future__ import annotations

import ast
import builtins
import dis
import types
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

CONSTANT = (
    *(ast.Constant, ast.Name, ast.Attribute, ast.Subscript, ast.Slice, ast.Starred),
    *(ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp),
    *(ast.Tuple, ast.List, ast.Set, ast.Dict, ast.JoinedStr, ast.FormattedValue),
    *(ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.expr_context, ast.keyword),
)
MAKERS = ("float", "int", "complex", "range", "tuple", "list", "dict", "set", "frozenset", "slice")
"""Built-in functions that a constant may be made with; those of `np` are welcome too."""
PLAIN = (type(None), bool, int, float, complex, str, bytes)


def global_names(code: types.CodeType, *, called: bool = True) -> list[str]:
    """Return the global names that a piece of code reads, those of functions in it included.

    Args:
        code: of a function, of a class's body or of a whole cell.
        called: whether names that are only called count too.
    """
    steps = list(dis.get_instructions(code))
    made = {step.argval for step in steps if step.opname == "STORE_NAME"}
    found = [
        str(step.argval)
        for step in steps
        if step.opname == "LOAD_NAME"
        or (step.opname == "LOAD_GLOBAL" and (called or not (step.arg or 0) & 1))
    ]
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            found += global_names(constant, called=called)
    return [name for name in dict.fromkeys(found) if name not in made and not _built_in(name)]


class Read(NamedTuple):
    """A variable of the notebook that a function reads."""

    function: types.CodeType
    name: str


def unmade(answer: Any) -> list[Read]:
    """Return the variables of the notebook that an answer reads.

    Those are names that the notebook does not have, or has as an array or a list. Functions,
    classes, modules, single numbers and names in capitals are no variables.

    Args:
        answer: a function, or a class, of which every method is looked at.
    """
    members = list(vars(answer).values()) if isinstance(answer, type) else [answer]
    return [
        Read(member.__code__, name)
        for member in members
        if isinstance(member, types.FunctionType)
        for name in global_names(member.__code__, called=False)
        if _is_variable(name, member.__globals__)
    ]


def returned_names(code: types.CodeType) -> list[str]:
    """Return the names in a function's last `return a, b`."""
    names: list[str] = []
    for step in reversed(list(dis.get_instructions(code))):
        if step.opname.startswith("LOAD_"):
            names.append(str(step.argval))
        elif step.opname not in ("BUILD_TUPLE", "RETURN_VALUE"):
            break
    return names


def is_constant(value: ast.expr) -> bool:
    """Return whether an expression only writes down a value, or a function: nothing is run."""
    match value:
        case ast.Lambda():
            return True
        case ast.Call(func=ast.Name(id=name)) if name in MAKERS:
            parts: list[ast.AST] = [*value.args, *value.keywords]
        case ast.Call(func=ast.Attribute(value=ast.Name(id="np"))):
            parts = [*value.args, *value.keywords]
        case _ if isinstance(value, CONSTANT):
            parts = list(ast.iter_child_nodes(value))
        case _:
            return False
    return all(_is_part(part) for part in parts)


def _is_part(part: ast.AST) -> bool:
    if isinstance(part, ast.expr):
        return is_constant(part)
    return isinstance(part, CONSTANT) and all(_is_part(p) for p in ast.iter_child_nodes(part))


def bound_by(statement: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement defines, imports or sets, at the top level of a cell."""
    match statement:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Import(names=aliases):
            yield from (alias.asname or alias.name.split(".")[0] for alias in aliases)
        case ast.ImportFrom(names=aliases):
            yield from (alias.asname or alias.name for alias in aliases)
        case _:
            for node in ast.walk(statement):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    yield node.id


def runs_nothing(statement: ast.stmt) -> bool:
    """Return whether a statement is a definition, an import or a constant."""
    match statement:
        case ast.FunctionDef() | ast.ClassDef() | ast.Import() | ast.ImportFrom():
            return True
        case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
            return is_constant(value)
    return False


def _built_in(name: str) -> bool:
    return hasattr(builtins, name) or name.startswith("__")


def _is_variable(name: str, names: Mapping[str, Any]) -> bool:
    if not name.islower():
        return False
    if name not in names:
        return True
    value = names[name]
    return not (callable(value) or isinstance(value, (type, types.ModuleType, *PLAIN)))
