"""What right looks like: every answer once more, in float64.

p is the probability to KEEP an entry. Source: N. Srivastava et al., "Dropout: A Simple Way to
Prevent Neural Networks from Overfitting", 2014; section 10 has the inverted form used here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograder.checking.answers import answer, variable

Array = NDArray[np.float64]


class Cache(NamedTuple):
    """What the backward pass needs."""

    kept: NDArray[np.bool_]  # shaped like x
    p: float
    training: bool


def draw(x: ArrayLike, dropout_param: Mapping[str, Any]) -> NDArray[np.bool_]:
    """Which entries of x are kept, each with probability p by a draw of its own."""
    seed = dropout_param.get("seed")
    generator = np.random if seed is None else np.random.RandomState(seed)
    return np.asarray(generator.random_sample(np.shape(x)) < dropout_param["p"])


@answer("out, cache*")
def dropout_forward(x: ArrayLike, dropout_param: Mapping[str, Any]) -> tuple[Array, Cache]:
    """Inverted dropout: what is kept is divided by p in training; test mode is the identity.

    Args:
        x: any shape.
        dropout_param: `p` (to keep, 0 < p <= 1), `mode` ("train" or "test"), and perhaps `seed`.

    Raises:
        ValueError: the mode is neither.
    """
    inputs, p = np.array(x, dtype=np.float64), dropout_param["p"]
    if dropout_param["mode"] == "test":
        return inputs, Cache(np.ones(inputs.shape, dtype=bool), p, training=False)
    if dropout_param["mode"] != "train":
        raise ValueError(f"unknown dropout mode {dropout_param['mode']!r}")
    kept = draw(inputs, dropout_param)
    return inputs * kept / p, Cache(kept, p, training=True)


@answer("dx")
def dropout_backward(dout: ArrayLike, cache: Cache) -> Array:
    """The gradient passes where x did, with the same factor."""
    upstream = np.array(dout, dtype=np.float64)
    return upstream * cache.kept / cache.p if cache.training else upstream


@answer(methods={"forward(x, training)": "out", "backward(dout)": "dx"})
class Dropout:
    """A layer that draws a new mask for each training batch, from one generator of its own.

    The functions are attributes, so that a mistake in one of them is recognized in the class too.
    """

    dropout_forward = staticmethod(dropout_forward)
    dropout_backward = staticmethod(dropout_backward)

    def __init__(self, p: float, seed: int | None = None) -> None:
        """Keep each entry with probability p; the same seed gives the same masks in turn."""
        self.p, self.seed = p, seed
        self.generator = np.random.RandomState(seed)
        self.cache: Any = None

    def param(self, *, training: bool) -> dict[str, Any]:
        """What the forward pass gets for this batch."""
        mode = "train" if training else "test"
        return {"p": self.p, "mode": mode, "seed": int(self.generator.randint(2**31 - 1))}

    def forward(self, x: ArrayLike, training: bool) -> Array:
        """Out, shaped like x."""
        out, self.cache = self.dropout_forward(x, self.param(training=training))
        return out

    def backward(self, dout: ArrayLike) -> Array:
        """The gradient with respect to the last batch."""
        return self.dropout_backward(dout, self.cache)


dropout_answers = variable(
    {
        "mean_at_half": 1.0,
        "spread_at_half": 1.0,
        "spread_at_fifth": 2.0,
        "train_accuracy": "lower",
        "gap": "smaller",
    }
)
"""Mean and standard deviation of out where x is 1: 1 and √((1-p)/p)."""
