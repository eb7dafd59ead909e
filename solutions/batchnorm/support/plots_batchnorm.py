"""Pictures for the notebook on batch normalization, in the style of `plots`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .graph import GATES
from .plots import BLUE, COLOURS, DASHES, INK, ORANGE, WITH, WITHOUT, axes, label, picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from .record import Run
    from .signals import Signals

Array = npt.NDArray[Any]

# Where each value and gate stands in the drawing of the graph, and half its width, in inches.
PLACES = {
    **{"x": (0.35, 2.8, 0.28), "mean": (1.3, 0.95, 0.66), "centred": (2.3, 2.8, 0.62)},
    **{"square": (2.74, 0.95, 0.43), "var": (4.24, 0.95, 0.72), "std": (6.06, 0.95, 0.76)},
    **{"inverse": (7.6, 0.95, 0.44), "xhat": (6.75, 2.8, 0.6), "scaled": (8.55, 2.8, 0.6)},
    **{"out": (10.1, 2.8, 0.58), "gamma": (8.55, 0.95, 0.28), "beta": (10.1, 0.95, 0.28)},
}
SYMBOLS = {"x": "$x$", "gamma": r"$\gamma$", "beta": r"$\beta$"}
PAPER, PRINT = "#f4f4f4", "#1c1c1c"  # formulas stand on paper of their own, on any page
HIGHEST_LOSS = 1e6  # a diverged run is drawn here


@picture
def computational_graph() -> tuple[Figure, str]:
    """Draw the nine gates of batch normalization, forward in blue, backward in orange."""
    figure, ((panel,),) = axes(1, 1, (10.8, 3.9))
    panel.axis("off")
    panel.set(xlim=(0, 10.8), ylim=(-0.25, 3.65), aspect="equal")
    for gate in GATES:
        for source in gate.inputs:
            _arrows(panel, source, gate.output)
    for name, symbol in SYMBOLS.items():
        _node(panel, name, symbol)
    for gate in GATES:
        _node(panel, gate.output, gate.formula, f"{gate.number} {gate.name}")
    panel.text(0.1, -0.2, "blue: values, forward", color=BLUE, fontsize=12)
    told = "orange: gradients, backward, with their names in code; where two meet, add them"
    panel.text(2.4, -0.2, told, color=ORANGE, fontsize=12)
    steps = "; ".join(
        f"{g.number} {g.name}: {g.output} from {' and '.join(g.inputs)}, back comes d{g.output}"
        for g in GATES
    )
    return figure, f"The computational graph of batch normalization, nine gates. {steps}."


def _node(panel: Axes, name: str, formula: str, title: str = "") -> None:
    """Draw a value as a circle, or a gate as a box with its title; its gradient's name outside."""
    from matplotlib.patches import FancyBboxPatch  # noqa: PLC0415

    (x, y, half), height = PLACES[name], _half_height(name)
    shape = f"round,pad=0,rounding_size={0.14 if title else height}"
    look: dict[str, Any] = {"facecolor": PAPER, "edgecolor": INK, "linewidth": 1.6}
    corner = (x - half, y - height)
    panel.add_patch(FancyBboxPatch(corner, 2 * half, 2 * height, shape, **look))
    middle: dict[str, Any] = {"ha": "center", "va": "center", "color": PRINT}
    panel.text(x, y - (0.13 if title else 0), formula, **middle, fontsize=16)
    panel.text(x, y + 0.27, title, **middle, fontsize=11)
    outside = y + (height + 0.17) * (1 if y > 1.5 else -1)
    gradient: dict[str, Any] = {
        "color": ORANGE,
        "family": "monospace",
        "weight": "bold",
        "fontsize": 11,
    }
    panel.text(x, outside, f"d{name}", ha="center", va="center", **gradient)


def _half_height(name: str) -> float:
    return 0.28 if name in SYMBOLS else 0.46


def _arrows(panel: Axes, source: str, target: str) -> None:
    """Draw a value's arrow, and beside it its gradient's, the other way."""
    (x0, y0, half0), (x1, y1, half1) = PLACES[source], PLACES[target]
    if y0 == y1:  # from side to side
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


