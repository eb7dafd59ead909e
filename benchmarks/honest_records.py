"""Records of the second notebook's experiments as honest students leave them.

    python benchmarks/honest_records.py FOLDER [--seeds 231 …] [--kernels Haswell …] [--styles …]

trains what the notebook trains, once for every seed, kernel of OpenBLAS and style of writing the
layers (all right; they differ in the last digits, which training amplifies), and writes
FOLDER/<style>-<kernel>-<seed>/<experiment>.json. What is there already is kept. A record takes
twelve seconds on one core, the two hundred of all defaults forty minutes.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SEEDS = (231, 101, 202, 303, 404)
KERNELS = ("Haswell", "Sandybridge", "Nehalem", "SkylakeX")
"""Values of OPENBLAS_CORETYPE: another order of additions each."""

sys.path[:0] = [
    str(ROOT / "source" / "batchnorm"),
    str(ROOT / "benchmarks"),
    str(ROOT / "tests" / "assignments" / "batchnorm"),
]

import support  # noqa: E402, F401 - before NumPy: one thread

# isort: split
import numpy as np  # noqa: E402
import student_answers  # noqa: E402
from measure_batchnorm import solved_net  # noqa: E402
from support import record  # noqa: E402
from support.data import Data, load  # noqa: E402

from autograder.assignments.batchnorm import reference  # noqa: E402
from autograder.assignments.batchnorm.checks.own_record import (  # noqa: E402
    DEEP_DIMS,
    DEEP_SCALE,
    SCALE_DIMS,
    SCALES,
)

REMEDIES: dict[str, dict[str, Any]] = {
    "as it was": {},
    "A": {"bn_param": {"eps": 1.0}},
    "B": {"learning_rate": 1e-2},
    "C": {"bn_param": {"momentum": 0.99}},
    "D": {"frozen": True},
}


def in_pieces() -> Any:
    """Single precision; products are summed in four pieces of the features or rows."""
    usual = student_answers.plain(np.float32)

    def product(a: Any, b: Any) -> Any:
        cuts = [len(b) * i // 4 for i in range(5)]
        return sum(a[:, i:j] @ b[i:j] for i, j in pairwise(cuts))

    def affine_forward(x: Any, w: Any, b: Any) -> Any:
        return product(x.reshape(len(x), -1), w) + b, (x, w, b)

    def affine_backward(dout: Any, cache: Any) -> Any:
        x, w, _ = cache
        dw = product(x.reshape(len(x), -1).T, dout)
        return product(dout, w.T).reshape(x.shape), dw, dout[::-1].sum(axis=0)

    changed = {"affine_forward": affine_forward, "affine_backward": affine_backward}
    return student_answers.with_nets(usual | changed, dtype=np.float32)


def backwards() -> Any:
    """Single precision; rows and features are added from the last to the first."""
    usual = student_answers.plain(np.float32)

    def affine_forward(x: Any, w: Any, b: Any) -> Any:
        rows = np.ascontiguousarray(x.reshape(len(x), -1)[:, ::-1])
        return rows @ np.ascontiguousarray(w[::-1]) + b, (x, w, b)

    def batchnorm_forward(x: Any, *others: Any) -> Any:
        out, cache = usual["batchnorm_forward"](np.ascontiguousarray(x[::-1]), *others)
        return out[::-1], cache

    def batchnorm_backward(dout: Any, cache: Any) -> Any:
        dx, *others = usual["batchnorm_backward"](np.ascontiguousarray(dout[::-1]), cache)
        return (dx[::-1], *others)

    changed = {
        "affine_forward": affine_forward,
        "batchnorm_forward": batchnorm_forward,
        "batchnorm_backward": batchnorm_backward,
    }
    return student_answers.with_nets(usual | changed, dtype=np.float32)


def _net(style: Callable[[], Any]) -> Callable[[], Any]:
    return lambda: style()["FullyConnectedNet"]


STYLES: dict[str, Callable[[], Any]] = {
    "solved": solved_net,
    "reference": lambda: reference.FullyConnectedNet,
    **{
        style.__name__: _net(style)
        for style in (
            *(student_answers.plain, student_answers.float32, student_answers.slope_one_at_zero),
            *(student_answers.everything_in_place, student_answers.caches_of_any_kind),
            *(
                student_answers.counted_from_zero,
                student_answers.gamma_as_row,
                in_pieces,
                backwards,
            ),
        )
    },
}
STUDENTS = [name for name in STYLES if name != "reference"]


def write(net: Any, data: Data, seed: int, folder: Path) -> None:
    """Run the four experiments and leave their records in `folder`."""

    def train(name: str, dims: Any, normalized: bool, scale: float, **others: Any) -> Any:
        return record.train(
            *(net, data), name=name, hidden_dims=dims, use_batchnorm=normalized,
            weight_scale=scale, seed=seed, **others,
        )  # fmt: skip

    def save(*what: Any) -> None:
        record.save(*what, folder=folder)

    folder.mkdir(parents=True)
    record._show = lambda *_: None
    deep = [train(name, DEEP_DIMS, name == "with", DEEP_SCALE) for name in ("with", "without")]
    save("deep_net", [run for run, _ in deep])
    save("test_mode", [], _modes(deep[0][1], data, deep[0][0].val_accuracy[-1]))
    sweep = [
        train(f"{name}, scale {scale:.2g}", SCALE_DIMS, name == "with", scale)[0]
        for name in ("with", "without")
        for scale in SCALES
    ]
    save("weight_scale", sweep)
    rescue = [train(name, SCALE_DIMS, True, 1.0, **remedy)[0] for name, remedy in REMEDIES.items()]
    save("rescue", rescue)


def _modes(trained: Any, data: Data, test: float) -> dict[str, float]:
    """What the demonstration of test mode measures, with the trained parameters."""
    judge = reference.FullyConnectedNet(DEEP_DIMS, use_batchnorm=True)
    own = trained.params if "W6" in trained.params else {
        f"{name[:-1]}{int(name[-1]) + 1}": value for name, value in trained.params.items()
    }  # fmt: skip
    judge.params = {
        name: np.asarray(own[name]).reshape(p.shape) for name, p in judge.params.items()
    }
    x, y = data.x_val, data.y_val
    by_class = np.argsort(y, kind="stable")

    def right(x: Any, y: Any, batch: int) -> float:
        found = [
            judge.forward(reference.f64(x[i : i + batch]), "train")[0].argmax(axis=1)
            for i in range(0, len(x), batch)
        ]
        return float(np.mean(np.concatenate(found) == y))

    return {
        "test": test,
        "train_shuffled": right(x, y, 50),
        "train_sorted": right(x[by_class], y[by_class], 50),
        "train_single": right(x, y, 1),
    }


def main() -> None:
    """Write all records that are not there yet; each kernel has a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--kernels", nargs="+", default=KERNELS)
    parser.add_argument("--styles", nargs="+", default=STUDENTS, choices=list(STYLES))
    wanted = parser.parse_args()
    folder = wanted.folder.resolve()
    if len(wanted.kernels) > 1:
        for seed in wanted.seeds:
            for kernel in wanted.kernels:
                subprocess.run(
                    [
                        *(sys.executable, __file__, str(folder), "--seeds", str(seed)),
                        *("--kernels", kernel, "--styles", *wanted.styles),
                    ],
                    env=os.environ | {"OPENBLAS_CORETYPE": kernel},
                    check=True,
                )
        return
    data = load(folder=ROOT / "datasets").first(1000)
    for seed in wanted.seeds:
        for style in wanted.styles:
            target = folder / f"{style}-{wanted.kernels[0]}-{seed}"
            if not target.exists():
                np.random.seed(0)
                draft = target.with_name(f".{target.name}.{os.getpid()}")
                write(STYLES[style](), data, seed, draft)
                draft.rename(target)
                print(target.name, flush=True)


if __name__ == "__main__":
    main()
