"""Hidden checks of the training settings: one training in grading, three accuracies to reach.

The student's own net is trained in the sandbox by the given Solver. Only class scores for the
grading images come back; their labels never leave this process.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from autograder.checks import compare
from autograder.checks.outcome import CheckFailed, StudentFault
from autograder.checks.student import RemoteNet, Student

GRADING_IMAGES = Path(__file__).with_name("grading_images.npz")
ROWS_AT_ONCE = 500

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
"""As the notebook states them (a test holds the two together). Held here too, because
what stands in the sandbox can be changed by a student, and they keep a training short."""

RULES = ("sgd", "sgd_momentum", "rmsprop", "adam")

LEARNS, LEARNS_WELL, LEARNS_VERY_WELL = 0.60, 0.76, 0.80
"""Accuracies on the grading images. Chance is 0.10; the settings of the stub stay below the first;
good settings reach 0.82 to 0.84, with a scatter of 0.005 over seeds."""


@pytest.mark.question("train_two_layer_net")
def test_learns(student: Student) -> None:
    """Looks at the accuracy on unseen images after training: at least 60 %."""
    reach(student, LEARNS)


@pytest.mark.question("train_two_layer_net")
def test_learns_well(student: Student) -> None:
    """Looks at the accuracy on unseen images after training: at least 76 %."""
    reach(student, LEARNS_WELL)


@pytest.mark.question("train_two_layer_net")
def test_learns_very_well(student: Student) -> None:
    """Looks at the accuracy on unseen images after training: at least 80 %."""
    reach(student, LEARNS_VERY_WELL)


def reach(student: Student, wanted: float) -> None:
    """Train once with the student's settings; fail if the accuracy stays below `wanted`."""
    memory = student.memory
    if "accuracy" not in memory:
        try:
            memory["accuracy"] = accuracy(student)
        except StudentFault as fault:
            memory["accuracy"] = fault
    result = memory["accuracy"]
    if isinstance(result, StudentFault):
        raise result
    if result < wanted:
        raise CheckFailed(
            f"After training with your settings the net puts {result:.1%} of unseen images in "
            f"the right class; this check asks for {wanted:.0%}.",
            "Compare learning rates a factor of three apart, and watch validation accuracy.",
        )


def accuracy(student: Student) -> float:
    """Fraction of the grading images that the trained net puts in the right class."""
    with np.load(GRADING_IMAGES) as images:
        pixels, labels = images["x"], images["y"]
    net, mean_image = train(student, checked(student.settings))
    X = pixels.astype(np.float32) / np.float32(255) - mean_image.astype(np.float32)
    right = 0
    for start in range(0, len(X), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        scores = net.scores(X[rows])
        if scores.ndim != 2 or len(scores) != len(X[rows]):
            raise CheckFailed("The trained net's scores are not (N, C).")
        if not np.isfinite(scores).all():
            raise CheckFailed(
                "The training diverged: the trained net's scores are not finite.",
                "Smaller steps or smaller initial weights keep the loss finite.",
            )
        right += int((scores.argmax(axis=1) == labels[rows]).sum())
    return right / len(X)


def train(student: Student, settings: dict[str, Any]) -> tuple[RemoteNet, compare.Array]:
    """The student's net, trained where it lives, and the mean image of the data it saw."""

    def ask(op: str, **fields: Any) -> Any:
        return student._only("training", student.ask("training", op, **fields))

    net_class = ask("get", name="TwoLayerNet").handle
    data = ask("call", target="load", args=[], kwargs={}).handle
    arguments = [net_class, settings, data]
    solver = ask("call", target="train_two_layer", args=arguments, kwargs={"watch": False})
    model = ask("attr", obj=solver.handle, name="model")
    mean = ask("attr", obj=data, name="mean_image").value
    mean_image = compare.fitted("the mean image", mean if mean is not None else [], (28, 28))
    return RemoteNet(student, model.handle, "TwoLayerNet"), mean_image


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
        if not (math.isfinite(value) and low <= value <= high):
            raise CheckFailed(f"`settings['{name}']` has to lie between {low:g} and {high:g}.")
    rule = settings.get("update_rule")
    if not isinstance(rule, str) or rule not in RULES:
        raise CheckFailed(f"`settings['update_rule']` has to be one of {', '.join(RULES)}.")
    return {name: plain(settings[name]) for name in BOUNDS} | {"update_rule": rule}


def plain(value: Any) -> Any:
    """A NumPy number as the Python number it is."""
    return value.item() if isinstance(value, np.ndarray) and value.ndim == 0 else value
