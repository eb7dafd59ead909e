"""Visible checks: your result beside the expected one, the error, a verdict.

A check collects rows. These checks are for you while you work; the grade comes from others, with
other numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from . import calm
from .compare import Slips, compare, form_problem, kind, named_slip, proportion
from .gradient_check import Model, gradient_error, network_gradients, numeric_gradient
from .rows import Row

Array = npt.NDArray[np.float64]

FORWARD = 1e-8  # the same formula in float64, added in another order
GRADIENT = 1e-6  # a right gradient against a centred difference
NETWORK = 1e-5  # the same through a whole network, whose loss is rounded at every layer
SINGLE_STEP, SINGLE_GRADIENT = 1e-3, 1e-2  # float32's centred difference: long steps, few digits


class CheckEndsError(Exception):
    """The rest of a check makes no sense: its last row says why."""


class Check:
    """Collects the rows of one question's check."""

    def __init__(self, question: str) -> None:
        self.question = question
        self.rows: list[Row] = []
        self.picture: Callable[[], None] | None = None
        """What is shown below the table, if anything."""

    @property
    def problems(self) -> list[str]:
        """A sentence for each row that is wrong."""
        return [row.problem for row in self.rows if row.problem]

    def close(
        self,
        name: str,
        yours: Any,
        expected: Any,
        *,
        within: float = FORWARD,
        hint: str = "",
        slips: Slips | None = None,
    ) -> None:
        """Compare shape, then finiteness, then values.

        The error of an element is |yours - expected| divided by the size of both together, or by
        a hundredth of the largest expected element if they are smaller than that.

        Args:
            name: what is compared, such as "dx".
            yours: a number or an array.
            expected: the same, as it should be.
            within: the largest error that passes; answers in float32 get at least 1e-4.
            hint: a sentence that is said only if the row is wrong and no slip fits.
            slips: makes the numbers of usual mistakes; one that fits is named.
        """
        right = np.asarray(expected, np.float64)
        row = form_problem(name, yours, right)
        if row is None:
            row = compare(name, np.asarray(yours), right, within)
            if row.problem and slips is not None:
                hint = named_slip(yours, right, slips) or proportion(yours, right) or hint
        self.add(row, hint)

    def gradient(
        self,
        name: str,
        yours: Any,
        f: Callable[[Array], Any],
        x: Any,
        dout: Any = 1.0,
        *,
        hint: str = "",
        slips: Slips | None = None,
    ) -> None:
        """Compare a gradient with the numeric one of sum(f(x) * dout) with respect to x."""
        if np.asarray(f(np.array(x, np.float64))).dtype == np.float32:
            right = numeric_gradient(lambda x: np.float64(f(x)), x, dout, h=SINGLE_STEP)
            self.close(name, yours, right, within=SINGLE_GRADIENT, hint=hint, slips=slips)
        else:
            right = numeric_gradient(f, x, dout)
            self.close(name, yours, right, within=GRADIENT, hint=hint, slips=slips)

    def network(
        self,
        name: str,
        net: Model,
        X: Any,
        y: Any,
        *,
        entries: int | None = None,
        without: Sequence[str] = (),
        hints: Mapping[str, str] | None = None,
    ) -> None:
        """Compare all gradients of a float64 network with numeric ones, a row for each.

        Args:
            name: what is special about this network, such as "reg 3.14".
            net: the network.
            X: (N, ...) a small batch.
            y: (N,) labels.
            entries: how many entries of each parameter to look at; all by default.
            without: parameters that are left out.
            hints: what is said about a parameter's gradient only if it is wrong.
        """
        loss, gradients = self.returned("loss(X, y)", net.loss(X.copy(), y), "loss", "grads")
        if np.asarray(loss).dtype == np.float32:
            self.add(Row(f"gradients, {name}", "float32", "float64", "cannot tell"))
            return
        self._has_gradients(net, gradients)
        pairs = network_gradients(net, X, y, entries=entries)
        for parameter in sorted(pairs.keys() - set(without)):
            error, hint = gradient_error(*pairs[parameter]), ""
            if not error < NETWORK:
                hint = proportion(*pairs[parameter]) or (hints or {}).get(parameter, "")
            self.below(f"error of d{parameter}, {name}", error, NETWORK, hint=hint)

    def _has_gradients(self, net: Model, gradients: Any) -> None:
        """Require a gradient for each parameter, in its shape."""
        if not hasattr(gradients, "keys"):
            self.stop(
                "gradients", kind(gradients), "a dictionary", "loss(X, y) returns no dictionary."
            )
        for name, parameter in net.params.items():
            shape = np.shape(parameter)
            if name not in gradients:
                sentence = f"loss(X, y) returns no gradient for {name}."
                self.stop(f"gradient of {name}", "none", f"shape {shape}", sentence)
            found = np.shape(gradients[name])
            if gradients[name] is None or found != shape:
                told = "None" if gradients[name] is None else f"shape {found}"
                sentence = f"{name} has shape {shape}, its gradient {told}: they have to be alike."
                self.stop(f"gradient of {name}", told, f"shape {shape}", sentence)
            type_ = np.asarray(parameter).dtype
            if type_ != np.float64:
                sentence = f"{name} is {type_}, and the net was asked for float64."
                self.stop(f"type of {name}", str(type_), "float64", sentence)

    def below(self, name: str, value: float, limit: float, *, hint: str = "") -> None:
        """Require a number, such as the error of a gradient, to be below a limit."""
        fine = bool(value < limit)
        problem = "" if fine else f"{name} is {value:.2g} and should be below {limit:g}."
        self.add(Row(name, f"{value:.2g}", f"< {limit:g}", problem=problem), hint)

    def reaches(self, name: str, value: float, goal: float, *, hint: str = "") -> None:
        """Require a number, such as an accuracy, to be at least `goal`."""
        problem = "" if value >= goal else f"{name} is {value:.3f} and should reach {goal:.2f}."
        self.add(Row(name, f"{value:.3f}", f">= {goal:.2f}", problem=problem), hint)

    def true(self, name: str, condition: Any, sentence: str) -> None:
        """Require a condition; `sentence` says what is wrong if it does not hold."""
        fine = bool(condition)
        self.add(Row(name, "yes" if fine else "no", "yes", problem="" if fine else sentence))

    def returned(self, call: str, answer: Any, *parts: str) -> Sequence[Any]:
        """Return the parts of an answer; a check ends where there are not as many as there should.

        Args:
            call: what was called, such as "relu_forward".
            answer: what it returned.
            parts: their names.
        """
        if isinstance(answer, tuple | list) and len(answer) == len(parts):
            return answer
        found = f"{len(answer)} values" if isinstance(answer, tuple) else kind(answer)
        *most, last = parts
        wanted = f"{', '.join(most)} and {last}"
        sentence = f"{call} returns {found} and should return {wanted}."
        if answer is None:
            sentence += " Is its last line a return?"
        self.stop(call, found, wanted, sentence)

    def stop(self, name: str, yours: str, expected: str, sentence: str) -> NoReturn:
        """End the check with a row that is wrong."""
        self.add(Row(name, yours, expected, problem=sentence))
        raise CheckEndsError

    def raised(self, error: Exception) -> None:
        """Note that the answer raised."""
        told = calm.told(error)
        sentence = f"After that it raises {told}" if self.rows else f"It raises {told}"
        self.add(Row(f"({type(error).__name__})", "raised", "", problem=sentence))

    def add(self, row: Row, hint: str = "") -> None:
        """Note a row; the hint is said only if it is wrong."""
        if row.problem and hint:
            row = replace(row, problem=f"{row.problem} {hint}")
        self.rows.append(row)
