"""Signals and gradients of fresh nets at many weight scales, one picture to move through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .mode import autograding
from .plots import STYLE, axes, png
from .slider import Frame, slider

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from .signals import Signals

PAPER, PRINT = "#f7f7f7", "#2b2b2b"  # paper of its own, so that labels read on any page
LOOKS: Mapping[str, dict[str, Any]] = {
    "with": {"color": "#1d6aa5", "ls": "-"},
    "without": {"color": "#b0480c", "ls": "--"},
}
NAMES = {"with": "normalized", "without": "plain"}
LOWEST, HIGHEST = -12, 6  # powers of ten that are drawn
KEPT = (0, 7, 11)  # the smallest scale, the one at which both nets are in order, and the largest


def signals_by_scale(scales: Sequence[float], nets: Sequence[Mapping[str, Signals]]) -> None:
    """Show each layer's activations and gradient norms, a picture for each scale.

    Args:
        scales: the weight scales, ascending.
        nets: for each of them the signals of both nets, from `signals.both`.
    """
    if autograding():
        return
    import matplotlib as mpl  # noqa: PLC0415 - takes a while, and grading draws nothing
    from IPython.display import display  # noqa: PLC0415

    rc: Any = {
        **STYLE,
        **dict.fromkeys(("figure.facecolor", "savefig.facecolor", "axes.facecolor"), PAPER),
        **dict.fromkeys(
            ("text.color", "axes.labelcolor", "axes.edgecolor", "axes.titlecolor"), PRINT
        ),
        **dict.fromkeys(("xtick.color", "ytick.color", "grid.color"), PRINT),
        "grid.alpha": 0.2,
    }
    frames = []
    with mpl.rc_context(rc):
        for scale, both in zip(scales, nets, strict=True):
            figure, words = draw(scale, both)
            frames.append(Frame(f"{scale:.3g}", png(figure), words))
    kept = [place for place in KEPT if place < len(frames)]
    shown = slider("weight scale", frames, kept)
    words = " ".join(frame.words for frame in frames)
    display({"text/html": shown, "text/plain": words}, raw=True)  # type: ignore[no-untyped-call]


def draw(scale: float, both: Mapping[str, Signals]) -> tuple[Figure, str]:
    """Draw one scale: a histogram for each layer, and beside it the gradient's norm."""
    layers = len(both["with"].activations)
    figure, ((left, right),) = axes(1, 2, (5.0, 4.3), sharey=True, width_ratios=(3, 2))
    for name in ("without", "with"):
        for layer, values in enumerate(both[name].activations, start=1):
            _ridge(left, np.abs(values).ravel(), layer, LOOKS[name])
        norms = np.clip(both[name].gradient_norms, 10.0**LOWEST, 10.0**HIGHEST)
        right.plot(np.log10(norms), range(1, layers + 1), marker="o", **LOOKS[name],
                   label=NAMES[name])  # fmt: skip
    powers = [-10, -5, 0, 5]
    names = ["$10^{-10}$", "$10^{-5}$", "1", "$10^5$"]
    for panel in (left, right):
        panel.set(xlim=(LOWEST, HIGHEST), xticks=powers, xticklabels=names)
    left.set(ylim=(layers + 0.3, -0.1), yticks=range(1, layers + 1), ylabel="layer")
    left.set_title("numbers that reach relu")
    right.set_title("weights' gradient")
    left.set_xlabel("their size")
    right.set_xlabel("its norm")
    figure.suptitle(f"weight scale {scale:.3g}", fontsize=12, color=PRINT)
    figure.legend(*right.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    told = "; ".join(
        f"{NAMES[name]}: spread {both[name].activations[-1].std():.0e} in the last layer, gradient"
        f" norm {both[name].gradient_norms[0]:.0e} in the first"
        for name in NAMES
    )
    return figure, f"Weight scale {scale:.3g}. {told}."


def _ridge(panel: Axes, sizes: Any, layer: int, look: Mapping[str, Any]) -> None:
    """Draw a histogram of sizes that stands on the line of its layer."""
    powers = np.clip(np.log10(np.maximum(sizes, 10.0**LOWEST)), LOWEST, HIGHEST)
    counts, edges = np.histogram(powers, np.linspace(LOWEST, HIGHEST, 55))
    heights = layer - 0.9 * counts / max(int(counts.max()), 1)
    panel.stairs(heights, edges, baseline=layer, lw=1.4, **look)
