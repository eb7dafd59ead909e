"""The drawing of the computational graph, plain or lit up by what a check found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from . import graph
from .graph import GATES
from .plots import BLUE, GREEN, INK, ORANGE, axes, picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Where each value and gate stands in the drawing, and half its width, in inches.
PLACES = {
    **{"x": (0.4, 3.0, 0.28), "mean": (1.55, 0.95, 0.66), "centred": (2.75, 3.0, 0.62)},
    **{"square": (3.3, 0.95, 0.43), "var": (5.1, 0.95, 0.72), "std": (7.2, 0.95, 0.76)},
    **{"inverse": (9.0, 0.95, 0.44), "xhat": (8.05, 3.0, 0.6), "scaled": (10.2, 3.0, 0.6)},
    **{"out": (12.1, 3.0, 0.58), "gamma": (10.2, 0.95, 0.28), "beta": (12.1, 0.95, 0.28)},
}
SYMBOLS = {"x": "$x$", "gamma": r"$\gamma$", "beta": r"$\beta$"}
ONE_FOR_ALL = ("mean", "var", "std", "inverse", "gamma", "beta")
"""Values of shape (D,): one serves all rows. All others are (N, D)."""
PAPER, PRINT = "#f4f4f4", "#1c1c1c"  # formulas stand on paper of their own, on any page
LIT = {
    graph.GREEN: ("#c9efe0", GREEN, "right"),
    graph.RED: ("#fad1c4", "#c8321e", "WRONG"),
    graph.GREY: (PAPER, INK, "not known"),
}
WIDTH, TOP = 12.9, 3.9
BOTTOM = {"plain": -0.75, "lit": -0.3}
"""Where the drawing ends below: two lines explain the plain one, one line the lit one."""


@picture
def computational_graph(lights: Mapping[int, str] | None = None) -> tuple[Figure, str]:
    """Draw the nine gates of batch normalization, forward in blue, backward in orange.

    Args:
        lights: the colour of each gate by its number, from `graph.lights`; none for the plain
            drawing.
    """
    bottom = BOTTOM["plain" if lights is None else "lit"]
    figure, ((panel,),) = axes(1, 1, (11.6, 11.6 * (TOP - bottom) / WIDTH))
    panel.axis("off")
    panel.set(xlim=(0, WIDTH), ylim=(bottom, TOP), aspect="equal")
    for gate in GATES:
        for source in gate.inputs:
            _arrows(panel, source, gate.output)
    for name, symbol in SYMBOLS.items():
        _node(panel, name, symbol)
    for gate in GATES:
        light = None if lights is None else lights[gate.number]
        _node(panel, gate.output, gate.formula, f"{gate.number} {gate.name}", light)
    if lights is None:
        _explain(panel)
        return figure, f"The computational graph of batch normalization, nine gates. {_steps()}."
    colours = "green: right so far; red: here it goes wrong; grey: not known yet"
    panel.text(0.1, -0.25, colours, color=INK, fontsize=12)
    told = "; ".join(f"{g.number} {g.name} {LIT[lights[g.number]][2]}" for g in GATES)
    return figure, f"The graph again, each gate lit by what the check found: {told}."


def _explain(panel: Axes) -> None:
    panel.text(0.1, -0.3, "blue: values, forward, with their shapes", color=BLUE, fontsize=12)
    told = "orange: gradients, backward, with their names in code; where two meet, add them"
    panel.text(0.1, -0.65, told, color=ORANGE, fontsize=12)


def _steps() -> str:
    return "; ".join(
        f"{g.number} {g.name}: {g.output} {_shape(g.output)} from {' and '.join(g.inputs)}, back"
        f" comes d{g.output}"
        for g in GATES
    )


def _shape(name: str) -> str:
    return "(D,)" if name in ONE_FOR_ALL else "(N, D)"


def _node(panel: Axes, name: str, formula: str, title: str = "", light: str | None = None) -> None:
    """Draw a value as a circle, or a gate as a box with its title; its gradient's name outside."""
    from matplotlib.patches import FancyBboxPatch  # noqa: PLC0415

    (x, y, half), height = PLACES[name], _half_height(name)
    shape = f"round,pad=0,rounding_size={0.14 if title else height}"
    paper, edge, word = (PAPER, INK, "") if light is None else LIT[light]
    width = 1.6 if light in (None, graph.GREY) else 3.2
    look: dict[str, Any] = {"facecolor": paper, "edgecolor": edge, "linewidth": width}
    corner = (x - half, y - height)
    panel.add_patch(FancyBboxPatch(corner, 2 * half, 2 * height, shape, **look))
    middle: dict[str, Any] = {"ha": "center", "va": "center", "color": PRINT}
    panel.text(x, y - (0.13 if title else 0), formula, **middle, fontsize=16)
    panel.text(x, y + 0.27, title, **middle, fontsize=11)
    way = 1 if y > 1.5 else -1
    gradient: dict[str, Any] = {"color": ORANGE, "family": "monospace", "weight": "bold"}
    where: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 11}
    panel.text(x, y + (height + 0.17) * way, f"d{name}", **where, **gradient)
    if word and light == graph.RED:
        panel.text(x, y - (height + 0.17) * way, word, color=edge, weight="bold", **where)


def _half_height(name: str) -> float:
    return 0.28 if name in SYMBOLS else 0.46


def _arrows(panel: Axes, source: str, target: str) -> None:
    """Draw a value's arrow with its shape, and beside it its gradient's, the other way."""
    (x0, y0, half0), (x1, y1, half1) = PLACES[source], PLACES[target]
    flat = y0 == y1
    if flat:  # from side to side
        start, end, across = (x0 + half0, y0), (x1 - half1, y1), (0.0, 0.08)
    else:  # from top or bottom, leaning to the other node
        way = 1 if y1 > y0 else -1
        lean = 0.2 * np.sign(x1 - x0)
        start = (x0 + lean, y0 + way * _half_height(source))
        end, across = (x1 - lean, y1 - way * _half_height(target)), (0.09, 0.0)
    for begin, finish, colour, side in ((start, end, BLUE, 1), (end, start, ORANGE, -1)):
        tail, head = ((p[0] + side * across[0], p[1] + side * across[1]) for p in (begin, finish))
        arrow = {"arrowstyle": "-|>", "color": colour, "lw": 2, "shrinkA": 2, "shrinkB": 2}
        panel.annotate("", head, tail, arrowprops={**arrow, "mutation_scale": 14})
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    place, side_ = ((0.0, 0.17), "center") if flat else ((0.2, 0.0), "left")
    where: dict[str, Any] = {"ha": side_, "va": "bottom" if flat else "center", "fontsize": 9.5}
    at = (middle[0] + place[0], middle[1] + place[1])
    panel.text(*at, _shape(source), color=BLUE, **where)
