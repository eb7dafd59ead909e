"""Mutants of right answers: one operator, constant, call or statement of the reference changed."""

from __future__ import annotations

import ast
import copy
import inspect
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any, NamedTuple

import msgspec

OPERATORS = MappingProxyType(
    {
        ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
        ast.MatMult: ast.Mult, ast.Pow: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult,
        ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
    }
)  # fmt: skip
COMPARISONS = MappingProxyType(
    {
        ast.Lt: (ast.LtE, ast.Gt), ast.LtE: (ast.Lt,), ast.Gt: (ast.GtE, ast.Lt),
        ast.GtE: (ast.Gt,), ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,),
        ast.IsNot: (ast.Is,), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
    }
)  # fmt: skip
PAIRS = (
    ("sum", "mean"), ("max", "min"), ("maximum", "minimum"), ("argmax", "argmin"),
    ("zeros", "ones"), ("var", "std"), ("any", "all"), ("upper", "lower"), ("floor", "ceil"),
)  # fmt: skip
CALLS = MappingProxyType({**dict(PAIRS), **{b: a for a, b in PAIRS}})
"""Names of functions and methods that are taken for each other."""
Line = Callable[[], str]
"""The line of code that a node is part of, as it is now."""
DROPPED = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.Return, ast.Raise, ast.If)
"""Statements without which a function can still run."""
LEFT_ALONE = ("annotation", "returns", "decorator_list", "type_params")


class Mutant(msgspec.Struct, frozen=True):
    """One change of one answer."""

    answer: str
    """The name that the answer defines."""
    place: str
    """The function in which the change stands, with its class."""
    was: str
    becomes: str
    """The statement's first line, before and after."""

    def __str__(self) -> str:
        return f"{self.place}: {self.was} → {self.becomes}"


class Slot(NamedTuple):
    """Where a node hangs in the tree: `holder.field`, or `holder.field[at]`."""

    holder: ast.AST
    field: str
    at: int | None

    def get(self) -> Any:
        """The node."""
        held = getattr(self.holder, self.field)
        return held if self.at is None else held[self.at]

    def put(self, node: Any) -> None:
        """Hang another one there."""
        if self.at is None:
            setattr(self.holder, self.field, node)
        else:
            getattr(self.holder, self.field)[self.at] = node


def mutants(module: ModuleType, answer: str) -> Iterator[tuple[Mutant, dict[str, Any] | None]]:
    """Every mutant of an answer, with what the mutated module then defines.

    The module's names are None if it cannot even be executed. Modules that it imports are as they
    are, and nobody else sees the mutant.

    Args:
        module: where the answer is written.
        answer: a function or class at its top.
    """
    tree = ast.parse(inspect.getsource(module))
    body = next(
        (
            node
            for node in tree.body
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name == answer
        ),
        None,
    )
    if body is None:
        return
    seen: dict[str, int] = {}
    for slot, line, place in list(_slots(body, lambda: answer, answer)):
        node = slot.get()
        for other in _others(node, slot):
            was = line()
            slot.put(other)
            mutant = Mutant(answer, place, was, line())
            names = _executed(tree, module)
            slot.put(node)
            times = seen[str(mutant)] = seen.get(str(mutant), 0) + 1
            if times > 1:  # the same change of another such line
                mutant = msgspec.structs.replace(mutant, place=f"{place} ({times})")
            yield mutant, names


def _executed(tree: ast.Module, module: ModuleType) -> dict[str, Any] | None:
    names = {"__name__": module.__name__, "__package__": module.__package__}
    try:
        whole = ast.fix_missing_locations(copy.copy(tree))
        exec(compile(whole, str(module.__file__), "exec", dont_inherit=True), names)  # noqa: S102
    except Exception:
        return None
    return names


def _slots(node: ast.AST, line: Line, place: str) -> Iterator[tuple[Slot, Line, str]]:
    """Every slot below a node, with the line it is part of, and the function."""
    for field, value in ast.iter_fields(node):
        if field in LEFT_ALONE:
            continue
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(child, ast.AST) or _is_text(child):
                continue
            if isinstance(child, (ast.FunctionDef, ast.ClassDef)):
                inside = f"{place}.{child.name}"
                yield from _slots(child, partial(str, inside), inside)
                continue
            slot, shown = Slot(node, field, index), line
            if isinstance(child, ast.stmt):
                shown = partial(_statement, slot)
            elif isinstance(node, ast.arguments):
                shown = partial(_argument, slot)
            yield slot, shown, place
            yield from _slots(child, shown, place)


