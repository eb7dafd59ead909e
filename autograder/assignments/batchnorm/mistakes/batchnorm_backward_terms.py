"""Named mistakes of single terms of batch normalization's backward pass."""

from __future__ import annotations

import numpy as np

from autograder.assignments.batchnorm.mistakes.batchnorm_backward import (
    EITHER,
    SIMPLIFIED,
    Gradients,
)
from autograder.assignments.batchnorm.reference import Array, BatchnormCache, batchnorm_backward
from autograder.diagnosis.mistakes import misconception


def paths(dout: Array, cache: BatchnormCache) -> tuple[Array, Array, Array]:
    """The three parts of dx (N, D): straight, through the mean, through the variance."""
    centred, gamma, inverse_std, _ = cache
    flow = dout * gamma * inverse_std
    through_variance = -centred * inverse_std**2 * (flow * centred).mean(axis=0)
    return flow, np.broadcast_to(-flow.mean(axis=0), flow.shape), through_variance


def with_dx(dx: Array, dout: Array, cache: BatchnormCache) -> Gradients:
    """This dx, with the right gradients of the parameters."""
    return dx, (dout * cache.normalized).sum(axis=0), dout.sum(axis=0)


@misconception(
    question=EITHER,
    sentence="dx takes each x for itself: only the diagonal of the Jacobian is there.",
    hint="The mean and the variance join the rows: what one row sends back reaches all of them.",
)
def jacobian_diagonal(dout: Array, cache: BatchnormCache) -> Gradients:
    """No row hears of another."""
    _, gamma, inverse_std, normalized = cache
    diagonal = 1.0 - (1.0 + normalized**2) / len(dout)
    return with_dx(dout * gamma * inverse_std * diagonal, dout, cache)


@misconception(
    question=EITHER,
    sentence="The path through the mean does not add up over the rows.",
    hint="The mean is one number a feature: its gradient sums what all rows send back.",
)
def sum_missing_in_mean_path(dout: Array, cache: BatchnormCache) -> Gradients:
    """Each row gets its own part."""
    flow, _, variance_path = paths(dout, cache)
    return with_dx(flow - flow / len(dout) + variance_path, dout, cache)


@misconception(
    question=EITHER,
    sentence="The path through the variance does not add up over the rows.",
    hint="The variance is one number a feature: its gradient sums what all rows send back.",
)
def sum_missing_in_variance_path(dout: Array, cache: BatchnormCache) -> Gradients:
    """Each row gets its own part."""
    flow, mean_path, _ = paths(dout, cache)
    own = -(cache.centred**2) * cache.inverse_std**2 * flow / len(dout)
    return with_dx(flow + mean_path + own, dout, cache)


@misconception(
    question=EITHER,
    sentence="The path through the mean adds up all features: a sum lacks its axis.",
    hint="Without `axis=0` NumPy adds up the whole array; a feature's mean sees its column.",
)
def mean_path_over_all_features(dout: Array, cache: BatchnormCache) -> Gradients:
    """One sum for all columns."""
    flow, _, variance_path = paths(dout, cache)
    return with_dx(flow - flow.sum() / len(dout) + variance_path, dout, cache)


@misconception(
    question=SIMPLIFIED,
    sentence="Σdout in the simplified formula adds up all features: the sum lacks its axis.",
    hint="Without `axis=0` NumPy adds up the whole array; a feature's mean sees its column.",
)
def dout_summed_over_all_features(dout: Array, cache: BatchnormCache) -> Gradients:
    """One sum of dout for all columns."""
    flow, _, variance_path = paths(dout, cache)
    mean_path = -cache.gamma * cache.inverse_std * dout.sum() / len(dout)
    return with_dx(flow + mean_path + variance_path, dout, cache)


@misconception(
    question=EITHER,
    sentence="The path through the variance adds up all features: a sum lacks its axis.",
    hint="Without `axis=0` NumPy adds up the whole array; a feature's variance sees its column.",
)
def variance_path_over_all_features(dout: Array, cache: BatchnormCache) -> Gradients:
    """One sum for all columns."""
    centred, _, inverse_std, _ = cache
    flow, mean_path, _ = paths(dout, cache)
    everything = (dout * cache.gamma * centred * inverse_std**3).sum() / len(dout)
    return with_dx(flow + mean_path - centred * everything, dout, cache)


@misconception(
    question=SIMPLIFIED,
    sentence="Σdout·(x − μ) in the simplified formula adds up all features: it lacks its axis.",
    hint="Without `axis=0` NumPy adds up the whole array; a feature's variance sees its column.",
)
def projection_over_all_features(dout: Array, cache: BatchnormCache) -> Gradients:
    """One sum for all columns."""
    _, gamma, inverse_std, normalized = cache
    flow, mean_path, _ = paths(dout, cache)
    everything = gamma * inverse_std * normalized * (dout * normalized).sum() / len(dout)
    return with_dx(flow + mean_path - everything, dout, cache)