def _in_full(name: str) -> str:
    """Return what a legend calls the run "with"; on its own the word says nothing."""
    return f"{name} batchnorm" if name == "with" else name


@picture
def feature_histograms(stages: Mapping[str, Array]) -> tuple[Figure, str]:
    """Show how three features are spread, one panel for each stage.

    Args:
        stages: (N, 3) values by the name of the stage.
    """
    figure, grid = axes(1, len(stages), (3.6 * len(stages), 2.7))
    for panel, (name, values) in zip(grid.flat, stages.items(), strict=True):
        for number, (feature, colour) in enumerate(zip(values.T, COLOURS, strict=False)):
            look = {"color": colour, "ls": DASHES[number], "label": f"feature {number + 1}"}
            panel.hist(feature, bins=12, histtype="step", lw=1.8, **look)
        label(panel, name, "value", "rows")
    grid[0, 0].legend(fontsize=8)
    told = "; ".join(
        f"{name}: means {np.round(v.mean(0), 1).tolist()}, spreads {np.round(v.std(0), 1).tolist()}"
        for name, v in stages.items()
    )
    return figure, f"Histograms of three features. {told}."


@picture
def activation_histograms(signals: Mapping[tuple[float, bool], Signals]) -> tuple[Figure, str]:
    """Show each layer's activations, a row a weight scale, a column a layer.

    Args:
        signals: by (weight scale, whether with batch normalization).
    """
    scales = list(dict.fromkeys(scale for scale, _ in signals))
    layers = len(next(iter(signals.values())).activations)
    figure, grid = axes(len(scales), layers, (1.7 * layers, 1.75 * len(scales)), sharey=True)
    for row, scale in zip(grid, scales, strict=True):
        for layer, panel in enumerate(row):
            _layer_histogram(panel, signals, scale, layer)
        row[0].set_ylabel(f"weight scale {scale:g}", color=INK)
    for layer, panel in enumerate(grid[0]):
        panel.set_title(f"layer {layer + 1}")
    figure.supxlabel(
        "size of the numbers that reach relu, in powers of ten (blue solid: normalized, orange"
        " dashed: plain)",
        fontsize=10,
        color=INK,
    )
    told = "; ".join(
        f"scale {scale:g} {'with' if normalized else 'without'}: {s.activations[-1].std():.1e}"
        for (scale, normalized), s in signals.items()
    )
    return figure, f"Histograms of activations by layer. Their spread in the last layer: {told}."


def _layer_histogram(
    panel: Axes, signals: Mapping[tuple[float, bool], Signals], scale: float, layer: int
) -> None:
    bins = np.linspace(-12, 6, 55).tolist()
    for normalized, look in ((False, WITHOUT), (True, WITH)):
        sizes = np.abs(signals[scale, normalized].activations[layer]).ravel()
        powers = np.clip(np.log10(np.maximum(sizes, 1e-12)), -12, 6)
        panel.hist(powers, bins, histtype="step", color=look["color"], ls=look["ls"], lw=1.6)
    panel.set(
        xticks=[-10, -5, 0, 5], xticklabels=["$10^{-10}$", "$10^{-5}$", "1", "$10^5$"], yticks=[]
    )


@picture
def gradient_norms(signals: Mapping[tuple[float, bool], Signals]) -> tuple[Figure, str]:
    """Show how large the gradient of each layer's weights is, on a logarithmic axis."""
    scales = list(dict.fromkeys(scale for scale, _ in signals))
    figure, grid = axes(1, len(scales), (3.7 * len(scales), 3), sharey=True)
    for panel, scale in zip(grid.flat, scales, strict=True):
        for normalized, look, name in ((True, WITH, "with"), (False, WITHOUT, "without")):
            norms = signals[scale, normalized].gradient_norms
            panel.semilogy(range(1, len(norms) + 1), norms, **look, label=_in_full(name))
        label(panel, f"weight scale {scale:g}", "layer", "")
    grid[0, 0].set_ylabel("norm of the weights' gradient")
    grid[0, 0].legend()
    told = "; ".join(
        f"scale {scale:g} {'with' if normalized else 'without'}: {s.gradient_norms[0]:.0e}"
        for (scale, normalized), s in signals.items()
    )
    return figure, f"Gradient norms by layer. In the first layer: {told}."


