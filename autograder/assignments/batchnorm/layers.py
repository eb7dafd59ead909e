"""The layers in float64, written once more; `reference` has them with the nets.

This file never sees the notebooks. Their solutions, it and PyTorch are held against each other by
the tests, so one mistake cannot hide in all three. Everything is computed in float64.

Source of the batch normalization formulas: S. Ioffe and C. Szegedy, "Batch Normalization:
Accelerating Deep Network Training by Reducing Internal Covariate Shift", 2015.
"""

from collections.abc import MutableMapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograder.checking.answers import answer

Array = NDArray[np.float64]
Parameters = dict[str, Array]
AffineCache = tuple[Array, Array, Array]


def f64(value: ArrayLike) -> Array:
    """A float64 copy of `value`; a copy, so that no caller's array is ever changed."""
    return np.array(value, dtype=np.float64)


@answer("out, cache*")
def affine_forward(x: ArrayLike, w: ArrayLike, b: ArrayLike) -> tuple[Array, AffineCache]:
    """Fully connected layer: out (N, M) = rows(x) @ w + b; the cache is (x, w, b).

    Args:
        x: (N, d1, …, dk), one example a row; d1·…·dk = D.
        w: (D, M) weights.
        b: (M,) biases.
    """
    x, w, b = f64(x), f64(w), f64(b)
    return x.reshape(len(x), -1) @ w + b, (x, w, b)


@answer("dx, dw, db")
def affine_backward(dout: ArrayLike, cache: AffineCache) -> tuple[Array, Array, Array]:
    """Gradients of the fully connected layer by the chain rule.

    Args:
        dout: (N, M) gradient of the loss with respect to out.
        cache: what `affine_forward` returned.

    Returns:
        dx shaped like x, dw (D, M), db (M,).
    """
    x, w, _ = cache
    dout = f64(dout)
    return (dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.sum(axis=0)


@answer("out, cache*")
def relu_forward(x: ArrayLike) -> tuple[Array, Array]:
    """Rectifier `max(0, x)`, elementwise, any shape; the cache is x."""
    return np.maximum(f64(x), 0.0), f64(x)


@answer("dx")
def relu_backward(dout: ArrayLike, cache: Array) -> Array:
    """Gradient of the rectifier: dout where x > 0, else 0 (at exactly 0 the choice is free)."""
    return np.where(cache > 0, f64(dout), 0.0)


class BatchnormCache(NamedTuple):
    """What the backward pass needs of one normalized mini-batch of N rows and D features."""

    centred: Array  # (N, D): x - mean
    gamma: Array  # (D,)
    inverse_std: Array  # (D,): 1 / sqrt(variance + eps)
    normalized: Array  # (N, D): x̂ of Algorithm 1


@answer("out, cache*")
def batchnorm_forward(
    x: ArrayLike, gamma: ArrayLike, beta: ArrayLike, bn_param: MutableMapping[str, Any]
) -> tuple[Array, BatchnormCache]:
    """Batch normalization, Algorithm 1 of Ioffe and Szegedy 2015, with running averages.

    Args:
        x: (N, D), a mini-batch.
        gamma: (D,) scale.
        beta: (D,) shift.
        bn_param: `mode` ("train" or "test"), `eps` (1e-5 if absent), `momentum` (0.9 if absent),
            `running_mean` and `running_var` (D,) (zeros if absent), the last two updated in
            place in train mode: running = momentum·running + (1 - momentum)·batch value. The
            variance is the biased one; the paper estimates the test statistics differently.

    Returns:
        out (N, D) and the cache. In test mode the running values take the place of the batch's.

    Raises:
        ValueError: the mode is neither "train" nor "test".
    """
    x, gamma, beta = f64(x), f64(gamma), f64(beta)
    eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    running_mean = f64(bn_param.get("running_mean", np.zeros(x.shape[1])))
    running_var = f64(bn_param.get("running_var", np.zeros(x.shape[1])))
    if bn_param["mode"] == "train":
        mean, variance = x.mean(axis=0), x.var(axis=0)
        bn_param["running_mean"] = momentum * running_mean + (1 - momentum) * mean
        bn_param["running_var"] = momentum * running_var + (1 - momentum) * variance
    elif bn_param["mode"] == "test":
        mean, variance = running_mean, running_var
    else:
        raise ValueError(f"unknown batch normalization mode {bn_param['mode']!r}")
    inverse_std = 1.0 / np.sqrt(variance + eps)
    normalized = (x - mean) * inverse_std
    return gamma * normalized + beta, BatchnormCache(x - mean, gamma, inverse_std, normalized)


@answer("dx, dgamma, dbeta")
def batchnorm_backward(dout: ArrayLike, cache: BatchnormCache) -> tuple[Array, Array, Array]:
    """Gradients of train-mode batch normalization, equation by equation.

    Source: Ioffe and Szegedy 2015, section 3, the six equations after "backpropagate".

    Args:
        dout: (N, D) gradient of the loss with respect to out.
        cache: what `batchnorm_forward` returned.

    Returns:
        dx (N, D), dgamma (D,), dbeta (D,).
    """
    centred, gamma, inverse_std, normalized = cache
    dout = f64(dout)
    rows = len(dout)
    dnormalized = dout * gamma
    dvariance = (dnormalized * centred).sum(axis=0) * -0.5 * inverse_std**3
    dmean = -(dnormalized * inverse_std).sum(axis=0) - 2.0 * dvariance * centred.mean(axis=0)
    dx = dnormalized * inverse_std + dvariance * 2.0 * centred / rows + dmean / rows
    return dx, (dout * normalized).sum(axis=0), dout.sum(axis=0)


@answer("dx, dgamma, dbeta")
def batchnorm_backward_alt(dout: ArrayLike, cache: BatchnormCache) -> tuple[Array, Array, Array]:
    """The same gradients by the simplified formula.

    dx = γ/(m·√(σ²+ε)) · (m·∂y − Σ∂y − (x−μ)/(σ²+ε)·Σ ∂y·(x−μ)): the equations of section 3
    with ∂σ² and ∂μ put in; Σ(x−μ) is zero. Arguments and results as `batchnorm_backward`.
    """
    centred, gamma, inverse_std, normalized = cache
    dout = f64(dout)
    rows = len(dout)
    dbeta = dout.sum(axis=0)
    along = centred * inverse_std**2 * (dout * centred).sum(axis=0)
    dx = gamma * inverse_std / rows * (rows * dout - dbeta - along)
    return dx, (dout * normalized).sum(axis=0), dbeta


def softmax_loss(scores: ArrayLike, y: ArrayLike) -> tuple[float, Array]:
    """Mean cross-entropy of softmax(scores) at the labels, and its gradient.

    Args:
        scores: (N, C).
        y: (N,) integer labels in [0, C).

    Returns:
        The loss (nats per example) and dscores (N, C) = (softmax - one_hot) / N. The row maximum
        is taken off first, so no score overflows.
    """
    scores, labels = f64(scores), np.asarray(y)
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_probability = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    rows = np.arange(len(scores))
    gradient = np.exp(log_probability)
    gradient[rows, labels] -= 1.0
    return float(-log_probability[rows, labels].mean()), gradient / len(scores)
