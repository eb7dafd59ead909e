"""Hidden inputs of batch normalization, forward and backward, layer alone.

They tell mistakes apart: more rows than features, gamma of both signs, beta not zero, means far
from zero, and an eps large enough to show where it stands.
"""

from typing import Any, NamedTuple

import numpy as np

from autograder.checking.compare import Array
from autograder.checking.inputs import normal
from autograder.checking.remote import RemoteMapping
from autograder.checking.student import Student

LARGE_EPS = 0.6
ROOT = "eps is added to the variance, and the root is taken of the sum."


class Layer(NamedTuple):
    """Hidden inputs: x (N, D), gamma (D,), beta (D,), dout (N, D)."""

    x: Array
    gamma: Array
    beta: Array
    dout: Array


def layer(rng: np.random.RandomState, rows: int = 9, features: int = 4) -> Layer:
    """A mini-batch whose features have means near 3 and standard deviations near 2."""
    x = 2.0 * normal(rng, rows, features) + rng.uniform(2.0, 4.0, size=features)
    sign = np.where(rng.uniform(size=features) < 0.5, -1.0, 1.0)
    gamma = sign * rng.uniform(0.5, 2.5, size=features)
    beta = rng.standard_normal(features) + 1.0
    return Layer(x, gamma, beta, normal(rng, rows, features) + 0.3)


def both(student: Student, **entries: Any) -> tuple[RemoteMapping, dict[str, Any]]:
    """The same bn_param on the student's side and on ours."""
    return student.put("bn_param", entries), dict(entries)
