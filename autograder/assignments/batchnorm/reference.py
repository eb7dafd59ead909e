"""What right looks like: every question of the assignment in float64, written once more.

Neither this file nor `layers` sees the notebooks. Their solutions, the reference and PyTorch are
held against each other by the tests, so one mistake cannot hide in all three.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from autograder.assignments.batchnorm.layers import (
    AffineCache,
    Array,
    BatchnormCache,
    Parameters,
    affine_backward,
    affine_forward,
    batchnorm_backward,
    batchnorm_backward_alt,
    batchnorm_forward,
    f64,
    relu_backward,
    relu_forward,
    softmax_loss,
)
from autograder.checking.answers import answer, variable

__all__ = [
    "AffineCache",
    "Array",
    "BatchnormCache",
    "FullyConnectedNet",
    "Parameters",
    "TwoLayerNet",
    "affine_backward",
    "affine_forward",
    "batchnorm_backward",
    "batchnorm_backward_alt",
    "batchnorm_forward",
    "f64",
    "relu_backward",
    "relu_forward",
    "settings",
    "softmax_loss",
]


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
    in_place_of: Mapping[str, str] = MappingProxyType(
        {"batchnorm_backward_alt": "batchnorm_backward"}
    )
    """Questions whose answers a net can use for a part of it, by the part's name."""

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
