"""Visible checks: your result beside the expected one, the error, a verdict.

    @visible_check("relu_forward", relu_forward)
    def check_relu_forward(check):
        out, _ = relu_forward(x)
        check.close("out", out, expected)

runs at once, prints a table and, if a row is wrong, ends in an AssertionError of one sentence.
These checks are for you while you work; the grade comes from others, with other numbers.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt

from .gradient_check import SMALL_PART, Model, network_errors, numeric_gradient
from .mode import checking
from .names import returned_names, unmade

Array = npt.NDArray[np.float64]

FORWARD = 1e-8  # the same formula in float64, added in another order
GRADIENT = 1e-6  # a right gradient against a centred difference
NETWORK = 1e-5  # the same through a whole network, whose loss is rounded at every layer
SINGLE = 1e-4  # a right answer in float32, which holds seven digits
SINGLE_STEP, SINGLE_GRADIENT = 1e-3, 1e-2  # its centred difference: longer steps, fewer digits
GREEN, RED, PLAIN = "\x1b[32m", "\x1b[31m", "\x1b[0m"
HEADINGS = ("", "yours", "expected", "error", "verdict")


Look = Callable[["Check"], None]


@dataclass(frozen=True)
class Row:
    """One line of the table; `problem` is empty where all is well."""

    name: str
    yours: str
    expected: str
    error: str = ""
    problem: str = ""


class VisibleCheckError(AssertionError):
    """A visible check is wrong. The table says where, so a notebook shows no traceback."""

    def _render_traceback_(self, *_: Any) -> list[str]:
        """Return what IPython prints in place of a traceback."""
        return [_coloured(str(self), RED)]


class Check:
    """Collects rows, prints them on leaving the block, and raises if one is wrong."""

    def __init__(self, question: str) -> None:
        self.question = question
        self.rows: list[Row] = []

    def __enter__(self) -> Check:
        self._before = checking.set(True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        checking.reset(self._before)
        if self.rows:
            print(table(self.rows))
        if kind is not None:
            return
        wrong = [row.problem for row in self.rows if row.problem]
        if wrong:
            more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
            raise VisibleCheckError(f"{self.question}: {wrong[0]}{more}")
        if self.rows:
            print(f"{self.question}: {_coloured('every visible check passes', GREEN)}")

    def close(
        self, name: str, yours: Any, expected: Any, *, within: float = FORWARD, hint: str = ""
    ) -> None:
        """Compare shape, then finiteness, then values.

        The error of an element is |yours - expected| divided by the size of both together, or by
        a hundredth of the largest expected element if they are smaller than that.

        Args:
            name: what is compared, such as "dx".
            yours: a number or an array.
            expected: the same, as it should be.
            within: the largest error that passes; answers in float32 get at least 1e-4.
            hint: a sentence that is said only if the row is wrong.
        """
        right = np.asarray(expected, np.float64)
        row = _form_problem(name, yours, right) or _compare(name, np.asarray(yours), right, within)
        self._add(row, hint)

    def gradient(
        self, name: str, yours: Any, f: Callable[[Array], Any], x: Any, dout: Any = 1.0
    ) -> None:
        """Compare a gradient with the numeric one of sum(f(x) * dout) with respect to x."""
        if np.asarray(f(np.array(x, np.float64))).dtype == np.float32:
            right = numeric_gradient(lambda x: np.float64(f(x)), x, dout, h=SINGLE_STEP)
            self.close(name, yours, right, within=SINGLE_GRADIENT)
        else:
            self.close(name, yours, numeric_gradient(f, x, dout), within=GRADIENT)

    def network(self, name: str, net: Model, X: Any, y: Any, *, entries: int | None = None) -> None:
        """Compare all gradients of a float64 network with numeric ones, a row for each.

        Args:
            name: what is special about this network, such as "reg 3.14".
            net: the network.
            X: (N, ...) a small batch.
            y: (N,) labels.
            entries: how many entries of each parameter to look at; all by default.
        """
        if np.asarray(net.loss(X.copy())).dtype == np.float32:
            self._add(Row(f"gradients, {name}", "float32", "float64", "cannot tell"))
            return
        for parameter, error in network_errors(net, X, y, entries=entries).items():
            self.below(f"error of d{parameter}, {name}", error, NETWORK)

    def below(self, name: str, value: float, limit: float, *, hint: str = "") -> None:
        """Require a number, such as the error of a gradient, to be below a limit."""
        fine = bool(value < limit)
        problem = "" if fine else f"{name} is {value:.2g} and should be below {limit:g}."
        self._add(Row(name, f"{value:.2g}", f"< {limit:g}", problem=problem), hint)

    def reaches(self, name: str, value: float, goal: float, *, hint: str = "") -> None:
        """Require a number, such as an accuracy, to be at least `goal`."""
        problem = "" if value >= goal else f"{name} is {value:.3f} and should reach {goal:.2f}."
        self._add(Row(name, f"{value:.3f}", f">= {goal:.2f}", problem=problem), hint)

    def true(self, name: str, condition: Any, sentence: str) -> None:
        """Require a condition; `sentence` says what is wrong if it does not hold."""
        fine = bool(condition)
        self._add(Row(name, "yes" if fine else "no", "yes", problem="" if fine else sentence))

    def _add(self, row: Row, hint: str = "") -> None:
        if row.problem and hint:
            row = replace(row, problem=f"{row.problem} {hint}")
        self.rows.append(row)


def visible_check(question: str, *answers: Any) -> Callable[[Look], Look]:
    """Run the function below it at once, as the visible check of a question.

    What the check needs is made inside the function, so that it leaves no names behind: an answer
    that reads a variable of the notebook in place of its arguments is told so here.

    Args:
        question: the question's id.
        answers: the functions or classes that are looked at.
    """

    def run(look: Look) -> Look:
        with Check(question) as check:
            for answer in answers:
                if sentence := _what_it_reads(answer):
                    raise VisibleCheckError(f"{question}: {sentence}")
            look(check)
        return look

    return run


def _what_it_reads(answer: Any) -> str:
    """Return a sentence on the first variables of the notebook that a function reads."""
    read = unmade(answer)
    if not read:
        return ""
    function = read[0].function
    names = [name for code, name in read if code is function]
    *others, last = [f"`{name}`" for name in names]
    these = f"{', '.join(others)} and {last}" if others else last
    if set(names) <= set(returned_names(function)):
        return f"`{function.co_name}` returns {these}, which it never makes."
    made = "neither arguments nor made in it" if others else "neither an argument nor made in it"
    them = "them" if others else "it"
    takes_cache = "cache" in function.co_varnames[: function.co_argcount]
    advice = f"take {them} from the cache" if takes_cache else f"make {them} in the function"
    which = f"which {'are' if others else 'is'} {made}"
    return f"`{function.co_name}` reads {these}, {which}: {advice}."


def _form_problem(name: str, yours: Any, right: Array) -> Row | None:
    """Return a failed row if `yours` is not real numbers in the shape of `right`."""
    try:
        mine = np.asarray(yours)
    except ValueError:  # lists of unequal length
        mine = np.asarray(None)
    if mine.dtype.kind not in "fiub":
        kind = "None" if yours is None else type(yours).__name__
        return Row(name, kind, "numbers", problem=f"{name} is {kind}, which holds no numbers.")
    if mine.shape != right.shape:
        sentence = f"{name} has shape {mine.shape} and should have shape {right.shape}."
        return Row(name, f"shape {mine.shape}", f"shape {right.shape}", problem=sentence)
    return None


def _compare(name: str, yours: npt.NDArray[Any], right: Array, within: float) -> Row:
    """Return the row of two arrays of one shape, told at the element that is furthest off."""
    if right.size == 0:
        return Row(name, "empty", "empty")
    mine = yours.astype(np.float64)
    room = max(within, SINGLE) if yours.dtype.itemsize < 8 and yours.dtype.kind == "f" else within
    smallest = max(SMALL_PART * float(np.max(np.abs(right))), 1e-8)
    with np.errstate(invalid="ignore"):
        errors = np.abs(mine - right) / np.maximum(np.abs(mine) + np.abs(right), smallest)
    errors = np.where(np.isfinite(mine), errors, np.inf)
    worst = tuple(int(i) for i in np.unravel_index(np.argmax(errors), right.shape))
    place = f"{name}[{', '.join(map(str, worst))}]" if worst else name
    a, b, error = float(mine[worst]), float(right[worst]), float(errors[worst])
    problem = ""
    if not np.isfinite(a):
        problem = f"{place} is {a}, which is not finite."
    elif error > room:
        problem = f"{place} is {a:.6g} and should be {b:.6g}."
    return Row(place, f"{a:.6g}", f"{b:.6g}", f"{error:.0e}" if error else "0", problem)


def table(rows: list[Row]) -> str:
    """Return the rows as text in columns; the verdict is a word, and coloured where that shows."""
    lines = [HEADINGS] + [
        (row.name, row.yours, row.expected, row.error, "wrong" if row.problem else "ok")
        for row in rows
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    colours = [PLAIN] + [RED if row.problem else GREEN for row in rows]
    text = []
    for line, colour in zip(lines, colours, strict=True):
        cells = [line[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(line[1:4], widths[1:4], strict=True)]
        verdict = line[4] if colour == PLAIN else _coloured(line[4], colour)
        text.append("   ".join([*cells, verdict]))
    return "\n".join(text)


def _coloured(text: str, colour: str) -> str:
    """Return text in a colour, unless the reader switched colours off (https://no-color.org)."""
    return text if "NO_COLOR" in os.environ else f"{colour}{text}{PLAIN}"
