"""Named mistakes of batch normalization's backward pass, staged and simplified."""

from __future__ import annotations

import numpy as np

from autograder.assignments.batchnorm.reference import Array, BatchnormCache, batchnorm_backward
from autograder.diagnosis.mistakes import misconception

Gradients = tuple[Array, Array, Array]

STAGED = "batchnorm_backward"
SIMPLIFIED = "batchnorm_backward_alt"
EITHER = (STAGED, SIMPLIFIED)


def walk_back(
    dout: Array,
    cache: BatchnormCache,
    *,
    straight: float = 1.0,
    through_mean: float = 1.0,
    through_variance: float = 1.0,
) -> Gradients:
    """The gradients with each of the three paths to x weighted; 1, 1, 1 is right."""
    centred, gamma, inverse_std, normalized = cache
    flow = dout * gamma * inverse_std
    mean_path = -flow.mean(axis=0)
    variance_path = -centred * inverse_std**2 * (flow * centred).mean(axis=0)
    dx = straight * flow + through_mean * mean_path + through_variance * variance_path
    return dx, (dout * normalized).sum(axis=0), dout.sum(axis=0)


@misconception(
    question=EITHER,
    sentence="dx leaves out the path through the variance.",
    hint="The variance is made of every x of its column; that branch sends a gradient back too.",
)
def variance_path_dropped(dout: Array, cache: BatchnormCache) -> Gradients:
    """The variance held constant."""
    return walk_back(dout, cache, through_variance=0.0)


@misconception(
    question=EITHER,
    sentence="dx leaves out the path through the mean.",
    hint="The mean is made of every x of its column; that branch sends a gradient back too.",
)
def mean_path_dropped(dout: Array, cache: BatchnormCache) -> Gradients:
    """The mean held constant."""
    return walk_back(dout, cache, through_mean=0.0)


@misconception(
    question=EITHER,
    sentence="dx takes mean and variance for constants.",
    hint="Both are made of x: two more branches send gradients back, and all three are added.",
)
def statistics_held_constant(dout: Array, cache: BatchnormCache) -> Gradients:
    """Only the straight path."""
    return walk_back(dout, cache, through_mean=0.0, through_variance=0.0)


@misconception(
    question=EITHER,
    sentence="dx leaves out the straight path and keeps those through mean and variance.",
    hint="Where a value is used more than once, the gradients of all its uses are added.",
)
def straight_path_dropped(dout: Array, cache: BatchnormCache) -> Gradients:
    """A branch overwritten instead of added."""
    return walk_back(dout, cache, straight=0.0)


@misconception(
    question=EITHER,
    sentence="The path through the variance counts half.",
    hint="The derivative of a square carries a 2.",
)
def factor_two_of_square_lost(dout: Array, cache: BatchnormCache) -> Gradients:
    """d(c²) = c."""
    return walk_back(dout, cache, through_variance=0.5)


@misconception(
    question=EITHER,
    sentence="The path through the variance counts double.",
    hint="The derivative of a root, or of a power −½, carries a ½.",
)
def half_of_root_lost(dout: Array, cache: BatchnormCache) -> Gradients:
    """d√v = 1/√v."""
    return walk_back(dout, cache, through_variance=2.0)


@misconception(
    question=EITHER,
    sentence="The path through the variance has the wrong sign.",
    hint="1/s falls when s grows: its derivative carries a minus.",
)
def variance_path_negated(dout: Array, cache: BatchnormCache) -> Gradients:
    """The minus of the inverse forgotten."""
    return walk_back(dout, cache, through_variance=-1.0)


@misconception(
    question=EITHER,
    sentence="The path through the mean has the wrong sign.",
    hint="The mean is taken off: what goes back along that branch changes its sign.",
)
def mean_path_negated(dout: Array, cache: BatchnormCache) -> Gradients:
    """The minus of the centring forgotten."""
    return walk_back(dout, cache, through_mean=-1.0)


@misconception(
    question=EITHER,
    sentence="The path through the variance is N times too large.",
    hint="The variance is an average: each row gets 1/N of its gradient.",
)
def variance_not_averaged(dout: Array, cache: BatchnormCache) -> Gradients:
    """The 1/N of the variance forgotten."""
    return walk_back(dout, cache, through_variance=float(len(dout)))


@misconception(
    question=EITHER,
    sentence="The path through the mean is N times too large.",
    hint="The mean is an average: each row gets 1/N of its gradient.",
)
def mean_not_averaged(dout: Array, cache: BatchnormCache) -> Gradients:
    """The 1/N of the mean forgotten."""
    return walk_back(dout, cache, through_mean=float(len(dout)))


@misconception(
    question=EITHER,
    sentence="dx leaves out gamma.",
    hint="On its way to x the gradient passes the gate that multiplies with gamma.",
)
def gamma_left_out(dout: Array, cache: BatchnormCache) -> Gradients:
    """As if gamma were one."""
    dx, _, _ = batchnorm_backward(dout, cache._replace(gamma=np.ones_like(cache.gamma)))
    return dx, *batchnorm_backward(dout, cache)[1:]


