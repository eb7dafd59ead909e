"""Named mistakes of what batch normalization's backward pass takes from its cache."""

from __future__ import annotations

from autograder.assignments.batchnorm.mistakes.batchnorm_backward import EITHER, Gradients
from autograder.assignments.batchnorm.reference import Array, BatchnormCache, batchnorm_backward
from autograder.diagnosis.mistakes import misconception

ORDER = "Unpack the cache in the order in which it was packed; a dictionary has names."


@misconception(
    question=EITHER,
    sentence="The backward pass takes gamma for the spread and the spread for gamma.",
    hint=ORDER,
)
def gamma_and_spread_exchanged(dout: Array, cache: BatchnormCache) -> Gradients:
    """Unpacked in another order."""
    spread = 1.0 / cache.inverse_std
    return batchnorm_backward(dout, cache._replace(gamma=spread, inverse_std=1.0 / cache.gamma))


@misconception(
    question=EITHER,
    sentence="The backward pass takes gamma for 1/√(variance + eps) and that for gamma.",
    hint=ORDER,
)
def gamma_and_inverse_spread_exchanged(dout: Array, cache: BatchnormCache) -> Gradients:
    """Unpacked in another order."""
    gamma, inverse_std = cache.inverse_std, cache.gamma
    return batchnorm_backward(dout, cache._replace(gamma=gamma, inverse_std=inverse_std))


@misconception(
    question=EITHER,
    sentence="The backward pass takes x̂ for x minus its mean, and that for x̂.",
    hint=ORDER,
)
def centred_and_normalized_exchanged(dout: Array, cache: BatchnormCache) -> Gradients:
    """Unpacked in another order."""
    centred, normalized = cache.normalized, cache.centred
    return batchnorm_backward(dout, cache._replace(centred=centred, normalized=normalized))


@misconception(
    question=EITHER,
    sentence="The backward pass takes the spread for the variance: it takes the root twice.",
    hint="Does the cache hold the variance or its root? Name it so.",
)
def spread_taken_for_variance(dout: Array, cache: BatchnormCache) -> Gradients:
    """One root too many."""
    return batchnorm_backward(dout, cache._replace(inverse_std=cache.inverse_std**0.5))


@misconception(
    question=EITHER,
    sentence="The backward pass takes the variance for the spread: it takes no root.",
    hint="Does the cache hold the variance or its root? Name it so.",
)
def variance_taken_for_spread(dout: Array, cache: BatchnormCache) -> Gradients:
    """One root too few."""
    return batchnorm_backward(dout, cache._replace(inverse_std=cache.inverse_std**2))
