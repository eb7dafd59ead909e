"""Repeat the second notebook's experiments over several seeds, for docs/measurements.md.

    python benchmarks/measure_batchnorm.py

takes about a minute and a half on one core. It uses the solved notebook's own network and the
shipped pictures.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "source" / "batchnorm"
SEEDS = (231, 0, 1, 2, 3, 4)
SEVEN = [50] * 7

sys.path.insert(0, str(SOURCE))
import support  # noqa: E402, F401 - before NumPy: one thread

# isort: split
import numpy as np  # noqa: E402
from support import record, wrong_mode  # noqa: E402
from support.data import Data, load  # noqa: E402
from support.record import Run  # noqa: E402


def solved_net() -> Any:
    """The class FullyConnectedNet of the solved notebook; nothing else of it is run."""
    os.chdir(SOURCE)
    os.environ["NBGRADER_EXECUTION"] = "autograde"  # the cells on the way are not the experiment
    names: dict[str, Any] = {}
    for cell in json.loads((SOURCE / "batch_normalization.ipynb").read_text())["cells"]:
        if cell["cell_type"] == "code" and cell["id"] in (
            *("imports", "own-layers", "net-given", "batchnorm_forward_answer"),
            *("batchnorm_backward_answer", "batchnorm_net_answer"),
        ):
            exec("".join(cell["source"]), names)  # noqa: S102
    del os.environ["NBGRADER_EXECUTION"]
    return names["FullyConnectedNet"]


def span(values: Iterable[float], form: str = ".3f") -> str:
    """The smallest and largest of some values."""
    values = sorted(values)
    return f"{values[0]:{form}} – {values[-1]:{form}}"


def row(*columns: object) -> None:
    """Print one line of a Markdown table."""
    print("|", " | ".join(map(str, columns)), "|")


def first_half(run: Run) -> int:
    """The first epoch with validation of at least one half; 99 for never."""
    return next((e for e, value in enumerate(run.val_accuracy, 1) if value >= 0.5), 99)


def six_layers(net: Any, data: Data) -> None:
    """Six layers with and without, and the demonstration of test mode."""
    settings: dict[str, Any] = {"hidden_dims": [100] * 5, "weight_scale": 2e-2}
    results: dict[bool, list[Run]] = {True: [], False: []}
    uses: list[dict[str, float]] = []
    for seed in SEEDS:
        for flag, runs in results.items():
            run, trained = record.train(
                net, data, name="six", use_batchnorm=flag, seed=seed, **settings
            )
            runs.append(run)
            if flag:
                uses.append(wrong_mode.measure(trained, data))
    row("six layers", "with", "without")
    row("---", "---", "---")
    for name, value in {
        "training, after epoch 10": lambda r: r.train_accuracy[-1],
        "validation, after epoch 10": lambda r: r.val_accuracy[-1],
        "gap between them": lambda r: r.train_accuracy[-1] - r.val_accuracy[-1],
        "validation, after epoch 1": lambda r: r.val_accuracy[0],
    }.items():
        row(name, *(span(map(value, runs)) for runs in results.values()))
    row(
        "epoch of validation ≥ .5", *(span(map(first_half, runs), "d") for runs in results.values())
    )
    for name in uses[0]:
        row(f"with, {name.replace('_', ' ')}", span(use[name] for use in uses), "")
    others = ("test_paper", "train_shuffled")
    ahead = {name: sum(use[name] > use["test"] for use in uses) for name in others}
    row("with, ahead of test mode", *(f"{n}: {k} of {len(uses)}" for n, k in ahead.items()))


def twenty_scales(net: Any, data: Data) -> None:
    """The initialization experiment: one line a seed."""
    scales = np.logspace(-4, 0, 20)
    row("seed", "best plain scale", "its accuracy", "≥ .70 with", "≥ .70 without",
        "plain at least as good at", "worst with", "best with", "plain < .3 up to")  # fmt: skip
    row(*["---"] * 9)
    for seed in SEEDS:
        best = {
            flag: [
                record.train(
                    net, data, name="scale", hidden_dims=SEVEN, use_batchnorm=flag,
                    weight_scale=scale, seed=seed,
                )[0].best_val
                for scale in scales
            ]
            for flag in (True, False)
        }  # fmt: skip
        _scale_row(seed, scales, best[True], best[False])


def _scale_row(seed: int, scales: Any, with_: Sequence[float], plain: Sequence[float]) -> None:
    top, low = int(np.argmax(plain)), int(np.argmin(with_))
    ties = [f"{s:.4f}" for s, p, w in zip(scales, plain, with_, strict=True) if p >= w]
    learns = next(i for i, value in enumerate(plain) if value >= 0.3)
    row(seed, f"{scales[top]:.4f}", f"{plain[top]:.3f}", sum(v >= 0.7 for v in with_),
        sum(v >= 0.7 for v in plain), ", ".join(ties), f"{with_[low]:.3f} at {scales[low]:.2g}",
        f"{max(with_):.3f}", f"{scales[learns - 1]:.4f}")  # fmt: skip


def rescue(net: Any, data: Data) -> None:
    """What helps at weight scale 1."""
    row("weight scale 1, with batchnorm", "best validation", "first loss")
    row("---", "---", "---")
    remedies: dict[str, dict[str, Any]] = {
        "as it is": {},
        "ε = 1": {"bn_param": {"eps": 1.0}},
        "learning rate × 10": {"learning_rate": 1e-2},
        "momentum .99": {"bn_param": {"momentum": 0.99}},
        "γ and β frozen": {"frozen": True},
        "a small last layer": {"last_scale": 0.01},
        "learning rate × 10 and a small last layer": {"learning_rate": 1e-2, "last_scale": 0.01},
    }
    for name, remedy in remedies.items():
        runs = [
            record.train(net, data, name=name, hidden_dims=SEVEN, use_batchnorm=True,
                         weight_scale=1.0, seed=seed, **remedy)[0]
            for seed in SEEDS
        ]  # fmt: skip
        row(name, span(run.best_val for run in runs), span((run.losses[0] for run in runs), ".2f"))


def learning_rates(net: Any, data: Data) -> None:
    """SGD at four learning rates."""
    row("SGD, scale .14", "with", "without", "diverged without")
    row("---", "---", "---", "---")
    for rate in (0.01, 0.1, 1.0, 3.0):
        runs = {
            flag: [
                record.train(net, data, name="rate", hidden_dims=SEVEN, use_batchnorm=flag,
                             weight_scale=0.14, update_rule="sgd", learning_rate=rate, seed=seed)[0]
                for seed in SEEDS
            ]
            for flag in (True, False)
        }  # fmt: skip
        stopped = sum(run.diverged for run in runs[False])
        columns = (span(run.best_val for run in row_) for row_ in runs.values())
        row(f"rate {rate:g}", *columns, f"{stopped} of {len(SEEDS)}")


def main() -> None:
    """Print all tables."""
    net, data = solved_net(), load().first(1000)
    for table in (six_layers, twenty_scales, rescue, learning_rates):
        print()
        table(net, data)


if __name__ == "__main__":
    main()
