"""Named mistakes of the rectifier."""

from __future__ import annotations

import numpy as np

from autograder.assignments.batchnorm.reference import Array
from autograder.diagnosis.mistakes import misconception


@misconception(
    question="relu_forward",
    sentence="Negative numbers are turned positive instead of into zero.",
    hint="relu is max(0, x), not the absolute value.",
)
def absolute_value(x: Array) -> tuple[Array, Array]:
    """Return |x|."""
    return np.abs(x), x


@misconception(
    question="relu_forward",
    sentence="The negative half is kept and the positive half becomes zero.",
    hint="relu is max(0, x), not min(0, x).",
)
def negative_half_kept(x: Array) -> tuple[Array, Array]:
    """Return min(0, x)."""
    return np.minimum(x, 0.0), x


@misconception(
    question="relu_forward",
    sentence="out says where x is positive instead of holding the positive numbers.",
    hint="A comparison gives True and False; multiply, or take the maximum with 0.",
)
def mask_returned(x: Array) -> tuple[Array, Array]:
    """The mask instead of the masked numbers."""
    return (x > 0).astype(np.float64), x


@misconception(
    question="relu_forward",
    sentence="out is cut off above at 1.",
    hint="Positive numbers pass however large they are.",
)
def clipped_at_one(x: Array) -> tuple[Array, Array]:
    """Clip to [0, 1]."""
    return np.clip(x, 0.0, 1.0), x


@misconception(
    question="relu_forward",
    sentence="Negative numbers pass with a small slope instead of becoming zero.",
    hint="This is the leaky variant; here the negative side is flat.",
)
def leaky(x: Array) -> tuple[Array, Array]:
    """Slope 0.01 on the negative side."""
    return np.where(x > 0, x, 0.01 * x), x


@misconception(
    question="relu_backward",
    sentence="The mask is taken from dout instead of from x.",
    hint="Whether a gradient passes is decided by the input of the forward pass.",
)
def mask_from_upstream(dout: Array, cache: Array) -> Array:
    """Drop negative gradients."""
    return dout * (dout > 0)


@misconception(
    question="relu_backward",
    sentence="The upstream gradient dout is ignored: dx holds only ones and zeros.",
    hint="The mask is the local slope; the chain rule multiplies it with dout.",
)
def upstream_dropped(dout: Array, cache: Array) -> Array:
    """The local slope alone."""
    return (cache > 0).astype(np.float64)


@misconception(
    question="relu_backward",
    sentence="The whole upstream gradient passes, where x is negative too.",
    hint="Where x is negative, out does not change with x.",
)
def everything_passes(dout: Array, cache: Array) -> Array:
    """No mask."""
    return dout.copy()


@misconception(
    question="relu_backward",
    sentence="dout is multiplied with relu(x) instead of with its slope.",
    hint="The slope of relu is 1 where x is positive, whatever x is there.",
)
def multiplied_with_output(dout: Array, cache: Array) -> Array:
    """The value in place of the derivative."""
    return dout * np.maximum(cache, 0.0)


@misconception(
    question="relu_backward",
    sentence="Gradients pass where x is negative and stop where it is positive.",
    hint="The comparison is the wrong way round.",
)
def mask_inverted(dout: Array, cache: Array) -> Array:
    """The complement of the mask."""
    return dout * (cache < 0)


@misconception(
    question="relu_backward",
    sentence="The mask is reshaped to two axes, so x with more axes does not work.",
    hint="relu works number by number: no reshape is needed for any shape.",
)
def mask_made_two_dimensional(dout: Array, cache: Array) -> Array:
    """Right for two axes; raises for others."""
    return dout * (cache > 0).reshape(len(cache), -1)


@misconception(
    question="relu_backward",
    sentence="The mask works for two axes only: with another number of them all of dout passes.",
    hint="relu works number by number: one comparison serves every shape.",
)
def mask_for_two_axes_only(dout: Array, cache: Array) -> Array:
    """Right for two axes."""
    return dout * (cache > 0) if cache.ndim == 2 else dout.copy()


@misconception(
    question="relu_backward",
    sentence="dx is relu(x): the upstream gradient dout is not in it.",
    hint="The chain rule multiplies dout with the slope of relu, which is 1 or 0.",
)
def output_returned(dout: Array, cache: Array) -> Array:
    """The forward pass again."""
    return np.maximum(cache, 0.0)


@misconception(
    question="relu_backward",
    sentence="The cache is changed on the way: a second call gives another dx.",
    hint="`*=`, `[…] =` and `out=` write into the cache's array; make a new one.",
)
def cache_changed(dout: Array, cache: Array) -> Array:
    """Right once."""
    dx = dout * (cache > 0)
    cache[...] = dx
    return dx
