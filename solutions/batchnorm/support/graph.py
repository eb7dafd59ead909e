"""The computational graph of batch normalization: nine gates, and a way to check each of them.

The gradients here are measured, not derived: every number that passes a gate is nudged, and what
that does to the end of the graph is read off. Your backward pass must find the same gradients by
walking back: in grading nothing here answers for it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from inspect import signature
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .mode import refuse_to_answer

FloatArray = npt.NDArray[Any]
Values = dict[str, FloatArray]
Compute = Callable[[Mapping[str, FloatArray]], Any]

# x + i*h is a nudge so small that h*h vanishes beside 1: the imaginary part of what comes out is
# h times the derivative, to the last digit (complex-step differentiation, Squire & Trapp 1998).
_NUDGE = 1e-30


class Gate(NamedTuple):
    """One gate: its number in the drawing, what it is called, what it computes from what."""

    number: int
    name: str
    output: str
    inputs: tuple[str, ...]
    formula: str
    """What the drawing shows, in Matplotlib's mathematics."""
    compute: Compute


GATES = (
    Gate(1, "mean", "mean", ("x",), r"$\mu=\frac{1}{m}\sum x$", lambda v: v["x"].mean(0)),
    Gate(2, "centre", "centred", ("x", "mean"), r"$c=x-\mu$", lambda v: v["x"] - v["mean"]),
    Gate(3, "square", "square", ("centred",), r"$s=c^2$", lambda v: v["centred"] * v["centred"]),
    Gate(
        *(4, "variance", "var", ("square",), r"$\sigma^2=\frac{1}{m}\sum s$"),
        lambda v: v["square"].mean(0),
    ),
    Gate(
        *(5, "add ε, root", "std", ("var",), r"$r=\sqrt{\sigma^2+\epsilon}$"),
        lambda v: np.sqrt(v["var"] + v["eps"]),
    ),
    Gate(6, "invert", "inverse", ("std",), r"$i=1/r$", lambda v: 1 / v["std"]),
    Gate(
        *(7, "multiply", "xhat", ("centred", "inverse"), r"$\hat{x}=c\cdot i$"),
        lambda v: v["centred"] * v["inverse"],
    ),
    Gate(
        *(8, "scale", "scaled", ("xhat", "gamma"), r"$g=\gamma\cdot\hat{x}$"),
        lambda v: v["gamma"] * v["xhat"],
    ),
    Gate(
        *(9, "shift", "out", ("scaled", "beta"), r"$y=g+\beta$"),
        lambda v: v["scaled"] + v["beta"],
    ),
)


def run(
    inputs: Mapping[str, FloatArray],
    nudged: str = "",
    nudge: Any = 0,
    gates: Mapping[str, Compute] = MappingProxyType({}),
) -> Values:
    """Send inputs through the nine gates.

    Args:
        inputs: "x" (m, D), "gamma" (D,), "beta" (D,) and "eps", a number above 0.
        nudged: the input, or output of a gate, to which `nudge` is added on its way.
        nudge: what is added; of the same shape.
        gates: what some gates compute instead, by their outputs.

    Returns:
        inputs and the output of each gate by name.

    Raises:
        RuntimeError: an answer calls it in grading.
    """
    refuse_to_answer("graph.run")
    values: Values = {
        name: value + nudge if name == nudged else value for name, value in inputs.items()
    }
    for gate in GATES:
        output = gates.get(gate.output, gate.compute)(values)
        values[gate.output] = output + nudge if gate.output == nudged else output
    return values


def measured_gradients(
    inputs: Mapping[str, FloatArray], dout: FloatArray, fixed: Collection[str] = ()
) -> Values:
    """Measure the gradient of sum(out * dout) with respect to everything in the graph.

    Args:
        inputs: "x" (m, D), "gamma" (D,), "beta" (D,) and "eps", as for `run`; float64.
        dout: (m, D), the gradient that arrives at the output.
        fixed: outputs of gates that stay as they are, whatever is nudged before them.

    Returns:
        "d" + name for x, gamma, beta and the output of each gate, in the shape of that value.
        Where two branches leave a value, its gradient is the sum of both.
    """
    names = ["x", "gamma", "beta", *(gate.output for gate in GATES)]
    values = run(inputs)
    held = {name: _always(values[name]) for name in fixed}
    return {f"d{name}": _measure(name, values[name], inputs, dout, held) for name in names}