@misconception(
    question=EITHER,
    sentence="The path through the variance has the power −½ where −3/2 belongs.",
    hint="The derivative of a power −½ has the power −3/2.",
)
def power_minus_half(dout: Array, cache: BatchnormCache) -> Gradients:
    """The power not lowered."""
    flow, mean_path, variance_path = paths(dout, cache)
    return with_dx(flow + mean_path + variance_path / cache.inverse_std**2, dout, cache)


@misconception(
    question=EITHER,
    sentence="The path through the variance lacks one factor 1/√(variance + eps).",
    hint="Count the factors: the derivative of a power −½ has the power −3/2.",
)
def power_minus_one(dout: Array, cache: BatchnormCache) -> Gradients:
    """One factor too few."""
    flow, mean_path, variance_path = paths(dout, cache)
    return with_dx(flow + mean_path + variance_path / cache.inverse_std, dout, cache)


@misconception(
    question=EITHER,
    sentence="The path through the variance has one factor 1/√(variance + eps) too many.",
    hint="Count the factors: the derivative of a power −½ has the power −3/2.",
)
def power_minus_two(dout: Array, cache: BatchnormCache) -> Gradients:
    """One factor too many."""
    flow, mean_path, variance_path = paths(dout, cache)
    return with_dx(flow + mean_path + variance_path * cache.inverse_std, dout, cache)


@misconception(
    question=EITHER,
    sentence="The path through the variance leaves out gamma.",
    hint="All that reaches x has passed the gate that multiplies with gamma.",
)
def gamma_missing_in_variance_path(dout: Array, cache: BatchnormCache) -> Gradients:
    """Gamma in two of three paths."""
    flow, mean_path, variance_path = paths(dout, cache)
    return with_dx(flow + mean_path + variance_path / cache.gamma, dout, cache)


@misconception(
    question=EITHER,
    sentence="The path through the mean leaves out gamma.",
    hint="All that reaches x has passed the gate that multiplies with gamma.",
)
def gamma_missing_in_mean_path(dout: Array, cache: BatchnormCache) -> Gradients:
    """Gamma in two of three paths."""
    flow, mean_path, variance_path = paths(dout, cache)
    return with_dx(flow + mean_path / cache.gamma + variance_path, dout, cache)


@misconception(
    question=EITHER,
    sentence="The path through the mean leaves out the division by √(variance + eps).",
    hint="What goes back to the mean has passed the gate that divides by the spread.",
)
def spread_missing_in_mean_path(dout: Array, cache: BatchnormCache) -> Gradients:
    """Not divided."""
    flow, mean_path, variance_path = paths(dout, cache)
    return with_dx(flow + mean_path / cache.inverse_std + variance_path, dout, cache)


@misconception(
    question=EITHER,
    sentence="Only the straight path has gamma: those through mean and variance leave it out.",
    hint="All that reaches x has passed the gate that multiplies with gamma.",
)
def gamma_only_on_the_straight_path(dout: Array, cache: BatchnormCache) -> Gradients:
    """The gradient of x̂ without gamma in the sums."""
    flow, mean_path, variance_path = paths(dout, cache)
    return with_dx(flow + (mean_path + variance_path) / cache.gamma, dout, cache)


@misconception(
    question=EITHER,
    sentence="dout is not in dx.",
    hint="By the chain rule every gradient carries dout as a factor; do not take it for ones.",
)
def upstream_missing_in_dx(dout: Array, cache: BatchnormCache) -> Gradients:
    """As if the loss were the sum of out."""
    return with_dx(batchnorm_backward(np.ones_like(dout), cache)[0], dout, cache)


@misconception(
    question=EITHER,
    sentence="dout is in none of the gradients.",
    hint="By the chain rule every gradient carries dout as a factor; do not take it for ones.",
)
def upstream_missing(dout: Array, cache: BatchnormCache) -> Gradients:
    """As if the loss were the sum of out, everywhere."""
    return batchnorm_backward(np.ones_like(dout), cache)


@misconception(
    question=SIMPLIFIED,
    sentence="The first term of the bracket is N where N·dout belongs.",
    hint="Every term of the bracket carries dout, or a sum over it.",
)
def upstream_missing_in_straight_term(dout: Array, cache: BatchnormCache) -> Gradients:
    """N·1."""
    _, mean_path, variance_path = paths(dout, cache)
    straight = cache.gamma * cache.inverse_std
    return with_dx(straight + mean_path + variance_path, dout, cache)