def _is_text(node: ast.AST) -> bool:
    """A docstring, or another statement that does nothing."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _statement(slot: Slot) -> str:
    """A statement in one line; of one with a body, its head."""
    node = slot.get()
    return "(left out)" if isinstance(node, ast.Pass) else ast.unparse(node).split("\n", 1)[0]


def _argument(slot: Slot) -> str:
    """An argument with its default."""
    given: Any = slot.holder
    if slot.field == "kw_defaults":
        names = given.kwonlyargs
    else:
        names = [*given.posonlyargs, *given.args][-len(given.defaults) :]
    default = slot.get()
    name = names[slot.at].arg if slot.at is not None else slot.field
    return f"{name}={ast.unparse(default) if default is not None else ''}"


def _others(node: Any, slot: Slot) -> Iterator[Any]:
    """What may stand in a node's place."""
    if isinstance(node, ast.stmt):
        yield from _statements(node, slot)
    else:
        yield from _expressions(node)


def _statements(node: ast.stmt, slot: Slot) -> Iterator[ast.stmt]:
    match node:
        case ast.AugAssign(target, op, value):
            if other := OPERATORS.get(type(op)):
                yield ast.AugAssign(target, other(), value)
        case ast.If(test, yes, no):
            yield ast.If(ast.UnaryOp(ast.Not(), test), yes, no)
    declares = isinstance(node, ast.AnnAssign) and node.value is None
    if isinstance(node, DROPPED) and not declares and slot.field in ("body", "orelse", "finalbody"):
        yield ast.Pass()


def _expressions(node: Any) -> Iterator[ast.expr]:
    match node:
        case ast.BinOp(left, op, right):
            if other := OPERATORS.get(type(op)):
                yield ast.BinOp(left, other(), right)
            if isinstance(op, ast.MatMult):
                yield ast.BinOp(right, op, left)
        case ast.UnaryOp(ast.USub() | ast.Not() | ast.Invert(), operand):
            yield operand
        case ast.BoolOp(op, values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
        case ast.Compare(left, [op], comparators):
            for comparison in COMPARISONS.get(type(op), ()):
                yield ast.Compare(left, [comparison()], comparators)
        case ast.IfExp(test, yes, no):
            yield ast.IfExp(test, no, yes)
        case ast.Constant(value):
            yield from (ast.Constant(other) for other in _constants(value))
        case ast.Call():
            yield from _calls(node)
        case ast.Attribute(value, "T", context) if isinstance(context, ast.Load):
            yield value


def _constants(value: Any) -> Sequence[Any]:
    if isinstance(value, bool):
        return (not value,)
    if isinstance(value, (int, float)):
        return (1 - value,) if value in (0, 1) else (value + 1, type(value)(1))
    return ()


def _calls(node: ast.Call) -> Iterator[ast.Call]:
    """Another function of the same arguments, a keyword less, or a choice the other way round."""
    function = node.func
    name: str = getattr(function, "attr", "") or getattr(function, "id", "")
    if name in CALLS:
        other: ast.expr = (
            ast.Attribute(function.value, CALLS[name], function.ctx)
            if isinstance(function, ast.Attribute)
            else ast.Name(CALLS[name], ast.Load())
        )
        yield ast.Call(other, node.args, node.keywords)
    if name == "where" and len(node.args) == 3:
        test, yes, no = node.args
        yield ast.Call(function, [test, no, yes], node.keywords)
    for keyword in node.keywords:
        if keyword.arg == "dtype":  # how numbers are kept, not which they are
            continue
        yield ast.Call(function, node.args, [one for one in node.keywords if one is not keyword])


def written_in(implementation: Any, private: Collection[str]) -> ModuleType | None:
    """The module of the private folder in which an answer is written."""
    module = inspect.getmodule(implementation)
    return (
        module
        if module is not None and str(Path(str(module.__file__)).resolve()) in private
        else None
    )
