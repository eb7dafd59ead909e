"""Pictures of training, in one style that reads on light and on dark pages.

Every function here shows one picture and returns nothing. The picture's background is
transparent, lines and letters have a middle brightness, and colours are told apart by colour-blind
readers too (Okabe & Ito 2008), helped by line styles. Each picture carries a text that says what
is seen. While the autograder runs nothing is drawn at all.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ParamSpec

import numpy as np
import numpy.typing as npt

from .mode import autograding

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from .solver import Solver

Array = npt.NDArray[Any]
P = ParamSpec("P")

WIDE = 7  # inches; on a narrow page a wider picture is moved sideways, not shrunk
INK = "#7d7d7d"
BLUE, ORANGE, GREEN, PINK = "#2a86c8", "#d9641e", "#1a9e77", "#c7689c"
COLOURS = (BLUE, ORANGE, GREEN, PINK)
DASHES = ("-", "--", "-.", ":")
WITH, WITHOUT = (
    {"color": BLUE, "ls": "-", "marker": "o"},
    {"color": ORANGE, "ls": "--", "marker": "s"},
)
STYLE: Mapping[str, Any] = MappingProxyType(
    {
        **dict.fromkeys(("figure.facecolor", "axes.facecolor", "savefig.facecolor"), "none"),
        **dict.fromkeys(
            ("text.color", "axes.labelcolor", "axes.edgecolor", "axes.titlecolor"), INK
        ),
        **dict.fromkeys(("xtick.color", "ytick.color", "grid.color", "hatch.color"), INK),
        **dict.fromkeys(("axes.spines.top", "axes.spines.right", "legend.frameon"), False),
        **dict.fromkeys(("font.size", "axes.labelsize", "legend.fontsize"), 10),
        "axes.grid": True,
        "grid.alpha": 0.3,
        "axes.titlesize": 11,
        "lines.linewidth": 1.8,
        "lines.markersize": 4.5,
        "figure.dpi": 110,
        "mathtext.fontset": "cm",
    }
)


def picture(draw: Callable[P, tuple[Figure, str]]) -> Callable[P, None]:
    """Make a function that draws a figure and describes it into one that shows it.

    The plain function stays reachable as `__wrapped__`.
    """

    @wraps(draw)
    def show(*args: P.args, **kwargs: P.kwargs) -> None:
        if autograding():
            return
        import matplotlib as mpl  # noqa: PLC0415 - takes a while, and grading draws nothing
        from IPython.display import display  # noqa: PLC0415

        rc: Any = dict(STYLE)
        with mpl.rc_context(rc):
            figure, text = draw(*args, **kwargs)
            image = png(figure)
        # As HTML, because notebooks show the alternative text of no other kind of output.
        inches = figure.get_figwidth()
        least = min(700, round(70 * inches))
        wide = f' style="min-width: {least}px"' if inches > WIDE else ""
        tag = f'<img alt="{html.escape(text)}" src="data:image/png;base64,{image}"{wide}>'
        display({"text/html": tag, "text/plain": text}, raw=True)  # type: ignore[no-untyped-call]

    return show


def png(figure: Figure) -> str:
    """Return a figure as a PNG file in base64, as notebooks keep pictures.

    Of lines and letters 256 colours show all, in a third of the bytes; photographs need more.
    """
    from PIL import Image  # noqa: PLC0415 - with Matplotlib, which has just drawn

    file = io.BytesIO()
    # Without the version of Matplotlib in the file the same picture is the same bytes.
    figure.savefig(file, format="png", bbox_inches="tight", metadata={"Software": None})
    if not any(panel.images for panel in figure.axes):
        with Image.open(io.BytesIO(file.getvalue())) as image:
            few = image.quantize(256, method=Image.Quantize.FASTOCTREE)
        file = io.BytesIO()
        few.save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def axes(rows: int, columns: int, size: tuple[float, float], **kwargs: Any) -> tuple[Figure, Any]:
    """Return a figure of `size` inches and its (rows, columns) array of axes."""
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False, **kwargs)


@picture
def training_curves(runs: Mapping[str, Solver]) -> tuple[Figure, str]:
    """Show loss by iteration and accuracy by epoch of one or more trainings.

    Args:
        runs: trained solvers by the name they get in the legend, at most four.
    """
    figure, ((left, right),) = axes(1, 2, (10, 3.4))
    for (name, run), colour, dash in zip(runs.items(), COLOURS, DASHES, strict=False):
        left.plot(run.loss_history, color=colour, alpha=0.25, lw=1)
        left.plot(*smooth(run.loss_history), color=colour, ls=dash, label=name)
        epochs = np.arange(1, len(run.val_acc_history) + 1)
        right.plot(epochs, run.val_acc_history, color=colour, ls=dash, marker="o")
        right.plot(epochs, run.train_acc_history, color=colour, ls=dash, lw=1, alpha=0.7)
    right.plot([], color=INK, marker="o", label="validation")
    right.plot([], color=INK, lw=1, alpha=0.7, label="training")
    label(left, "loss, and its running mean", "iteration", "loss")
    label(right, "accuracy", "epoch", "fraction right")
    right.set_ylim(0, 1.02)
    right.xaxis.get_major_locator().set_params(integer=True)
    for panel in (left, right):
        panel.legend()
    ends = (
        f"{name} ends at validation accuracy {run.val_acc_history[-1]:.2f}"
        for name, run in runs.items()
        if run.val_acc_history
    )
    return figure, f"Two line plots: loss by iteration, accuracy by epoch. {'; '.join(ends)}."


@picture
def weight_pictures(
    weights: Array, shape: tuple[int, ...] = (28, 28), columns: int = 12
) -> tuple[Figure, str]:
    """Show what each unit of a first layer looks for, as a picture of its weights.

    Args:
        weights: (D, H), a column for each unit.
        shape: of one picture, with product D; (3, rows, columns) is shown in colour.
        columns: how many pictures stand in a row.
    """
    count = min(weights.shape[1], 4 * columns)
    rows = -(-count // columns)
    figure, grid = axes(rows, columns, (columns * 0.8, rows * 0.8))
    for panel in grid.flat:
        panel.axis("off")
    for panel, unit in zip(grid.flat, weights.T[:count], strict=False):
        show_pixels(panel, unit.reshape(shape))
    return figure, f"The weights of {count} units of the first layer, each drawn as a picture."


@picture
def picture_row(pictures: Array, titles: Sequence[str], columns: int = 10) -> tuple[Figure, str]:
    """Show pictures (N, *shape) beside each other, with a title over each."""
    rows = -(-len(pictures) // columns)
    figure, grid = axes(rows, columns, (columns * 0.95, rows * 1.15))
    for panel in grid.flat:
        panel.axis("off")
    for panel, pixels, title in zip(grid.flat, pictures, titles, strict=False):
        show_pixels(panel, pixels)
        panel.set_title(title, fontsize=9)
    return figure, f"{len(pictures)} pictures: {', '.join(titles)}."


@picture
def search_results(
    tried: Sequence[tuple[float, float, float]], x: str, y: str
) -> tuple[Figure, str]:
    """Show what a search tried: a dot for each run, coloured and labelled by its accuracy.

    Args:
        tried: (setting along x, setting along y, validation accuracy), settings above 0.
        x: the setting along the horizontal axis; both axes are logarithmic.
        y: the setting along the vertical axis.
    """
    figure, ((panel,),) = axes(1, 1, (5, 4.2))
    xs, ys, scores = zip(*tried, strict=True)
    dots = panel.scatter(xs, ys, c=scores, s=110, cmap="cividis", vmin=0, vmax=1, edgecolors=INK)
    for at_x, at_y, value in tried:
        panel.annotate(f"{value:.2f}", (at_x, at_y), (9, 6), textcoords="offset points")
    panel.set(xscale="log", yscale="log")
    panel.margins(0.15)
    label(panel, f"{len(tried)} runs", x, y)
    figure.colorbar(dots, ax=panel, label="validation accuracy")
    best = max(tried, key=lambda run: run[2])
    text = f"the best, {best[2]:.2f}, has {x} {best[0]:.3g} and {y} {best[1]:.3g}"
    return figure, f"A dot for each of {len(tried)} runs over {x} and {y}; {text}."


@picture
def bars(
    values: Mapping[str, float],
    title: str,
    chance: float | None = None,
    *,
    guesses: Any = None,
    notes: Sequence[str] = (),
) -> tuple[Figure, str]:
    """Show fractions as horizontal bars, each with its value, and chance as a line.

    Args:
        values: a fraction for each bar's name.
        title: stands above.
        chance: the fraction that guessing would reach.
        guesses: a fraction for some of the names, shown as diamonds; anything else is left out.
        notes: a few words behind the value of each bar.
    """
    figure, ((panel,),) = axes(1, 1, (5.2, 0.7 + 0.4 * len(values)))
    drawn = panel.barh(list(values), list(values.values()), color=BLUE, height=0.6)
    panel.grid(visible=False, axis="y")
    behind = [f", {note}" for note in notes] or [""] * len(values)
    panel.bar_label(drawn, [f" {v:.3f}{n}" for v, n in zip(values.values(), behind, strict=True)])
    if chance is not None:
        panel.axvline(chance, color=ORANGE, ls="--")
        panel.text(chance, -0.75, " chance", color=ORANGE)
    guessed = guessed_fractions(guesses, values)
    if guessed:
        places = [list(values).index(name) + 0.36 for name in guessed]
        look: dict[str, Any] = {"ls": "", "marker": "D", "color": PINK, "clip_on": False}
        panel.plot(list(guessed.values()), places, **look, ms=6, label="your guess, below its bar")
        figure.legend(loc="outside lower right")
    panel.set(xlim=(0, 1), ylim=(len(values) - 0.4, -0.9))
    label(panel, title, "", "")
    told = ", ".join(
        f"{name} {value:.3f}{note}"
        for (name, value), note in zip(values.items(), behind, strict=True)
    )
    beside = "".join(f"; your guess of {name} {value:.3f}" for name, value in guessed.items())
    return figure, f"Bars of {title}: {told}{beside}."


def guessed_fractions(guesses: Any, names: Iterable[str]) -> dict[str, float]:
    """Return those guesses that are numbers from 0 to 1 and belong to one of the names."""
    given = guesses if isinstance(guesses, Mapping) else {}
    numbers = {n: given.get(n) for n in names if isinstance(given.get(n), int | float)}
    return {
        name: float(value)
        for name, value in numbers.items()
        if value is not None and 0 <= value <= 1
    }


def smooth(losses: Sequence[float], width: int = 15) -> tuple[Array, Array]:
    """Return a running mean of the finite losses and the iterations it stands at.

    Fewer than 100 losses stay as they are: their mean would hide how they fell.
    """
    finite = np.array([loss for loss in losses if np.isfinite(loss)])
    width = width if len(finite) >= 100 else 1
    if len(finite) == 0:
        return finite, finite
    mean = np.convolve(finite, np.ones(width) / width, mode="valid")
    return np.arange(len(mean)) + (width - 1) / 2, mean


def show_pixels(panel: Axes, pixels: Array) -> None:
    """Draw (rows, columns) in grey or (3, rows, columns) in colour, stretched to full contrast."""
    low, high = float(pixels.min()), float(pixels.max())
    stretched = (pixels - low) / max(high - low, 1e-12)
    panel.imshow(np.moveaxis(stretched, 0, -1) if pixels.ndim == 3 else stretched, cmap="gray")


def label(panel: Axes, title: str, x: str, y: str) -> None:
    """Write title and axis labels."""
    panel.set(title=title, xlabel=x, ylabel=y)
