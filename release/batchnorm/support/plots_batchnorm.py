"""Pictures for the notebook on batch normalization, in the style of `plots`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .plots import (
    COLOURS,
    DASHES,
    GREEN,
    PINK,
    WITH,
    WITHOUT,
    axes,
    guessed_fractions,
    label,
    picture,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from .record import Run

Array = npt.NDArray[Any]

HIGHEST_LOSS = 1e6  # a diverged run is drawn here


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
    grid[0, 0].legend(fontsize=9)
    told = "; ".join(
        f"{name}: means {np.round(v.mean(0), 1).tolist()}, spreads {np.round(v.std(0), 1).tolist()}"
        for name, v in stages.items()
    )
    return figure, f"Histograms of three features. {told}."


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
    scales: Sequence[float], runs: Mapping[str, Sequence[Run]], guesses: Any = None
) -> tuple[Figure, str]:
    """Show best validation, best training accuracy and final loss against weight scale.

    Args:
        scales: the weight scales, ascending.
        runs: for "with" and "without" batch normalization, a run for each scale.
        guesses: weight scales by what they were guessed for; anything else is left out.
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
    guessed = guessed_fractions(guesses, guesses if isinstance(guesses, Mapping) else ())
    panels[0].legend()
    lines = [
        panels[0].axvline(scale, color=colour, ls=":", label=f"your guess: {name} {scale:g}")
        for (name, scale), colour in zip(guessed.items(), (GREEN, PINK), strict=False)
        if scale > 0
    ]
    if lines:
        figure.legend(handles=lines, loc="outside lower left", ncols=len(lines))
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
