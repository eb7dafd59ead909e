"""Update rules: how a parameter follows its gradient.

Every rule is a function ``rule(w, dw, config) -> next_w, config``. `w` and `dw` have the same
shape, `config` holds the rule's settings and what it remembers between steps (None at the first
step). Nothing is changed in place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[Any]
Config = dict[str, Any]
Rule = Callable[[FloatArray, FloatArray, Config | None], tuple[FloatArray, Config]]


def sgd(w: FloatArray, dw: FloatArray, config: Config | None = None) -> tuple[FloatArray, Config]:
    """Stochastic gradient descent: w <- w - learning_rate * dw."""
    config = {"learning_rate": 1e-2} | (config or {})
    return w - config["learning_rate"] * dw, config


def sgd_momentum(
    w: FloatArray, dw: FloatArray, config: Config | None = None
) -> tuple[FloatArray, Config]:
    """SGD with momentum: v <- momentum * v - learning_rate * dw;  w <- w + v."""
    config = {"learning_rate": 1e-2, "momentum": 0.9} | (config or {})
    velocity: Any = config.get("velocity", 0.0)
    velocity = config["momentum"] * velocity - config["learning_rate"] * dw
    return w + velocity, config | {"velocity": velocity}


def rmsprop(
    w: FloatArray, dw: FloatArray, config: Config | None = None
) -> tuple[FloatArray, Config]:
    """RMSProp (Tieleman & Hinton 2012): divide the step by a running size of the gradient.

    s <- decay * s + (1 - decay) * dw^2;  w <- w - learning_rate * dw / (sqrt(s) + epsilon)
    """
    config = {"learning_rate": 1e-3, "decay": 0.99, "epsilon": 1e-8} | (config or {})
    square: Any = config["decay"] * config.get("square", 0.0)
    square += (1 - config["decay"]) * dw * dw
    step = config["learning_rate"] * dw / (np.sqrt(square) + config["epsilon"])
    return w - step, config | {"square": square}


def adam(w: FloatArray, dw: FloatArray, config: Config | None = None) -> tuple[FloatArray, Config]:
    """Adam (Kingma & Ba 2015, Algorithm 1): momentum and RMSProp, both corrected for their start.

    t <- t + 1;  m <- beta1 * m + (1 - beta1) * dw;  v <- beta2 * v + (1 - beta2) * dw^2
    w <- w - learning_rate * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)
    """
    config = {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8} | (config or {})
    t = config.get("t", 0) + 1
    first: Any = config["beta1"] * config.get("first", 0.0)
    first += (1 - config["beta1"]) * dw
    second: Any = config["beta2"] * config.get("second", 0.0)
    second += (1 - config["beta2"]) * dw * dw
    root = np.sqrt(second / (1 - config["beta2"] ** t)) + config["epsilon"]
    step = config["learning_rate"] / (1 - config["beta1"] ** t) * first / root
    return w - step, config | {"t": t, "first": first, "second": second}


RULES: Mapping[str, Rule] = MappingProxyType(
    {"sgd": sgd, "sgd_momentum": sgd_momentum, "rmsprop": rmsprop, "adam": adam}
)