@picture
def compare_runs(runs: Sequence[Run]) -> tuple[Figure, str]:
    """Show loss, training and validation accuracy of two recorded runs: with, without."""
    figure, (panels,) = axes(1, 3, (11.5, 3.3))
    for run, look in zip(runs, (WITH, WITHOUT), strict=True):
        epochs = range(1, len(run.val_accuracy) + 1)
        name, line = _in_full(run.name), {"color": look["color"], "ls": look["ls"]}
        panels[0].plot(run.losses, **line, lw=1, label=name)
        panels[1].plot(epochs, run.train_accuracy, **look)
        panels[2].plot(epochs, run.val_accuracy, **look)
    label(panels[0], "training loss", "iteration", "")
    label(panels[1], "training accuracy", "epoch", "")
    label(panels[2], "validation accuracy", "epoch", "")
    panels[0].legend()
    for panel in panels[1:]:
        panel.set_ylim(0, 1)
        panel.xaxis.get_major_locator().set_params(integer=True)
    told = "; ".join(
        f"{_in_full(r.name)}: training {r.train_accuracy[-1]:.3f},"
        f" validation {r.val_accuracy[-1]:.3f}"
        for r in runs
        if r.val_accuracy
    )
    return figure, f"Loss and accuracies of two nets. At the end {told}."


@picture
def scale_experiment(
    scales: Sequence[float], runs: Mapping[str, Sequence[Run]]
) -> tuple[Figure, str]:
    """Show best validation, best training accuracy and final loss against weight scale.

    Args:
        scales: the weight scales, ascending.
        runs: for "with" and "without" batch normalization, a run for each scale.
    """
    figure, (panels,) = axes(1, 3, (12, 3.6))
    for (name, row), look in zip(runs.items(), (WITH, WITHOUT), strict=True):
        panels[0].plot(scales, [run.best_val for run in row], **look, label=_in_full(name))
        panels[1].plot(scales, [run.best_train for run in row], **look)
        losses = [min(run.final_loss, HIGHEST_LOSS) for run in row]
        panels[2].plot(scales, losses, **look)
    titles = ("best validation accuracy", "best training accuracy", "final loss (mean of last 100)")
    for panel, title in zip(panels, titles, strict=True):
        label(panel, title, "weight scale", "")
        panel.set_xscale("log")
    for panel in panels[:2]:
        panel.set_ylim(0, 1)
    panels[2].set_yscale("log")
    panels[0].legend()
    told = "; ".join(
        f"{_in_full(name)}: best {max(r.best_val for r in row):.2f},"
        f" worst {min(r.best_val for r in row):.2f}"
        for name, row in runs.items()
    )
    return figure, f"Accuracies and loss against weight scale. Validation {told}."


@picture
def learning_rate_strip(
    rates: Sequence[float], runs: Mapping[str, Sequence[Run]]
) -> tuple[Figure, str]:
    """Show the loss of each learning rate, a panel a rate; a cross where a run diverged."""
    figure, (panels,) = axes(1, len(rates), (3 * len(rates), 2.8), sharey=True)
    for place, (panel, rate) in enumerate(zip(panels, rates, strict=True)):
        for (name, row), look in zip(runs.items(), (WITH, WITHOUT), strict=True):
            run = row[place]
            finite = [loss for loss in run.losses if np.isfinite(loss)]
            panel.plot(finite, color=look["color"], ls=look["ls"], lw=1.2, label=_in_full(name))
            if run.diverged:
                panel.plot(len(finite), 3.8, "X", color=look["color"], ms=10)
        label(panel, f"learning rate {rate:g}", "iteration", "")
    panels[0].set(ylim=(0, 4), ylabel="training loss")
    panels[0].legend()
    told = "; ".join(
        f"{_in_full(name)}, rate {rate:g}: "
        + ("diverged" if run.diverged else f"{run.best_val:.2f}")
        for name, row in runs.items()
        for rate, run in zip(rates, row, strict=True)
    )
    return figure, f"Training loss by learning rate. Best validation accuracy {told}."
