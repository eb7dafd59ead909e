"""Named mistakes of batch normalization's forward pass: `layer` with one step done wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.assignments.batchnorm.reference import Array, BatchnormCache, batchnorm_forward
from autograder.diagnosis.mistakes import misconception

BnParam = dict[str, Any]
Result = tuple[Array, BatchnormCache]
Pair = tuple[Array, Array]


def batch_statistics(x: Array) -> Pair:
    """Mean and biased variance of each feature."""
    return x.mean(axis=0), x.var(axis=0)


def inverse_root(variance: Array, eps: float) -> Array:
    """1/√(variance + eps)."""
    return np.asarray(1.0 / np.sqrt(variance + eps))


def running(bn_param: BnParam, features: int) -> Pair:
    """The running averages as they stand."""
    zeros = np.zeros(features)
    return bn_param.get("running_mean", zeros), bn_param.get("running_var", zeros)


def layer(
    x: Array,
    gamma: Array,
    beta: Array,
    bn_param: BnParam,
    *,
    statistics: Callable[[Array], Pair] = batch_statistics,
    inverse_std: Callable[[Array, float], Array] = inverse_root,
    test_inverse_std: Callable[[Array, float], Array] | None = None,
    stored: Callable[[Pair, float], Pair] = lambda batch, eps: batch,
    keep: Callable[[float], float] = lambda momentum: momentum,
    default_eps: float | None = None,
    default_momentum: float | None = None,
) -> Result:
    """Batch normalization whose steps can be exchanged; as it stands it is right."""
    eps = default_eps or bn_param.get("eps", 1e-5)
    momentum = default_momentum or bn_param.get("momentum", 0.9)
    averages = running(bn_param, x.shape[1])
    if bn_param["mode"] == "train":
        batch = mean, variance = statistics(x)
        scale = inverse_std(variance, eps)
        for name, old, new in zip(
            ("running_mean", "running_var"), averages, stored(batch, eps), strict=True
        ):
            bn_param[name] = keep(momentum) * old + (1 - keep(momentum)) * new
    else:
        mean, variance = averages
        scale = (test_inverse_std or inverse_std)(variance, eps)
    normalized = (x - mean) * scale
    return gamma * normalized + beta, BatchnormCache(x - mean, gamma, scale, normalized)


@misconception(
    question="batchnorm_forward",
    sentence="The variance is divided by N − 1 instead of N, in the output and in running_var.",
    hint="Algorithm 1 of the paper takes the biased variance: no `ddof=1`.",
)
def unbiased_variance(x: Array, gamma: Array, beta: Array, bn_param: BnParam) -> Result:
    """Sample variance everywhere."""
    return layer(
        x, gamma, beta, bn_param, statistics=lambda x: (x.mean(axis=0), x.var(axis=0, ddof=1))
    )


@misconception(
    question="batchnorm_forward",
    sentence="eps is added to the standard deviation, outside the root.",
    hint="eps is added to the variance; the root is taken of the sum.",
)
def eps_outside_root(x: Array, gamma: Array, beta: Array, bn_param: BnParam) -> Result:
    """Divide by √variance + eps."""
    return layer(x, gamma, beta, bn_param, inverse_std=lambda var, eps: 1.0 / (np.sqrt(var) + eps))


@misconception(
    question="batchnorm_forward",
    sentence="eps is left out of the normalization.",
    hint="A feature with variance zero would divide by zero: eps is added before the root.",
)
def eps_left_out(x: Array, gamma: Array, beta: Array, bn_param: BnParam) -> Result:
    """Divide by √variance."""
    return layer(x, gamma, beta, bn_param, inverse_std=lambda var, eps: inverse_root(var, 0.0))


@misconception(
    question="batchnorm_forward",
    sentence="eps is a fixed number; the value in bn_param is not read.",
    hint="bn_param may hold `eps`; the default stands in only when it does not.",
)
def eps_fixed(x: Array, gamma: Array, beta: Array, bn_param: BnParam) -> Result:
    """Always 1e-5."""
    return layer(x, gamma, beta, bn_param, default_eps=1e-5)


@misconception(
    question="batchnorm_forward",
    sentence="Each row is normalized over its features instead of each feature over the rows.",
    hint="Batch normalization looks down a column: mean and variance have shape (D,).",
)
def normalized_along_rows(x: Array, gamma: Array, beta: Array, bn_param: BnParam) -> Result:
    """Layer normalization in train mode."""
    if bn_param["mode"] == "train":
        batchnorm_forward(x, gamma, beta, bn_param)
        centred = x - x.mean(axis=1, keepdims=True)
        scale = inverse_root(x.var(axis=1, keepdims=True), bn_param.get("eps", 1e-5))
        out = gamma * centred * scale + beta
        return out, BatchnormCache(centred, gamma, scale, centred * scale)
    return layer(x, gamma, beta, bn_param)


@misconception(
    question="batchnorm_forward",
    sentence="One mean and one variance are taken of the whole batch instead of each feature.",
    hint="Without `axis=0` NumPy averages all numbers of the array together.",
)
def one_mean_for_all_features(x: Array, gamma: Array, beta: Array, bn_param: BnParam) -> Result:
    """The axis forgotten."""
    ones = np.ones(x.shape[1])
    return layer(x, gamma, beta, bn_param, statistics=lambda x: (x.mean() * ones, x.var() * ones))


@misconception(
    question="batchnorm_forward",
    sentence="x is divided by the variance instead of by its root.",
    hint="The spread is the standard deviation: take the root of variance + eps.",
)
def divided_by_variance(x: Array, gamma: Array, beta: Array, bn_param: BnParam) -> Result:
    """No root."""
    return layer(x, gamma, beta, bn_param, inverse_std=lambda var, eps: 1.0 / (var + eps))


@misconception(
    question="batchnorm_forward",
    sentence="gamma and beta are left out.",
    hint="After normalizing, every feature is scaled by its gamma and shifted by its beta.",
)
def gamma_and_beta_left_out(x: Array, gamma: Array, beta: Array, bn_param: BnParam) -> Result:
    """Only normalize."""
    return layer(x, np.ones_like(gamma), np.zeros_like(beta), bn_param)


@misconception(
    question="batchnorm_forward",
    sentence="beta is left out.",
    hint="After scaling by gamma, every feature is shifted by its beta.",
)
def beta_left_out(x: Array, gamma: Array, beta: Array, bn_param: BnParam) -> Result:
    """Scale, do not shift."""
    return layer(x, gamma, np.zeros_like(beta), bn_param)


@misconception(
    question="batchnorm_forward",
    sentence="x is divided by its spread but its mean is not taken off.",
    hint="Centre first: x minus the mean of its feature.",
)
def not_centred(x: Array, gamma: Array, beta: Array, bn_param: BnParam) -> Result:
    """Scale only."""
    mean = x.mean(axis=0) if bn_param["mode"] == "train" else running(bn_param, x.shape[1])[0]
    out, cache = layer(x, gamma, beta, bn_param)
    return out + gamma * mean * cache.inverse_std, cache
