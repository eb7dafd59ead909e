"""The computational graph of batch normalization: nine gates, and a way to check each of them.

The gradients here are measured, not derived: every number that passes a gate is nudged, and what
that does to the end of the graph is read off. Your backward pass must find the same gradients by
walking back: in grading nothing here answers for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .mode import refuse_to_answer

FloatArray = npt.NDArray[Any]
Values = dict[str, FloatArray]

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
    compute: Callable[[Mapping[str, FloatArray]], FloatArray]


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


def run(inputs: Mapping[str, FloatArray], nudged: str = "", nudge: Any = 0) -> Values:
    """Send inputs through the nine gates.

    Args:
        inputs: "x" (m, D), "gamma" (D,), "beta" (D,) and "eps", a number above 0.
        nudged: the input, or output of a gate, to which `nudge` is added on its way.
        nudge: what is added; of the same shape.

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
        output = gate.compute(values)
        values[gate.output] = output + nudge if gate.output == nudged else output
    return values


def measured_gradients(inputs: Mapping[str, FloatArray], dout: FloatArray) -> Values:
    """Measure the gradient of sum(out * dout) with respect to everything in the graph.

    Args:
        inputs: "x" (m, D), "gamma" (D,), "beta" (D,) and "eps", as for `run`; float64.
        dout: (m, D), the gradient that arrives at the output.

    Returns:
        "d" + name for x, gamma, beta and the output of each gate, in the shape of that value.
        Where two branches leave a value, its gradient is the sum of both.
    """
    names = ["x", "gamma", "beta", *(gate.output for gate in GATES)]
    values = run(inputs)
    return {f"d{name}": _measure(name, values[name], inputs, dout) for name in names}


def _measure(
    name: str, value: FloatArray, inputs: Mapping[str, FloatArray], dout: FloatArray
) -> FloatArray:
    gradient = np.zeros(value.shape)
    for index in np.ndindex(value.shape):
        nudge = np.zeros(value.shape, complex)
        nudge[index] = 1j * _NUDGE
        gradient[index] = (run(inputs, name, nudge)["out"] * dout).sum().imag / _NUDGE
    return gradient


# Names of gradients in the order in which a walk back meets them.
WALK = tuple(f"d{gate.output}" for gate in reversed(GATES) if gate.output != "out")


def walk_back(
    backward: Callable[..., Any], dout: FloatArray, cache: Any
) -> tuple[Any, dict[str, Any]]:
    """Call a backward pass with a copy of dout; return results and, if it has one, its trace."""
    trace: dict[str, Any] = {}
    if "trace" in signature(backward).parameters:
        return backward(dout.copy(), cache, trace=trace), trace
    return backward(dout.copy(), cache), trace


def in_shape(yours: Any, right: FloatArray) -> Any:
    """Return `yours` in the shape of `right` if it has as many numbers; (1, D) will do here."""
    return np.reshape(yours, right.shape) if np.size(yours) == right.size else yours


def where_from(name: str) -> str:
    """Say through which gates a gradient such as "dvar" comes back."""
    numbers = [str(gate.number) for gate in GATES if name[1:] in gate.inputs]
    gates = f"gate {numbers[0]}" if len(numbers) == 1 else f"gates {' and '.join(numbers)}, added"
    return f"It comes back through {gates}."
