"""Named mistakes of the gradients of gamma and beta."""

from __future__ import annotations

from autograder.assignments.batchnorm.mistakes.batchnorm_backward import EITHER, Gradients
from autograder.assignments.batchnorm.reference import Array, BatchnormCache, batchnorm_backward
from autograder.diagnosis.mistakes import misconception


@misconception(
    question=EITHER,
    sentence="dgamma sums x̂ alone: dout is not in it.",
    hint="By the chain rule every gradient carries dout as a factor.",
)
def dgamma_without_upstream(dout: Array, cache: BatchnormCache) -> Gradients:
    """Zero, up to rounding."""
    dx, _, dbeta = batchnorm_backward(dout, cache)
    return dx, cache.normalized.sum(axis=0), dbeta


@misconception(
    question=EITHER,
    sentence="dgamma sums dout alone: x̂ is not in it.",
    hint="gamma multiplies x̂; its gradient is dout times x̂.",
)
def dgamma_without_normalized(dout: Array, cache: BatchnormCache) -> Gradients:
    """The same as dbeta."""
    dx, _, dbeta = batchnorm_backward(dout, cache)
    return dx, dbeta, dbeta


@misconception(
    question=EITHER,
    sentence="dgamma is a mean over the rows instead of a sum.",
    hint="The loss has averaged already; the layer only adds the rows up.",
)
def dgamma_averaged(dout: Array, cache: BatchnormCache) -> Gradients:
    """Average instead of sum."""
    dx, dgamma, dbeta = batchnorm_backward(dout, cache)
    return dx, dgamma / len(dout), dbeta


@misconception(
    question=EITHER,
    sentence="dbeta is a mean over the rows instead of a sum.",
    hint="The loss has averaged already; the layer only adds the rows up.",
)
def dbeta_averaged(dout: Array, cache: BatchnormCache) -> Gradients:
    """Average instead of sum."""
    dx, dgamma, dbeta = batchnorm_backward(dout, cache)
    return dx, dgamma, dbeta / len(dout)


@misconception(
    question=EITHER,
    sentence="dgamma and dbeta are single numbers: their sums lack an axis.",
    hint="Without `axis=0` NumPy adds up the whole array; gamma and beta have one entry a feature.",
)
def parameter_gradients_over_everything(dout: Array, cache: BatchnormCache) -> Gradients:
    """The axis forgotten."""
    dx, _, _ = batchnorm_backward(dout, cache)
    return dx, (dout * cache.normalized).sum(), dout.sum()


@misconception(
    question=EITHER,
    sentence="dgamma is a single number: its sum lacks an axis.",
    hint="Without `axis=0` NumPy adds up the whole array; gamma has one entry a feature.",
)
def dgamma_over_everything(dout: Array, cache: BatchnormCache) -> Gradients:
    """The axis forgotten."""
    dx, _, dbeta = batchnorm_backward(dout, cache)
    return dx, (dout * cache.normalized).sum(), dbeta


@misconception(
    question=EITHER,
    sentence="dbeta is a single number: its sum lacks an axis.",
    hint="Without `axis=0` NumPy adds up the whole array; beta has one entry a feature.",
)
def dbeta_over_everything(dout: Array, cache: BatchnormCache) -> Gradients:
    """The axis forgotten."""
    dx, dgamma, _ = batchnorm_backward(dout, cache)
    return dx, dgamma, dout.sum()


@misconception(
    question=EITHER,
    sentence="dgamma and dbeta are not summed over the rows.",
    hint="gamma and beta serve every row, so what comes back to the rows is added up.",
)
def parameter_gradients_not_summed(dout: Array, cache: BatchnormCache) -> Gradients:
    """One row of gradients a row."""
    dx, _, _ = batchnorm_backward(dout, cache)
    return dx, dout * cache.normalized, dout
