"""Named mistakes of the backward pass."""

from __future__ import annotations

import numpy as np

from autograder.assignments.dropout.reference import Array, Cache, dropout_backward
from autograder.diagnosis.mistakes import misconception

BACKWARD = "dropout_backward"


@misconception(
    question=BACKWARD,
    sentence="The mask is missing: gradients pass where forward nothing did.",
    hint="What was dropped did not reach out, so nothing comes back to it.",
)
def mask_forgotten(dout: Array, cache: Cache) -> Array:
    """The scale alone."""
    return dout / cache.p if cache.training else dout


@misconception(
    question=BACKWARD,
    sentence="The scale is missing: forward divides by p, and so must the gradient.",
    hint="Where x is kept, out = x / p. What is its derivative?",
)
def scale_forgotten(dout: Array, cache: Cache) -> Array:
    """The mask alone."""
    return dout * cache.kept


@misconception(
    question=BACKWARD,
    sentence="dout is passed on as it is in training too.",
    hint="Backward needs the forward pass's mask and its scale; put them into the cache.",
)
def passed_on(dout: Array, cache: Cache) -> Array:
    """Neither mask nor scale."""
    return dout


@misconception(
    question=BACKWARD,
    sentence="A new mask is drawn in the backward pass.",
    hint="The gradient goes back the way the batch came: keep its mask in the cache.",
)
def mask_drawn_anew(dout: Array, cache: Cache) -> Array:
    """Right for another batch."""
    kept = np.random.random_sample(np.shape(dout)) < cache.p
    return dout * kept / cache.p if cache.training else dout


@misconception(
    question=BACKWARD,
    sentence="Gradients pass where x was dropped, and stop where it was kept.",
    hint="The mask is the wrong way round.",
)
def mask_inverted(dout: Array, cache: Cache) -> Array:
    """The complement."""
    return dout * ~cache.kept / cache.p if cache.training else dout


@misconception(
    question=BACKWARD,
    sentence="The gradient is divided by p twice.",
    hint="If the mask in your cache is scaled already, the scale is in it.",
)
def scaled_twice(dout: Array, cache: Cache) -> Array:
    """1/p²."""
    return dropout_backward(dout, cache) / cache.p if cache.training else dout


@misconception(
    question=BACKWARD,
    sentence="After test mode the gradient is divided by p, although forward was the identity.",
    hint="Let the cache say in which mode forward was.",
)
def scaled_after_test(dout: Array, cache: Cache) -> Array:
    """Training's way back in both modes."""
    return dout * cache.kept / cache.p


@misconception(
    question=BACKWARD,
    sentence="The cache is used up: a second backward pass gives something else.",
    hint="Does your function change an array of the cache?",
)
def cache_used_up(dout: Array, cache: Cache) -> Array:
    """Right once."""
    dx = dropout_backward(dout, cache)
    cache.kept[...] = False
    return dx
