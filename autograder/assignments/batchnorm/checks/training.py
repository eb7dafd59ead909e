"""Train with a student's settings, and measure accuracy on images that only the autograder has.

The answer is the dictionary, so only the dictionary crosses: a trusted two-layer net is
trained with it here, by the Solver that students have. Nothing a submission patches can
change what its settings achieve, and a mistake in its net does not cost these points.
"""

import importlib.util
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from autograder.assignments.batchnorm import reference
from autograder.checking.faults import CheckFailed
from autograder.checking.released import stamp

Pixels = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]

GRADING_IMAGES = Path(__file__).with_name("grading_images.npz")

BOUNDS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "hidden_dim": (1, 100),
        "epochs": (1, 10),
        "batch_size": (100, 500),
        "learning_rate": (0.0, 10.0),
        "lr_decay": (0.0, 1.0),
        "weight_scale": (0.0, 10.0),
        "reg": (0.0, 10.0),
    }
)
"""As the notebook states them; a test holds the two together."""

RULES = ("sgd", "sgd_momentum", "rmsprop", "adam")

LEARNS, LEARNS_WELL, LEARNS_VERY_WELL = 0.60, 0.76, 0.82
"""Accuracies on the grading images. Chance is 0.10; the settings of the stub stay below the first;
good settings reach 0.82 to 0.84, with a scatter of 0.005 over seeds."""


class Trained(msgspec.Struct, frozen=True):
    """What a training came to."""

    accuracy: float
    """Fraction of the grading images that the trained net puts in the right class."""
    diverged: bool
    """Whether the loss or the scores stopped being finite."""


class Float32Net:
    """The reference's two-layer net in float32, which trains in half the time.

    Parameters as in `reference.TwoLayerNet`: W1 (D, H), b1 (H,), W2 (H, C), b2 (C,).
    """

    def __init__(
        self, input_dim: int, hidden_dim: int, num_classes: int, weight_scale: float, reg: float
    ) -> None:
        drawn = reference.TwoLayerNet(input_dim, hidden_dim, num_classes, weight_scale, reg)
        self.params = {name: value.astype(np.float32) for name, value in drawn.params.items()}
        self._reg = reg

    def loss(self, X: Pixels, y: Labels | None = None) -> Any:
        """Scores (N, C) of X (N, d1, …), or with labels the loss and the gradients by name."""
        W1, b1, W2, b2 = (self.params[name] for name in ("W1", "b1", "W2", "b2"))
        rows = X.reshape(len(X), -1)
        hidden = np.maximum(rows @ W1 + b1, 0)
        scores = hidden @ W2 + b2
        if y is None:
            return scores
        shifted = scores - scores.max(axis=1, keepdims=True)
        exponentials = np.exp(shifted)
        sums = exponentials.sum(axis=1, keepdims=True)
        own = np.arange(len(y)), y
        data_loss = (np.log(sums[:, 0]) - shifted[own]).mean()
        loss = data_loss + 0.5 * self._reg * ((W1 * W1).sum() + (W2 * W2).sum())
        dscores = exponentials / sums
        dscores[own] -= 1
        dscores /= len(y)
        dhidden = (dscores @ W2.T) * (hidden > 0)
        return float(loss), {
            "W1": rows.T @ dhidden + self._reg * W1,
            "b1": dhidden.sum(axis=0),
            "W2": hidden.T @ dscores + self._reg * W2,
            "b2": dscores.sum(axis=0),
        }


def trained(release: Path, settings: tuple[tuple[str, Any], ...]) -> Trained:
    """Train a right net with these settings and look how it does on the grading images.

    The same settings and the same release always give the same accuracy, so a class that
    shares them is trained once.
    """
    version = stamp(release / "support") + stamp(release / "datasets")
    return _trained(release, settings, version)


@cache
def _trained(release: Path, settings: tuple[tuple[str, Any], ...], version: str) -> Trained:
    support = load_support(release / "support")
    quick = _train(Float32Net, dict(settings), support, release)
    # What is too large for float32 may have a place in float64, in which students train.
    slow = reference.TwoLayerNet
    return _train(slow, dict(settings), support, release) if quick.diverged else quick


def _train(
    net: type, settings: dict[str, Any], support: Mapping[str, ModuleType], release: Path
) -> Trained:
    data = support["data"].load(folder=release / "datasets")
    state = np.random.get_state()
    try:
        solver = support["training"].train_two_layer(net, settings, data, watch=False)
    finally:
        np.random.set_state(state)
    with np.load(GRADING_IMAGES) as images:
        X = (images["x"] / 255.0 - data.mean_image).astype(np.float32)
        with np.errstate(over="ignore", invalid="ignore"):  # a diverged net overflows
            scores = solver.model.loss(X)
        right = np.isfinite(scores).all(axis=1) & (scores.argmax(axis=1) == images["y"])
    diverged = solver.diverged_at is not None or not np.isfinite(scores).all()
    return Trained(float(right.mean()), bool(diverged))


def load_support(folder: Path) -> Mapping[str, ModuleType]:
    """The released modules `data` and `training`, without touching `sys.path`."""
    return _load_support(folder, stamp(folder))


@cache
def _load_support(folder: Path, version: str) -> Mapping[str, ModuleType]:
    name = f"_released_support_{abs(hash(folder)):x}_{version}"
    spec = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"{folder} is not a package")
    package = importlib.util.module_from_spec(spec)
    sys.modules[name] = package
    spec.loader.exec_module(package)
    return {part: importlib.import_module(f"{name}.{part}") for part in ("data", "training")}


def checked(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings, each of them there and within its bounds.

    Raises:
        CheckFailed: the first one that is not.
    """
    for name, (low, high) in BOUNDS.items():
        value = plain(settings.get(name))
        whole = isinstance(low, int)
        if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
            kind = "whole number" if whole else "number"
            raise CheckFailed(f"`settings['{name}']` has to be a {kind}.")
        if not low <= value <= high:
            raise CheckFailed(f"`settings['{name}']` has to lie between {low:g} and {high:g}.")
    rule = settings.get("update_rule")
    if not isinstance(rule, str) or rule not in RULES:
        raise CheckFailed(f"`settings['update_rule']` has to be one of {', '.join(RULES)}.")
    return {name: plain(settings[name]) for name in BOUNDS} | {"update_rule": rule}


def plain(value: Any) -> Any:
    """A NumPy number as the Python number it is."""
    return value.item() if isinstance(value, np.ndarray) and value.ndim == 0 else value
