"""Trainings written down, so that an answer can be held against what was really measured.

An experiment's runs go into `results/<experiment>.json` beside the notebook and, as a hidden part
of the output, into the cell that made them. While the autograder runs, nothing is written: a
record always comes from a full run.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np

from .data import Data
from .mode import autograding
from .solver import Solver
from .text import as_html, show

FORMAT = 1
FOLDER = "results"
MIME = "application/vnd.batchnorm.record+json"
EXACT = 10  # losses kept to the last digit; the autograder repeats that many iterations
DIGITS = 6  # significant digits of the other losses
FLOAT = np.float32  # what nets are trained in
LAST = 100  # losses that a final loss is the mean of


@dataclass(frozen=True)
class Run:
    """One training.

    Attributes:
        name: what it is called in legends.
        settings: all that is needed to repeat it: net, data, update rule, seed.
        losses: of each iteration; the first ten exact, the others to six digits, NaN where a
            loss was not finite.
        train_accuracy, val_accuracy: fractions after each epoch, the first after epoch 1.
        diverged_at: the iteration, from 1, whose loss was not finite; None if all were.
    """

    name: str
    settings: dict[str, Any]
    losses: list[float]
    train_accuracy: list[float]
    val_accuracy: list[float]
    diverged_at: int | None

    @property
    def diverged(self) -> bool:
        """Whether training stopped at a loss that was not finite."""
        return self.diverged_at is not None

    @property
    def best_val(self) -> float:
        """The best validation accuracy of all epochs; 0 if no epoch came to its end."""
        return max(self.val_accuracy, default=0.0)

    @property
    def best_train(self) -> float:
        """The best training accuracy of all epochs; 0 if no epoch came to its end."""
        return max(self.train_accuracy, default=0.0)

    @property
    def final_loss(self) -> float:
        """The mean of the last 100 losses; infinite after a divergence."""
        return math.inf if self.diverged else float(np.mean(self.losses[-LAST:]))


def train(
    make_net: Callable[..., Any],
    data: Data,
    *,
    name: str,
    hidden_dims: Sequence[int],
    use_batchnorm: bool,
    weight_scale: float,
    update_rule: str = "adam",
    learning_rate: float = 1e-3,
    epochs: int = 10,
    batch_size: int = 50,
    seed: int = 231,
    bn_param: Mapping[str, float] | None = None,
    frozen: bool = False,
    last_scale: float | None = None,
    show: bool = False,
) -> tuple[Run, Any]:
    """Make a net, train it, write down what happened.

    The seed is set before the weights are drawn and again before the first batch, so a run is
    repeated exactly whatever ran before it.

    Args:
        make_net: the class FullyConnectedNet.
        data: pictures to train on and to validate with.
        name: what the run is called in legends.
        hidden_dims: units of each hidden layer.
        use_batchnorm: whether they are normalized.
        weight_scale: standard deviation of the weights at the start.
        update_rule: a name in `optim.RULES`.
        learning_rate: the size of its steps.
        epochs: how often as many pictures are drawn as there are.
        batch_size: pictures a batch.
        seed: of weights and batches.
        bn_param: put into each layer's bn_param, such as {"eps": 1.0}.
        frozen: leave gamma and beta as they are at the start.
        last_scale: standard deviation of the last layer's weights, if another one.
        show: whether to show a progress bar.

    Returns:
        The run and the trained net.
    """
    drawn = {
        "hidden_dims": list(hidden_dims),
        "use_batchnorm": use_batchnorm,
        "weight_scale": float(weight_scale),
        "seed": seed,
    }
    net = make_net(**drawn, input_dim=data.input_dim, num_classes=len(data.classes), dtype=FLOAT)
    for layer in net.bn_params:
        layer.update(bn_param or {})
    if last_scale is not None:
        net.params[f"W{len(hidden_dims) + 1}"] *= FLOAT(last_scale / weight_scale)
    np.random.seed(seed)
    solver = Solver(
        _Frozen(net) if frozen else net,
        data,
        update_rule=update_rule,
        learning_rate=learning_rate,
        epochs=epochs,
        batch_size=batch_size,
        label=name,
        show=show,
    ).train()
    special: dict[str, Any] = {"dtype": FLOAT.__name__, "bn_param": dict(bn_param or {})}
    special |= {"frozen": frozen} | ({} if last_scale is None else {"last_scale": last_scale})
    return _written_down(name, {**drawn, **special, **solver.settings}, solver), net


def _written_down(name: str, settings: dict[str, Any], solver: Solver) -> Run:
    losses = solver.loss_history
    rounded = losses[:EXACT] + [float(f"{loss:.{DIGITS}g}") for loss in losses[EXACT:]]
    return Run(
        name,
        settings,
        [loss if math.isfinite(loss) else math.nan for loss in rounded],
        list(solver.train_acc_history),
        list(solver.val_acc_history),
        solver.diverged_at,
    )


class _Frozen:
    """A net whose gamma and beta never move: their gradients are replaced by zeros."""

    def __init__(self, net: Any) -> None:
        self.net = net
        self.params = net.params

    def loss(self, X: Any, y: Any = None) -> Any:
        answer = self.net.loss(X, y)
        if y is None:
            return answer
        loss, grads = answer
        still = {
            name: np.zeros_like(value)
            for name, value in grads.items()
            if name.startswith(("gamma", "beta"))
        }
        return loss, {**grads, **still}


def save(
    experiment: str,
    runs: Sequence[Run],
    numbers: Mapping[str, float] | None = None,
    folder: Path | str = FOLDER,
) -> None:
    """Write an experiment into `<folder>/<experiment>.json` and into this cell's output.

    Args:
        experiment: its name, which becomes the file's.
        runs: its trainings.
        numbers: further numbers by name.
        folder: where to write.
    """
    if autograding():
        return
    record = {
        "format": FORMAT,
        "experiment": experiment,
        "runs": [_plain(run) for run in runs],
        "measured": dict(numbers or {}),
    }
    path = Path(folder) / f"{experiment}.json"
    told = f"Recorded in {path.as_posix()}: {_summary(runs, numbers or {})}."
    try:
        path.parent.mkdir(exist_ok=True)
        # In one step, so that an interrupted run never leaves half a file.
        draft = path.with_suffix(".tmp")
        draft.write_text(json.dumps(record, allow_nan=False), encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        told = (
            f"{path.as_posix()} cannot be written ({error.strerror}). The record stands in this "
            "cell's output all the same: save a copy of the notebook where you may write, and hand "
            f"that in. {_summary(runs, numbers or {})}."
        )
    _show(record, told)


def load(experiment: str, folder: Path | str = FOLDER) -> list[Run]:
    """Return the runs of a recorded experiment.

    Raises:
        FileNotFoundError: it has not been run yet.
        ValueError: the file is not a record.
    """
    record = _read(experiment, folder)
    return [Run(**{**run, "losses": _numbers(run["losses"])}) for run in record["runs"]]


def measured(experiment: str, folder: Path | str = FOLDER) -> dict[str, float]:
    """Return the further numbers of a recorded experiment; none if there is no record of it."""
    try:
        numbers: dict[str, float] = _read(experiment, folder)["measured"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
    return numbers


def _read(experiment: str, folder: Path | str) -> dict[str, Any]:
    text = (Path(folder) / f"{experiment}.json").read_text(encoding="utf-8")
    record: dict[str, Any] = json.loads(text)
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise ValueError(f"{experiment}.json is not a record of format {FORMAT}.")
    return record


def _plain(run: Run) -> dict[str, Any]:
    """Return a run for JSON, which has no NaN: null stands for it."""
    losses = [loss if math.isfinite(loss) else None for loss in run.losses]
    return {**asdict(run), "losses": losses}


def _numbers(losses: Sequence[float | None]) -> list[float]:
    return [math.nan if loss is None else loss for loss in losses]


def _summary(runs: Sequence[Run], numbers: Mapping[str, float]) -> str:
    stopped = sum(run.diverged for run in runs)
    parts = [f"{len(runs)} runs"] if runs else []
    parts += [f"{stopped} of them diverged"] if stopped else []
    parts += [f"{name.replace('_', ' ')} {value:.3f}" for name, value in numbers.items()]
    return ", ".join(parts)


def _show(record: Mapping[str, Any], text: str) -> None:
    from IPython.display import display  # noqa: PLC0415 - scripts need no IPython

    told = {"text/html": as_html(text, columns=False), "text/plain": text}
    display({MIME: record, **told}, raw=True)  # type: ignore[no-untyped-call]


def print_accuracies(with_: Run, without: Run) -> None:
    """Print the accuracies of two runs after each epoch."""
    lines = ["         with batchnorm         without", "epoch" + "   train     val" * 2]
    columns = [c for run in (with_, without) for c in (run.train_accuracy, run.val_accuracy)]
    for epoch, (a, b, c, d) in enumerate(zip_longest(*columns, fillvalue=math.nan), start=1):
        lines.append(f"{epoch:5}{a:8.3f}{b:8.3f}{c:8.3f}{d:8.3f}")
    show("\n".join(lines), columns=True)


def print_best(rates: Sequence[float], rows: Mapping[str, Sequence[Run]]) -> None:
    """Print the best validation accuracy of each learning rate, or that it diverged."""
    lines = ["best validation accuracy", "rate       with    without"]
    for rate, *runs in zip(rates, rows["with"], rows["without"], strict=True):
        with_, without = ("diverged" if r.diverged else f"{r.best_val:.3f}" for r in runs)
        lines.append(f"{rate:<5g}{with_:>10}{without:>11}")
    show("\n".join(lines), columns=True)


def print_scales(scales: Sequence[float], rows: Mapping[str, Sequence[Run]]) -> None:
    """Print the best validation accuracies of both nets at each weight scale."""
    lines = ["best validation accuracy", "weight scale    with   without"]
    for scale, run, plain in zip(scales, rows["with"], rows["without"], strict=True):
        lines.append(f"{scale:12.4g}{run.best_val:8.3f}{plain.best_val:10.3f}")
    show("\n".join(lines), columns=True)
