"""The engine is a line of rooms: nothing looks back up it, and none of them knows an assignment."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
MOST_LINES, MOST_AT_THE_TOP = 300, 6
CONTENT_WORDS = re.compile(r"batchnorm|affine|relu|weight_scale|bn_param|fashion", re.IGNORECASE)
OTHERS_PRIVATE = {("os", "_exit")}
"""Names with an underscore that are somebody's public way."""


def _load_rooms() -> ModuleType:
    spec = importlib.util.spec_from_file_location("rooms", ROOT / "docs" / "rooms.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


rooms = _load_rooms()


def test_a_room_imports_only_from_rooms_before_it() -> None:
    place = {room: at for at, room in enumerate(rooms.ORDER)}
    back_up = {
        f"{room} imports {other}": lines
        for (room, other), lines in rooms.imports().items()
        if other != rooms.CONTENT and place[other] > place[room]
    }
    assert not back_up


def test_only_the_search_for_assignments_imports_where_they_lie() -> None:
    importers = {room for room, other in rooms.imports() if other == rooms.CONTENT}
    assert importers == {"assignment"}


def test_the_committed_picture_is_what_the_code_gives() -> None:
    """If this fails, run `python docs/rooms.py`."""
    assert rooms.PICTURE.read_text(encoding="utf-8") == rooms.drawn(rooms.imports())


def test_every_room_is_in_the_order_and_says_what_happens_in_it() -> None:
    found = {room for room, _ in rooms.engine_modules()}
    assert found <= set(rooms.ORDER)
    assert all(rooms.happens_in(room) for room in found)


def test_no_room_names_an_assignment() -> None:
    named = [
        f"{path.relative_to(ROOT)}:{at}: {line.strip()}"
        for _, path in rooms.engine_modules()
        for at, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if CONTENT_WORDS.search(line)
    ]
    assert not named


def _private_reads(tree: ast.Module) -> Iterator[ast.Attribute]:
    """Private attributes of something else than `self`, unless this module gives them."""
    nodes = list(ast.walk(tree))
    attributes = [node for node in nodes if isinstance(node, ast.Attribute)]
    own = {n.attr for n in attributes if isinstance(n.ctx, ast.Store) and _is_self(n.value)}
    own |= {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
    for node in attributes:
        private = node.attr.startswith("_") and not node.attr.startswith("__")
        if private and node.attr not in own and not _is_self(node.value):
            yield node


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


def test_no_module_reads_what_is_private_to_another() -> None:
    read = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}"
        for _, path in rooms.engine_modules()
        for node in _private_reads(ast.parse(path.read_text(encoding="utf-8")))
        if (ast.unparse(node.value), node.attr) not in OTHERS_PRIVATE
    ]
    assert not read


def test_few_modules_stand_at_the_top() -> None:
    at_the_top = [path.name for path in rooms.ENGINE.glob("*.py") if path.name != "__init__.py"]
    assert len(at_the_top) <= MOST_AT_THE_TOP


def test_no_file_of_the_engine_is_long() -> None:
    lines = {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8").count("\n")
        for _, path in rooms.engine_modules()
    }
    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("other._x", ["other._x"]),
        ("class A:\n  def f(self, o):\n    self._x = o._x", []),
        ("super().__init__()", []),
    ],
)
def test_the_search_for_private_reads_finds_those_of_others(code: str, found: list[str]) -> None:
    assert [ast.unparse(node) for node in _private_reads(ast.parse(code))] == found
