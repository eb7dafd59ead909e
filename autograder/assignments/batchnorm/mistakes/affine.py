"""Named mistakes of the fully connected layer."""

from __future__ import annotations

import numpy as np

from autograder.assignments.batchnorm.reference import (
    AffineCache,
    Array,
    affine_backward,
    affine_forward,
)
from autograder.diagnosis.mistakes import misconception

Gradients = tuple[Array, Array, Array]


@misconception(
    question="affine_forward",
    sentence="out leaves out the bias b.",
    hint="After the product, b is added to every row.",
)
def bias_left_out(x: Array, w: Array, b: Array) -> tuple[Array, AffineCache]:
    """Multiply only."""
    out, cache = affine_forward(x, w, b)
    return out - b, cache


@misconception(
    question="affine_forward",
    sentence="Images are flattened with their axes in reverse order.",
    hint="One `reshape` to (N, D) keeps the order in which NumPy lays numbers out; a transpose "
    'or `order="F"` before it does not.',
)
def flattened_in_reverse(x: Array, w: Array, b: Array) -> tuple[Array, AffineCache]:
    """Flatten column by column; for rows of features there is no difference."""
    rows = x.reshape(len(x), -1, order="F")
    return rows @ w + b, (x, w, b)


@misconception(
    question="affine_forward",
    sentence="x is multiplied as it is, without flattening each example to one row.",
    hint="x can have more than two axes: all but the first belong to one example.",
)
def images_not_flattened(x: Array, w: Array, b: Array) -> tuple[Array, AffineCache]:
    """Right for two axes; raises for more."""
    return x @ w + b, (x, w, b)


@misconception(
    question="affine_backward",
    sentence="dx comes back flattened instead of in the shape of x.",
    hint="A gradient has the shape of what it is the gradient of: undo the forward reshape.",
)
def dx_left_flat(dout: Array, cache: AffineCache) -> Gradients:
    """The right numbers in (N, D)."""
    dx, dw, db = affine_backward(dout, cache)
    return dx.reshape(len(dx), -1), dw, db


@misconception(
    question="affine_backward",
    sentence="dw is divided by the number of rows.",
    hint="The loss has averaged already; the layer only adds the rows up.",
)
def dw_averaged(dout: Array, cache: AffineCache) -> Gradients:
    """Average instead of sum over the rows."""
    dx, dw, db = affine_backward(dout, cache)
    return dx, dw / len(dout), db


@misconception(
    question="affine_backward",
    sentence="db is the mean over the rows instead of their sum.",
    hint="The loss has averaged already; the layer only adds the rows up.",
)
def db_averaged(dout: Array, cache: AffineCache) -> Gradients:
    """Average instead of sum over the rows."""
    dx, dw, _ = affine_backward(dout, cache)
    return dx, dw, dout.mean(axis=0)


@misconception(
    question="affine_backward",
    sentence="dw and db are both divided by the number of rows.",
    hint="The loss has averaged already; the layer only adds the rows up.",
)
def dw_and_db_averaged(dout: Array, cache: AffineCache) -> Gradients:
    """Average instead of sum over the rows, twice."""
    dx, dw, db = affine_backward(dout, cache)
    return dx, dw / len(dout), db / len(dout)


@misconception(
    question="affine_backward",
    sentence="db has shape (1, M) where b has (M,).",
    hint="`keepdims=True` leaves an axis of length 1; an update would turn b into a matrix.",
)
def db_kept_as_row(dout: Array, cache: AffineCache) -> Gradients:
    """The right numbers with one axis too many."""
    dx, dw, db = affine_backward(dout, cache)
    return dx, dw, db[np.newaxis]


@misconception(
    question="affine_backward",
    sentence="db is summed along each row instead of over the rows.",
    hint="b has one entry for each column of out.",
)
def db_summed_along_rows(dout: Array, cache: AffineCache) -> Gradients:
    """The wrong axis."""
    dx, dw, _ = affine_backward(dout, cache)
    return dx, dw, dout.sum(axis=1)


@misconception(
    question="affine_backward",
    sentence="The upstream gradient dout is ignored.",
    hint="By the chain rule every gradient carries dout as a factor; do not take it for ones.",
)
def upstream_ignored(dout: Array, cache: AffineCache) -> Gradients:
    """As if the loss were the sum of out."""
    return affine_backward(np.ones_like(dout), cache)


@misconception(
    question="affine_backward",
    sentence="dw comes back transposed.",
    hint="dw has the shape of w, (D, M): features first.",
)
def dw_transposed(dout: Array, cache: AffineCache) -> Gradients:
    """Turned round: (M, D)."""
    dx, dw, db = affine_backward(dout, cache)
    return dx, dw.T, db


@misconception(
    question="affine_backward",
    sentence="db is the sum of all of dout, one number.",
    hint="Without `axis=0` NumPy adds up the whole array; b has one entry for each column.",
)
def db_summed_over_everything(dout: Array, cache: AffineCache) -> Gradients:
    """The axis forgotten."""
    dx, dw, _ = affine_backward(dout, cache)
    return dx, dw, dout.sum()


@misconception(
    question="affine_backward",
    sentence="dw reshapes x where it should transpose it.",
    hint="`reshape` to (D, N) keeps the numbers in line and mixes the examples; `.T` turns them.",
)
def x_reshaped_for_dw(dout: Array, cache: AffineCache) -> Gradients:
    """Rows and columns mixed."""
    dx, _, db = affine_backward(dout, cache)
    return dx, cache[0].reshape(-1, len(dout)) @ dout, db


@misconception(
    question="affine_backward",
    sentence="db is the bias itself, not its gradient.",
    hint="b is added to every row: its gradient is the sum of what comes back to the rows.",
)
def bias_returned(dout: Array, cache: AffineCache) -> Gradients:
    """Handed through."""
    dx, dw, _ = affine_backward(dout, cache)
    return dx, dw, cache[2].copy()
