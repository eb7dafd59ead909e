"""What functions of another notebook use: its definitions, imports and constants.

Nothing that runs an experiment is brought along: of each cell only the statements that define,
import or write down a value.
"""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterator, MutableMapping, Sequence
from types import CodeType
from typing import Any, NamedTuple

from .names import bound_by, global_names, runs_nothing

RECORD = "__loaded__"
"""Where it is noted what was loaded, so that an edited helper is loaded again."""


class Cell(NamedTuple):
    """A code cell of the other notebook."""

    id: str
    source: str


class Statement(NamedTuple):
    """One statement at the top level of a cell."""

    place: tuple[int, int]
    title: str
    source: str
    node: ast.stmt


class Needed:
    """Collects what answers use, and loads it.

    Args:
        notebook: the other notebook's name.
        cells: its code cells.
        into: where the answers are to be defined.
        wanted: the answers, which are loaded anyway.
    """

    def __init__(
        self,
        notebook: str,
        cells: Sequence[Cell],
        into: MutableMapping[str, Any],
        wanted: Sequence[str],
    ) -> None:
        self.problems: list[str] = []
        """Half sentences on what an answer uses and is not there."""
        self.loaded: list[str] = []
        self._into = into
        self._wanted = set(wanted)
        self._makers: dict[str, Statement] = {}
        self._seen: set[str] = set()
        self._chosen: dict[tuple[int, int], Statement] = {}
        for number, cell in enumerate(cells):
            for statement in _statements(notebook, number, cell):
                for name in bound_by(statement.node):
                    old = self._makers.get(name)
                    # A definition counts before a use of the same name as a loop's variable.
                    if old is None or runs_nothing(statement.node) or not runs_nothing(old.node):
                        self._makers[name] = statement

    def by(self, answer: str, cell: Cell) -> None:
        """Choose what an answer's cell uses, and what that uses."""
        try:
            body = ast.parse(cell.source).body
        except (SyntaxError, ValueError):
            return
        own = {name for statement in body for name in bound_by(statement)}
        for statement in body:
            if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
                self._follow(answer, statement, own)

    def load(self) -> None:
        """Run the chosen statements, in the notebook's order."""
        record = self._into.setdefault(RECORD, {})
        for _, statement in sorted(self._chosen.items()):
            names = list(bound_by(statement.node))
            text = statement.source
            linecache.cache[statement.title] = (
                len(text), None, text.splitlines(keepends=True), statement.title,
            )  # fmt: skip
            module = ast.Module([statement.node], type_ignores=[])
            try:
                exec(compile(module, statement.title, "exec"), self._into)  # type: ignore[arg-type]  # noqa: S102
            except (Exception, SystemExit) as error:
                told = f"{type(error).__name__}: {error}"
                self.problems.append(f"{', '.join(names)} cannot be loaded ({told})")
            else:
                record.update({name: self._into.get(name) for name in names})
                self.loaded += [name for name in names if name in self._seen]

    def _follow(self, user: str, node: ast.stmt, own: set[str]) -> None:
        code = compile(ast.Module([node], type_ignores=[]), "<names>", "exec")
        for name in global_names(code):
            if name in self._seen or name in own or name in self._wanted:
                continue
            maker = self._makers.get(name)
            if self._is_there(name):
                if maker is not None and _differs(maker.node, self._into[name]):
                    self.problems.append(
                        f"{user} uses your {name}, but in this notebook {name} is something "
                        "else: give yours another name"
                    )
                continue
            self._seen.add(name)
            if maker is None:
                self.problems.append(f"{user} uses {name}, which no cell there makes")
            elif not runs_nothing(maker.node):
                self.problems.append(
                    f"{user} uses {name}, which is there only after a cell has run: make it in "
                    "the function"
                )
            else:
                self._chosen[maker.place] = maker
                self._follow(user, maker.node, set())

    def _is_there(self, name: str) -> bool:
        """Return whether the notebook has a name that was not loaded from the other one."""
        record = self._into.get(RECORD, {})
        return name in self._into and not (name in record and self._into[name] is record[name])


def _statements(notebook: str, number: int, cell: Cell) -> Iterator[Statement]:
    try:
        body = ast.parse(cell.source).body
    except (SyntaxError, ValueError):
        return
    for line, node in enumerate(body):
        yield Statement((number, line), f"<{notebook}: {cell.id}>", cell.source, node)


def _differs(node: ast.stmt, there: Any) -> bool:
    """Return whether a function or a class is another than the one that has its name here."""
    if isinstance(node, ast.ClassDef):
        return True
    if not isinstance(node, ast.FunctionDef):
        return False
    whole = compile(ast.Module([node], type_ignores=[]), "<same>", "exec")
    codes = [c for c in whole.co_consts if isinstance(c, CodeType) and c.co_name == node.name]
    code = getattr(there, "__code__", None)
    return code is None or _words(code) not in [_words(own) for own in codes]


def _words(code: CodeType) -> list[Any]:
    """Return what a piece of code is made of; how Python translates it depends on its imports."""
    plain = [constant for constant in code.co_consts if not isinstance(constant, CodeType)]
    return [code.co_names, code.co_varnames, plain]