def _always(value: FloatArray) -> Compute:
    return lambda _: value


def _measure(
    name: str,
    value: FloatArray,
    inputs: Mapping[str, FloatArray],
    dout: FloatArray,
    gates: Mapping[str, Compute],
) -> FloatArray:
    gradient = np.zeros(value.shape)
    for index in np.ndindex(value.shape):
        nudge = np.zeros(value.shape, complex)
        nudge[index] = 1j * _NUDGE
        gradient[index] = (run(inputs, name, nudge, gates)["out"] * dout).sum().imag / _NUDGE
    return gradient


# Names of gradients in the order in which a walk back meets them.
WALK = tuple(f"d{gate.output}" for gate in reversed(GATES) if gate.output != "out")


class Trace(dict[str, Any]):
    """Gradients found on the way back, each as it was when it was put in."""

    def __setitem__(self, name: str, gradient: Any) -> None:
        super().__setitem__(name, np.array(gradient) if np.ndim(gradient) else gradient)

    def update(self, *args: Any, **named: Any) -> None:
        """Put in several, each as a copy."""
        for name, gradient in dict(*args, **named).items():
            self[name] = gradient


class Walk(NamedTuple):
    """What a backward pass did: what it returned or raised, and its trace."""

    results: Any
    trace: dict[str, Any]
    error: Exception | None


def walk_back(backward: Callable[..., Any], dout: FloatArray, cache: Any) -> Walk:
    """Call a backward pass with a copy of dout and, if it takes one, a trace."""
    trace = Trace()
    try:
        if "trace" in signature(backward).parameters:
            return Walk(backward(dout.copy(), cache, trace=trace), trace, None)
        return Walk(backward(dout.copy(), cache), trace, None)
    except Exception as error:  # what was traced up to here is still told
        return Walk(None, trace, error)


def in_shape(yours: Any, right: FloatArray) -> Any:
    """Return `yours` in the shape of `right` if it has as many numbers; (1, D) will do here."""
    try:
        return np.reshape(yours, right.shape) if np.size(yours) == right.size else yours
    except ValueError:  # lists of unequal length
        return yours


def consumers(name: str) -> list[Gate]:
    """Return the gates that a value such as "var" goes into."""
    return [gate for gate in GATES if name in gate.inputs]


def where_from(name: str) -> str:
    """Say through which gates a gradient such as "dvar" comes back."""
    gates = consumers(name[1:])
    numbers = " and ".join(str(gate.number) for gate in gates)
    if len(gates) > 1:
        return f"It comes back through gates {numbers}, added."
    summed = ", summed over the rows" if name in ("dgamma", "dbeta", "dinverse") else ""
    return f"It comes back through gate {numbers}{summed}."


GREEN, RED, GREY = "green", "red", "grey"


def lights(right: Mapping[str, bool]) -> dict[int, str]:
    """Return the colour of each gate by its number.

    A gradient that is right has come through all gates behind its value rightly. The first that is
    wrong, in the order of the walk, went wrong at its own gate if what arrived there was right. Of
    all other gates nothing is known yet.

    Args:
        right: for gradients by name, such as "dvar", whether they are right.
    """
    colours = dict.fromkeys((gate.number for gate in GATES), GREY)
    walk = ["dbeta", "dscaled", "dgamma", *WALK[1:], "dx"]
    first = next((name for name in walk if not right.get(name, True)), None)
    for name in walk[: None if first is None else walk.index(first)]:
        if right.get(name):
            colours |= dict.fromkeys(_shown_by(name), GREEN)
    for gate in consumers(first[1:]) if first is not None else ():
        arrived = all(colours[behind] == GREEN for behind in _behind(gate.output))
        colours[gate.number] = RED if arrived else GREY
    return colours


def _shown_by(name: str) -> set[int]:
    """Return the gates that are right if a gradient is: dmean hears nothing of gates 3 to 6."""
    return {2, *_behind("xhat"), 7} if name == "dmean" else _behind(name[1:])


def _behind(name: str) -> set[int]:
    """Return the numbers of the gates that a value passes on its way to the output."""
    found: set[int] = set()
    for gate in consumers(name):
        found |= {gate.number} | _behind(gate.output)
    return found
