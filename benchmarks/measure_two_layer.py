"""What settings of `train_two_layer_net` reach on the grading images, over several seeds.

    python benchmarks/measure_two_layer.py

prints the table of docs/measurements.md, "Two-layer settings".
"""

from __future__ import annotations

import ast
import re
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "source" / "batchnorm"
sys.path[:0] = [str(SOURCE), str(ROOT)]

import support  # noqa: E402, F401 - before NumPy, for one thread

# isort: split
import nbformat  # noqa: E402
import numpy as np  # noqa: E402
from support.data import load  # noqa: E402
from support.solver import accuracy  # noqa: E402
from support.training import SEED, train_two_layer  # noqa: E402

from autograder.assignments.batchnorm.checks.training import Float32Net  # noqa: E402

SEEDS = (SEED, 0, 1, 2, 3, 4)
PLAIN = {
    "hidden_dim": 100,
    "epochs": 10,
    "batch_size": 100,
    "learning_rate": 0.1,
    "lr_decay": 1.0,
    "weight_scale": 1e-2,
    "reg": 0.0,
    "update_rule": "sgd",
}


def notebook_settings() -> dict[str, dict[str, Any]]:
    """The settings that students start from, and those of the solution."""
    notebook = nbformat.read(SOURCE / "fully_connected_nets.ipynb", as_version=4)
    cells = {cell.id: cell for cell in notebook.cells}
    cell = cells["train_two_layer_net_answer"]
    solution = re.sub(r"(?m)^###.*$", "", cell.source)
    texts = {"as handed out": cell.metadata.autograder.stub, "the solution": solution}
    return {name: ast.literal_eval(text.split("=", 1)[1].strip()) for name, text in texts.items()}


def tried() -> Mapping[str, dict[str, Any]]:
    """What is measured, by name."""
    rates = {f"sgd, {rate:g}": {"learning_rate": rate} for rate in (1e-3, 0.01, 0.03, 0.1, 0.3, 1)}
    others = {
        "momentum, 0.02": {"update_rule": "sgd_momentum", "learning_rate": 0.02},
        "rmsprop, 0.001": {"update_rule": "rmsprop", "learning_rate": 1e-3},
        "adam, 0.0001": {"update_rule": "adam", "learning_rate": 1e-4},
        "adam, 0.001": {"update_rule": "adam", "learning_rate": 1e-3},
        "adam, 0.003": {"update_rule": "adam", "learning_rate": 3e-3},
        "adam, 0.001, 20 hidden units": {
            "update_rule": "adam",
            "learning_rate": 1e-3,
            "hidden_dim": 20,
        },
    }
    return notebook_settings() | {name: PLAIN | change for name, change in (rates | others).items()}


def main() -> None:
    """Print a row for each settings."""
    data = load(folder=ROOT / "datasets")
    with np.load(ROOT / "autograder/assignments/batchnorm/checks/grading_images.npz") as images:
        X = (images["x"] / 255.0 - data.mean_image).astype(np.float32)
        y = images["y"]
    print("| settings | grading images | validation | CPU seconds |")
    print("| --- | --- | --- | --- |")
    for name, settings in tried().items():
        reached, validation, seconds = [], [], []
        for seed in SEEDS:
            start = time.process_time()
            run = train_two_layer(Float32Net, settings, data, seed, watch=False)
            seconds.append(time.process_time() - start)
            reached.append(accuracy(run.model, X, y))
            validation.append(accuracy(run.model, data.x_val, data.y_val))
        print(
            f"| {name} | {min(reached):.3f} – {max(reached):.3f} "
            f"| {min(validation):.3f} – {max(validation):.3f} | {np.median(seconds):.2f} |"
        )


if __name__ == "__main__":
    main()
