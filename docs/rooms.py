"""The engine's rooms and what each imports, read from the code, as a picture: docs/rooms.svg.

Run `python docs/rooms.py` after an import between rooms has changed.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path

ROOT = Path(__file__).parents[1]
ENGINE = ROOT / "autograder"
PICTURE = ROOT / "docs" / "rooms.svg"

ORDER = (
    "startup",
    "errors",
    "model",
    "course",
    "submission",
    "sandbox",
    "checking",
    "assignment",
    "release",
    "diagnosis",
    "grading",
    "proof",
    "gradebook",
    "outputs",
    "settings",
    "classroom",
    "demo",
    "cli",
)
"""A room imports only from rooms before it."""
WAY = (
    "submission",
    "sandbox",
    "checking",
    "diagnosis",
    "grading",
    "classroom",
    "gradebook",
    "outputs",
)
"""The rooms that a submission passes, in order."""
CONTENT = "assignments"
"""Where assignments lie; no room of the engine."""

COLOURS = (
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#aa3377",
    "#8a6d00",
    "#56b4e9",
    "#444444",
    "#cc79a7",
)
SMALL = 'font-size="13" fill="#555"'
WIDTH, BOX, ROW, HIGH, LEFT, TOP, LANE = 1010, 720, 66, 46, 24, 76, 34


def engine_modules() -> Iterator[tuple[str, Path]]:
    """Every file of the engine with its room; a module at the top is a room of its own."""
    for path in sorted(ENGINE.rglob("*.py")):
        room = path.relative_to(ENGINE).parts[0].removesuffix(".py")
        if room not in (CONTENT, "__init__") and "templates" not in path.parts:
            yield room, path


def imported(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """The rooms that a module imports from, each with its line."""
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            whole = node.module == "autograder"
            names = [f"autograder.{a.name}" for a in node.names] if whole else [node.module or ""]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            if name.startswith("autograder."):
                yield name.split(".")[1], getattr(node, "lineno", 0)


def imports() -> dict[tuple[str, str], list[str]]:
    """Where each room imports from another: (importer, imported) -> file:line."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for room, path in engine_modules():
        for other, line in imported(ast.parse(path.read_text(encoding="utf-8"))):
            if other != room:
                found[room, other].append(f"{path.relative_to(ROOT)}:{line}")
    return dict(found)


def happens_in(room: str) -> str:
    """The first sentence of a room's docstring."""
    folder = ENGINE / room
    path = folder / "__init__.py" if folder.is_dir() else ENGINE / f"{room}.py"
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(text.split("\n\n")[0].split())


def drawn(edges: Mapping[tuple[str, str], object]) -> str:
    """The picture: rooms from top to bottom as a submission passes them, imports at the right."""
    height = TOP + ROW * len(WAY) + 16
    importers = [room for room in WAY if any(edge in edges for edge in _edges_of(room))]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
            f'width="{WIDTH}" height="{height}" font-family="sans-serif">',
            "<title>The way of a submission through the engine</title>",
            f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
            _text(LEFT, 30, "The way of a submission", 'font-size="18" font-weight="bold"'),
            _text(LEFT, 54, "a folder that a student handed in", SMALL),
            _text(LEFT + BOX + 10, 54, "a dot imports what its arrows point at", SMALL),
            *(piece for room in WAY for piece in _box(room)),
            *(piece for lane, room in enumerate(importers) for piece in _lane(lane, room, edges)),
            "</svg>\n",
        ]
    )


def _edges_of(room: str) -> list[tuple[str, str]]:
    return [(room, other) for other in WAY if other != room]


def _middle(room: str) -> int:
    return TOP + ROW * WAY.index(room) + HIGH // 2


def _text(x: int, y: int, text: str, style: str) -> str:
    return f'<text x="{x}" y="{y}" {style}>{escape(text)}</text>'


def _box(room: str) -> Iterator[str]:
    middle = _middle(room)
    above = middle - HIGH // 2
    yield _arrow(LEFT + 60, above - (ROW - HIGH), LEFT + 60, above - 1, "#222", 2)
    yield (
        f'<rect x="{LEFT}" y="{above}" width="{BOX}" height="{HIGH}" rx="7" '
        'fill="#f4f6f8" stroke="#889"/>'
    )
    yield _text(LEFT + 14, middle + 5, f"{room}/", 'font-size="15" font-weight="bold"')
    yield _text(LEFT + 124, middle + 5, happens_in(room), 'font-size="13"')


def _lane(lane: int, room: str, edges: Mapping[tuple[str, str], object]) -> Iterator[str]:
    """One line for all imports of a room: out of its box, and an arrow into each other one."""
    colour = COLOURS[lane % len(COLOURS)]
    edge, x = LEFT + BOX, LEFT + BOX + 30 + LANE * lane
    start = _middle(room) + 17
    others = [other for edge, other in _edges_of(room) if (edge, other) in edges]
    ends = [_middle(other) - 17 + lane * 5 for other in others]
    line = f'stroke="{colour}" stroke-width="1.8" fill="none"'
    yield f'<circle cx="{edge}" cy="{start}" r="4" fill="{colour}"/>'
    yield f'<path d="M{edge} {start} H{x} V{min(ends)} M{x} {start} V{max(*ends, start)}" {line}/>'
    for end in ends:
        yield _arrow(x, end, edge + 1, end, colour, 1.8)


def _arrow(x: int, y: int, to_x: int, to_y: int, colour: str, width: float) -> str:
    size = 6
    if x == to_x:
        head = f"{to_x},{to_y} {to_x - size},{to_y - 9} {to_x + size},{to_y - 9}"
    else:
        head = f"{to_x},{to_y} {to_x + 9},{to_y - size + 1} {to_x + 9},{to_y + size - 1}"
    return (
        f'<path d="M{x} {y} L{to_x} {to_y}" stroke="{colour}" stroke-width="{width}"/>'
        f'<polygon points="{head}" fill="{colour}"/>'
    )


if __name__ == "__main__":
    PICTURE.write_text(drawn(imports()), encoding="utf-8")
    print(f"Wrote {PICTURE.relative_to(ROOT)}.")
