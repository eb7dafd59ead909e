"""Train the two-layer net with a dictionary of settings, here and in grading alike."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from .data import Data
from .optim import RULES
from .solver import Solver

SEED = 231
# Accuracies on the grading images; each one reached earns a third of the points.
TIERS = (0.60, 0.76, 0.82)
# name -> (smallest, largest) value allowed; whole numbers where both ends are.
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


def settings_problems(settings: Any) -> list[str]:
    """Return one sentence for each thing that keeps `settings` from being trained with."""
    if not isinstance(settings, Mapping):
        return [f"settings is {type(settings).__name__}: it has to be a dictionary."]
    known = (*BOUNDS, "update_rule")
    problems = [f"settings has no {name!r}." for name in known if name not in settings]
    problems += [
        f"settings has {name!r}, which nothing reads." for name in settings if name not in known
    ]
    for name, (low, high) in BOUNDS.items():
        if name in settings:
            problems += _number_problems(name, settings[name], low, high)
    rule = settings.get("update_rule", "sgd")
    if not isinstance(rule, str) or rule not in RULES:
        problems.append(f"update_rule is {rule!r}: take one of {', '.join(RULES)}.")
    return problems


def _number_problems(name: str, value: Any, low: float, high: float) -> list[str]:
    whole = isinstance(low, int) and isinstance(high, int)
    kind = (int, np.integer) if whole else (int, float, np.integer, np.floating)
    if isinstance(value, bool) or not isinstance(value, kind):
        return [f"{name} is {value!r}: it has to be a {'whole ' if whole else ''}number."]
    if not math.isfinite(value) or not low <= value <= high:
        return [f"{name} is {value}: it has to lie between {low} and {high}."]
    return []


def train_two_layer(
    net_class: Callable[..., Any],
    settings: Mapping[str, Any],
    data: Data,
    seed: int = SEED,
    *,
    watch: bool = True,
) -> Solver:
    """Make a two-layer net and train it; the same seed gives the same net every time.

    Args:
        net_class: `TwoLayerNet`, as this assignment defines it.
        settings: hidden_dim, epochs, batch_size, learning_rate, lr_decay, weight_scale, reg and
            update_rule, within `BOUNDS`.
        data: trained on x_train, watched on x_val.
        seed: of the weights and the batches.
        watch: whether to show a progress bar and accuracies after each epoch.

    Returns:
        The solver after training; its `model` holds the trained net.

    Raises:
        ValueError: the settings are not within bounds; the message has a sentence for each.
    """
    problems = settings_problems(settings)
    if problems:
        raise ValueError(" ".join(problems))
    np.random.seed(seed)
    net = net_class(
        input_dim=data.input_dim,
        hidden_dim=settings["hidden_dim"],
        num_classes=len(data.classes),
        weight_scale=settings["weight_scale"],
        reg=settings["reg"],
    )
    solver = Solver(
        net,
        data,
        update_rule=settings["update_rule"],
        learning_rate=settings["learning_rate"],
        lr_decay=settings["lr_decay"],
        batch_size=settings["batch_size"],
        epochs=settings["epochs"],
        label="two-layer net",
        show=watch,
        watch=watch,
    )
    return solver.train()
