"""What right looks like: every question of the assignment in float64, written once more.

This file never sees the notebooks. Their solutions, it and PyTorch are held against each other by
the tests, so one mistake cannot hide in all three. Everything is computed in float64.

Source of the batch normalization formulas: S. Ioffe and C. Szegedy, "Batch Normalization:
Accelerating Deep Network Training by Reducing Internal Covariate Shift", 2015.
"""

from collections.abc import MutableMapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograder.checking.answers import answer, variable

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


@answer(
    methods={"loss(X)": "scores", "loss(X, y)": "loss: number, grads: mapping"},
    attributes="params: mapping",
)
class FullyConnectedNet:
    """(affine – [batchnorm] – relu) × (L - 1) – affine – softmax.

    `params` holds W1 b1 … WL bL and, with batchnorm, gamma1 beta1 … of the hidden layers only. The
    penalty is 0.5·reg·ΣW² over the weights, never over biases, gamma or beta. Steps are methods and
    layers attributes, so that a wrong net is written down by the one step it gets wrong.
    """

    affine_forward = staticmethod(affine_forward)
    affine_backward = staticmethod(affine_backward)
    relu_forward = staticmethod(relu_forward)
    relu_backward = staticmethod(relu_backward)
    batchnorm_forward = staticmethod(batchnorm_forward)
    batchnorm_backward = staticmethod(batchnorm_backward)

    def __init__(
        self,
        hidden_dims: Sequence[int],
        input_dim: int = 784,
        num_classes: int = 10,
        reg: float = 0.0,
        weight_scale: float = 1e-2,
        dtype: Any = np.float32,
        seed: int | None = None,
        use_batchnorm: bool = False,
    ) -> None:
        """Draw weight_scale·randn layer by layer from NumPy's legacy generator.

        `dtype` is accepted as the notebooks' nets accept it; this one computes in float64.
        `seed` seeds the generator if it is not None.
        """
        if seed is not None:
            np.random.seed(seed)
        self.reg, self.weight_scale, self.use_batchnorm = reg, weight_scale, use_batchnorm
        self.num_layers = len(hidden_dims) + 1
        self.params: Parameters = {}
        sizes = [input_dim, *hidden_dims, num_classes]
        for layer, (fan_in, fan_out) in enumerate(pairwise(sizes), start=1):
            self.params[f"W{layer}"] = self.initial_weights(layer, fan_in, fan_out)
            self.params[f"b{layer}"] = np.zeros(fan_out)
            if use_batchnorm and layer < self.num_layers:
                self.params[f"gamma{layer}"] = np.ones(fan_out)
                self.params[f"beta{layer}"] = np.zeros(fan_out)
        self.bn_params: list[dict[str, Any]] = [{} for _ in range(self.num_layers)]

    def initial_weights(self, layer: int, fan_in: int, fan_out: int) -> Array:
        """(fan_in, fan_out) normal draws of standard deviation weight_scale."""
        return self.weight_scale * np.random.randn(fan_in, fan_out)

    def loss(self, X: ArrayLike, y: ArrayLike | None = None) -> Any:
        """Scores (N, C) in test mode without y; else (loss, gradients by parameter name)."""
        scores, caches = self.forward(f64(X), "test" if y is None else "train")
        if y is None:
            return scores
        loss, dscores = softmax_loss(scores, y)
        return loss + self.penalty(), self.backward(dscores, caches)

    def forward(self, a: Array, mode: str) -> tuple[Array, list[Any]]:
        """Scores (N, C) and one cache a layer."""
        caches = []
        for layer in range(1, self.num_layers):
            a, cache = self.hidden_forward(layer, a, mode)
            caches.append(cache)
        scores, cache = self.affine(self.num_layers, a)
        return scores, [*caches, cache]

    def affine(self, layer: int, a: Array) -> tuple[Array, AffineCache]:
        """The layer's weights and biases applied."""
        return self.affine_forward(a, self.params[f"W{layer}"], self.params[f"b{layer}"])

    def normalize(self, layer: int, a: Array, mode: str) -> tuple[Array, BatchnormCache]:
        """The layer's batch normalization; its running averages live in `bn_params`."""
        self.bn_params[layer - 1]["mode"] = mode
        gamma, beta = self.params[f"gamma{layer}"], self.params[f"beta{layer}"]
        return self.batchnorm_forward(a, gamma, beta, self.bn_params[layer - 1])

    def hidden_forward(self, layer: int, a: Array, mode: str) -> tuple[Array, Any]:
        """One hidden layer: affine – [batchnorm] – relu."""
        a, affine_cache = self.affine(layer, a)
        bn_cache = None
        if self.use_batchnorm:
            a, bn_cache = self.normalize(layer, a, mode)
        a, relu_cache = self.relu_forward(a)
        return a, (affine_cache, bn_cache, relu_cache)

    def backward(self, dscores: Array, caches: list[Any]) -> Parameters:
        """Gradients of all parameters, the penalty's included."""
        grads: Parameters = {}
        last = self.num_layers
        dout, grads[f"W{last}"], grads[f"b{last}"] = self.affine_backward(dscores, caches[-1])
        for layer in range(last - 1, 0, -1):
            dout = self.hidden_backward(layer, dout, caches[layer - 1], grads)
        for name, strength in self.penalized_in_gradient().items():
            grads[name] = grads[name] + strength * self.reg * self.params[name]
        return grads

    def hidden_backward(self, layer: int, dout: Array, cache: Any, grads: Parameters) -> Array:
        """One hidden layer walked back; writes its gradients, returns that of its input."""
        affine_cache, bn_cache, relu_cache = cache
        dout = self.relu_backward(dout, relu_cache)
        if bn_cache is not None:
            dout, *both = self.batchnorm_backward(dout, bn_cache)
            grads[f"gamma{layer}"], grads[f"beta{layer}"] = both
        dout, grads[f"W{layer}"], grads[f"b{layer}"] = self.affine_backward(dout, affine_cache)
        return dout

    def penalized(self) -> dict[str, float]:
        """How often each parameter counts in 0.5·reg·Σp²: once each weight matrix."""
        return {f"W{layer}": 1.0 for layer in range(1, self.num_layers + 1)}

    def penalized_in_gradient(self) -> dict[str, float]:
        """The same for the gradient reg·p: a right net has one table for both."""
        return self.penalized()

    def penalty(self) -> float:
        """0.5·reg·ΣW²."""
        squares = [times * (self.params[k] ** 2).sum() for k, times in self.penalized().items()]
        return float(0.5 * self.reg * sum(squares))


@answer(
    methods={"loss(X)": "scores", "loss(X, y)": "loss: number, grads: mapping"},
    attributes="params: mapping",
)
class TwoLayerNet(FullyConnectedNet):
    """affine – relu – affine – softmax: the fully connected net with one hidden layer."""

    def __init__(
        self,
        input_dim: int = 784,
        hidden_dim: int = 100,
        num_classes: int = 10,
        weight_scale: float = 1e-3,
        reg: float = 0.0,
    ) -> None:
        """Parameters W1 (D, H), b1 (H,), W2 (H, C), b2 (C,); the rest as the parent."""
        super().__init__([hidden_dim], input_dim, num_classes, reg, weight_scale)


settings = variable(
    {
        "hidden_dim": 100,
        "epochs": 10,
        "batch_size": 100,
        "learning_rate": 2e-3,
        "lr_decay": 0.85,
        "weight_scale": 2e-2,
        "reg": 1e-4,
        "update_rule": "adam",
    }
)
"""Settings that reach the last tier of `train_two_layer_net`."""