@misconception(
    question=EITHER,
    sentence="dx leaves out the division by the standard deviation.",
    hint="On its way to x the gradient passes the gate that multiplies with 1/√(variance + eps).",
)
def scale_left_out(dout: Array, cache: BatchnormCache) -> Gradients:
    """As if the standard deviation were one on the way out."""
    dx, dgamma, dbeta = batchnorm_backward(dout, cache)
    return dx / cache.inverse_std, dgamma, dbeta


@misconception(
    question=EITHER,
    sentence="dgamma multiplies dout with x minus its mean instead of with x̂.",
    hint="gamma stands beside the normalized x; its gradient is dout times that.",
)
def dgamma_uses_centred_x(dout: Array, cache: BatchnormCache) -> Gradients:
    """Centred, not divided."""
    dx, _, dbeta = batchnorm_backward(dout, cache)
    return dx, (dout * cache.centred).sum(axis=0), dbeta


@misconception(
    question=EITHER,
    sentence="dgamma and dbeta are exchanged.",
    hint="The order is dx, dgamma, dbeta; dbeta is the plain sum of dout.",
)
def dgamma_and_dbeta_exchanged(dout: Array, cache: BatchnormCache) -> Gradients:
    """The wrong order."""
    dx, dgamma, dbeta = batchnorm_backward(dout, cache)
    return dx, dbeta, dgamma


@misconception(
    question=EITHER,
    sentence="dgamma and dbeta are means over the rows instead of sums.",
    hint="The loss has averaged already; the layer only adds the rows up.",
)
def parameter_gradients_averaged(dout: Array, cache: BatchnormCache) -> Gradients:
    """Average instead of sum."""
    dx, dgamma, dbeta = batchnorm_backward(dout, cache)
    return dx, dgamma / len(dout), dbeta / len(dout)


@misconception(
    question=EITHER,
    sentence="dgamma and dbeta are summed along each row instead of over the rows.",
    hint="gamma and beta have one entry for each feature, a column of x.",
)
def parameter_gradients_along_rows(dout: Array, cache: BatchnormCache) -> Gradients:
    """The wrong axis."""
    dx, _, _ = batchnorm_backward(dout, cache)
    return dx, (dout * cache.normalized).sum(axis=1), dout.sum(axis=1)


@misconception(
    question=EITHER,
    sentence="dgamma and dbeta have shape (1, D) where gamma and beta have (D,).",
    hint="`keepdims=True` leaves an axis of length 1; an update would turn gamma into a matrix.",
)
def parameter_gradients_as_rows(dout: Array, cache: BatchnormCache) -> Gradients:
    """The right numbers with one axis too many."""
    dx, dgamma, dbeta = batchnorm_backward(dout, cache)
    return dx, dgamma[np.newaxis], dbeta[np.newaxis]


@misconception(
    question=EITHER,
    sentence="The backward pass leaves out eps.",
    hint="The forward pass divides by √(variance + eps): so does every factor on the way back.",
)
def eps_left_out_of_backward(dout: Array, cache: BatchnormCache) -> Gradients:
    """As if the spread were the batch's own, without eps."""
    return batchnorm_backward(dout, _with_spread(cache, np.sqrt(_variance(cache))))


@misconception(
    question=SIMPLIFIED,
    sentence="eps is taken off the variance instead of added.",
    hint="Solve for the variance with care: it is the square of the spread minus eps, not plus.",
)
def eps_with_wrong_sign(dout: Array, cache: BatchnormCache) -> Gradients:
    """√(variance − eps), as far as that exists."""
    variance = _variance(cache)
    eps = cache.inverse_std**-2 - variance
    return batchnorm_backward(dout, _with_spread(cache, np.sqrt(np.abs(variance - eps))))


@misconception(
    question=SIMPLIFIED,
    sentence="The sums of the simplified formula are not taken off N times dout: N is missing.",
    hint="Count what the bracket adds up: N·dout, minus a sum of N numbers, minus another.",
)
def rows_missing_in_bracket(dout: Array, cache: BatchnormCache) -> Gradients:
    """The plain dout in place of N·dout."""
    return walk_back(dout, cache, straight=1.0 / len(dout))


@misconception(
    question=SIMPLIFIED,
    sentence="The simplified formula is not divided by N.",
    hint="The bracket is N times too large; the factor before it makes up for that.",
)
def not_divided_by_rows(dout: Array, cache: BatchnormCache) -> Gradients:
    """N times too large."""
    dx, dgamma, dbeta = batchnorm_backward(dout, cache)
    return len(dout) * dx, dgamma, dbeta


@misconception(
    question=EITHER,
    sentence="The cache is changed on the way: a second call gives other gradients.",
    hint="`*=`, `-=` and `out=` write into the cache's arrays; make new ones.",
)
def cache_changed(dout: Array, cache: BatchnormCache) -> Gradients:
    """Right once."""
    result = batchnorm_backward(dout, cache)
    cache.centred[...] *= cache.inverse_std
    cache.normalized[...] *= cache.gamma
    return result


def _variance(cache: BatchnormCache) -> Array:
    return np.asarray((cache.centred**2).mean(axis=0))


def _with_spread(cache: BatchnormCache, std: Array) -> BatchnormCache:
    return cache._replace(inverse_std=1.0 / std)
