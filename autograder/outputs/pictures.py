"""The class report's pictures, as SVG that takes on the page's text colour."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from autograder.outputs.summary import ClassSummary, QuestionSummary

INK = "#123456"
"""Stands for the page's text colour, and becomes `currentColor`."""
FULL, PART, NONE, WAITING = "#2a7f62", "#8cc5ab", "#d1603d", "#b9b9c3"
"""Green, pale green, rust, grey: apart for colour-blind eyes and in print."""
BINS = 20
MOST_MISTAKES = 10
FEW = 3
"""A bar of fewer submissions does not fill the width."""
STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "class report",
    "font.family": "sans-serif",
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def totals_picture(summary: ClassSummary) -> str:
    """How many submissions got how many points."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.2, 2.4), layout="constrained")
        axes = figure.subplots()
        most = summary.max_score or 1.0
        axes.hist(summary.totals, bins=BINS, range=(0, most), color=FULL, rwidth=0.92)
        if summary.median is not None:
            axes.axvline(summary.median, color=NONE, linewidth=1.5)
            axes.annotate(
                f"median {summary.median:g}", (summary.median, 1), xytext=(-5, -4),
                xycoords=("data", "axes fraction"), textcoords="offset points",
                color=NONE, ha="right", va="top",
            )  # fmt: skip
        axes.set_xlim(0, most)
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlabel(f"points of {most:g}, without bonus")
        axes.set_ylabel("submissions")
        return _svg(figure)


def questions_picture(questions: Sequence[QuestionSummary]) -> str:
    """For each question, which share of the class got all, some or none of its points."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.2, 0.9 + 0.3 * len(questions)), layout="constrained")
        axes = figure.subplots()
        places = range(len(questions))
        left = [0.0] * len(questions)
        for label, color, ink, counts in (
            ("all points", FULL, "white", [q.full for q in questions]),
            ("some", PART, "black", [q.part for q in questions]),
            ("none", NONE, "white", [q.none for q in questions]),
            ("waits for a person", WAITING, "black", [q.waiting for q in questions]),
        ):
            bars = axes.barh(places, counts, left=left, color=color, height=0.78, label=label)
            numbers = [str(count) if count else "" for count in counts]
            axes.bar_label(bars, numbers, label_type="center", color=ink, fontsize=8.5)
            left = [start + count for start, count in zip(left, counts, strict=True)]
        axes.set_yticks(places, [_label(question) for question in questions])
        axes.invert_yaxis()
        axes.set_xlim(0, max(left, default=1))
        axes.xaxis.set_visible(False)
        for side in ("bottom", "left"):
            axes.spines[side].set_visible(False)
        axes.tick_params(length=0)
        figure.legend(loc="outside upper center", ncols=4, frameon=False, fontsize=9)
        return _svg(figure)


def mistakes_picture(summary: ClassSummary) -> str:
    """The most common named mistakes, and how many submissions made each; "" if none is known."""
    shown = summary.mistakes[:MOST_MISTAKES]
    if not shown:
        return ""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.2, 0.4 + 0.32 * len(shown)), layout="constrained")
        axes = figure.subplots()
        counts = [len(mistake.students) for mistake in shown]
        bars = axes.barh(range(len(shown)), counts, color=NONE, height=0.7)
        axes.bar_label(bars, padding=4)
        axes.set_yticks(range(len(shown)), [m.name.replace("_", " ") for m in shown])
        axes.invert_yaxis()
        axes.set_xlim(0, max(*counts, FEW) * 1.08)
        axes.xaxis.set_visible(False)
        axes.spines["bottom"].set_visible(False)
        axes.tick_params(length=0)
        return _svg(figure)


def _label(question: QuestionSummary) -> str:
    return f"{question.id}  {'+' if question.bonus else ''}{question.worth:g}"


def _svg(figure: Any) -> str:
    FigureCanvasSVG(figure)
    text = io.StringIO()
    figure.savefig(text, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    drawing = text.getvalue()
    drawing = drawing[drawing.index("<svg") :].replace(INK, "currentColor")
    # The page tells the drawing's width; height follows from the view box.
    return re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", drawing, count=1).replace(
        "<svg ", '<svg aria-hidden="true" ', 1
    )
