"""Hidden inputs of any size: what is large is there to take time, not to be new everywhere."""

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

DRAWN = 2003
"""Numbers that are drawn for one array; a prime, so that rows and columns differ."""


def normal(rng: np.random.RandomState, *shape: int) -> Array:
    """Standard normal numbers of this shape; beyond `DRAWN` they come again."""
    return np.resize(rng.standard_normal(min(math.prod(shape), DRAWN)), shape)


def away_from_zero(rng: np.random.RandomState, *shape: int) -> Array:
    """Numbers of both signs, none near zero; beyond `DRAWN` they come again."""
    drawn = min(math.prod(shape), DRAWN)
    sign = np.where(rng.standard_normal(drawn) > 0, 1.0, -1.0)
    return np.resize(sign * rng.uniform(0.1, 3.0, size=drawn), shape)
