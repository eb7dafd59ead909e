"""Named mistakes of the class."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from autograder.assignments.dropout.reference import Array, Dropout
from autograder.diagnosis.mistakes import misconception

LAYER = "dropout_layer"


@misconception(
    question=LAYER,
    sentence="With a seed every batch gets the same mask.",
    hint="The seed starts the layer's generator once; the batches then take turns.",
)
class SeedForEveryBatch(Dropout):
    """The seed is handed to every call."""

    def param(self, *, training: bool) -> dict[str, Any]:
        """Always the same."""
        return {**super().param(training=training), "seed": self.seed}


@misconception(
    question=LAYER,
    sentence="Two layers with the same seed draw different masks.",
    hint="Does the constructor start the generator from it? Does dropout_forward use what it gets?",
)
class SeedNotUsed(Dropout):
    """A generator of chance."""

    def __init__(self, p: float, seed: int | None = None) -> None:
        """Drop the seed."""
        super().__init__(p, None)


@misconception(
    question=LAYER,
    sentence="All layers draw from one generator, so one layer's masks depend on the others.",
    hint="np.random.seed starts NumPy's common generator; make one that belongs to the layer.",
)
class GeneratorShared(Dropout):
    """The seed goes to the common generator."""

    def __init__(self, p: float, seed: int | None = None) -> None:
        """Start it."""
        super().__init__(p, seed)
        np.random.seed(seed)

    def param(self, *, training: bool) -> dict[str, Any]:
        """Take the batch's seed from it."""
        return {**super().param(training=training), "seed": int(np.random.randint(2**31 - 1))}


@misconception(
    question=LAYER,
    sentence="`training` is ignored: entries are dropped in use too.",
    hint="`training` decides about the mode.",
)
class AlwaysTraining(Dropout):
    """Never in use."""

    def forward(self, x: ArrayLike, training: bool) -> Array:
        """Train mode."""
        return super().forward(x, True)


@misconception(
    question=LAYER,
    sentence="`training` is taken the wrong way round.",
    hint="Print the mode for training=True.",
)
class TrainingTurned(Dropout):
    """The other mode."""

    def forward(self, x: ArrayLike, training: bool) -> Array:
        """Exchanged."""
        return super().forward(x, not training)


@misconception(
    question=LAYER,
    sentence="backward uses the first batch's mask for all later ones.",
    hint="Every forward pass replaces the cache.",
)
class FirstCacheKept(Dropout):
    """Remembers once."""

    def forward(self, x: ArrayLike, training: bool) -> Array:
        """Put the first cache back."""
        first = self.cache
        out = super().forward(x, training)
        self.cache = self.cache if first is None else first
        return out


@misconception(
    question=LAYER,
    sentence="After a pass in use, backward still has the training batch's mask.",
    hint="Every forward pass replaces the cache, in both modes.",
)
class UseNotRemembered(Dropout):
    """The cache is kept in use."""

    def forward(self, x: ArrayLike, training: bool) -> Array:
        """Put the training cache back."""
        before = self.cache
        out = super().forward(x, training)
        if not training and before is not None:
            self.cache = before
        return out


@misconception(
    question=LAYER,
    sentence="The layer's p is the probability to drop.",
    hint="p is the probability to keep, in the class as in the functions.",
)
class KeepAndDropExchanged(Dropout):
    """Right for 1 - p."""

    def __init__(self, p: float, seed: int | None = None) -> None:
        """Take the complement."""
        super().__init__(float(np.round(1 - p, 12)), seed)
