"""Named mistakes of putting batch normalization into the net."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.assignments.batchnorm.reference import (
    Array,
    FullyConnectedNet,
    Parameters,
    affine_backward,
    batchnorm_backward,
    batchnorm_forward,
    relu_backward,
    relu_forward,
)
from autograder.diagnosis.mistakes import misconception

NET = "batchnorm_net"


@misconception(
    question=NET,
    sentence="use_batchnorm is accepted and ignored: the net is the plain one.",
    hint="With the flag, params holds gamma and beta, and every hidden layer normalizes.",
)
class FlagIgnored(FullyConnectedNet):
    """Never normalizes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Drop the flag."""
        super().__init__(*args, **kwargs | {"use_batchnorm": False})


@misconception(
    question=NET,
    sentence="gamma and beta are there, but no layer normalizes.",
    hint="Between affine and relu of every hidden layer stands a batch normalization.",
)
class NeverNormalizes(FullyConnectedNet):
    """Parameters without a layer."""

    def hidden_forward(self, layer: int, a: Array, mode: str) -> tuple[Array, Any]:
        """Affine – relu."""
        a, affine_cache = self.affine(layer, a)
        a, relu_cache = relu_forward(a)
        return a, (affine_cache, None, relu_cache)

    def hidden_backward(self, layer: int, dout: Array, cache: Any, grads: Parameters) -> Array:
        """Walk back; gamma and beta get zeros."""
        if self.use_batchnorm:
            for name in (f"gamma{layer}", f"beta{layer}"):
                grads[name] = np.zeros_like(self.params[name])
        return super().hidden_backward(layer, dout, cache, grads)


@misconception(
    question=NET,
    sentence="Batch normalization comes after relu instead of before it.",
    hint="The order is affine, batch normalization, relu; a gradient check cannot see this.",
)
class BatchnormAfterRelu(FullyConnectedNet):
    """Consistent, and another net."""

    def hidden_forward(self, layer: int, a: Array, mode: str) -> tuple[Array, Any]:
        """Affine – relu – batchnorm."""
        if not self.use_batchnorm:
            return super().hidden_forward(layer, a, mode)
        a, affine_cache = self.affine(layer, a)
        a, relu_cache = relu_forward(a)
        a, bn_cache = self.normalize(layer, a, mode)
        return a, (affine_cache, bn_cache, relu_cache)

    def hidden_backward(self, layer: int, dout: Array, cache: Any, grads: Parameters) -> Array:
        """The same order backwards."""
        affine_cache, bn_cache, relu_cache = cache
        if bn_cache is None:
            return super().hidden_backward(layer, dout, cache, grads)
        dout, grads[f"gamma{layer}"], grads[f"beta{layer}"] = batchnorm_backward(dout, bn_cache)
        dout = relu_backward(dout, relu_cache)
        dout, grads[f"W{layer}"], grads[f"b{layer}"] = affine_backward(dout, affine_cache)
        return dout


@misconception(
    question=NET,
    sentence="The scores are normalized as well.",
    hint="Batch normalization belongs to the hidden layers: nothing follows the last affine layer.",
)
class ScoresNormalized(FullyConnectedNet):
    """One batch normalization too many, its gamma and beta fixed."""

    def forward(self, a: Array, mode: str) -> tuple[Array, list[Any]]:
        """Normalize the scores at the end."""
        scores, caches = super().forward(a, mode)
        if not self.use_batchnorm:
            return scores, caches
        self.bn_params[-1]["mode"] = mode
        classes = scores.shape[1]
        scores, cache = batchnorm_forward(
            scores, np.ones(classes), np.zeros(classes), self.bn_params[-1]
        )
        return scores, [*caches, cache]

    def backward(self, dscores: Array, caches: list[Any]) -> Parameters:
        """Through the extra layer first."""
        if self.use_batchnorm:
            return super().backward(batchnorm_backward(dscores, caches[-1])[0], caches[:-1])
        return super().backward(dscores, caches)


@misconception(
    question=NET,
    sentence="gamma and beta are regularized.",
    hint="The penalty is over the weight matrices only; a gradient check cannot see this.",
)
class GammaAndBetaRegularized(FullyConnectedNet):
    """Consistent, and wrong."""

    def penalized(self) -> dict[str, float]:
        """Weights, gammas and betas."""
        return {name: 1.0 for name in self.params if not name.startswith("b") or "beta" in name}


@misconception(
    question=NET,
    sentence="The net stays in train mode when it is asked for scores.",
    hint="Without labels the mode is `test`; every layer's bn_param has to be told.",
)
class AlwaysTrainMode(FullyConnectedNet):
    """Batch statistics at test time."""

    def forward(self, a: Array, mode: str) -> tuple[Array, list[Any]]:
        """Train mode, whatever was asked for."""
        return super().forward(a, "train")


@misconception(
    question=NET,
    sentence="The running averages are updated twice in a training step.",
    hint="The forward pass runs once a step; does something call it a second time?",
)
class AveragesUpdatedTwice(FullyConnectedNet):
    """Scores in train mode first, then the loss."""

    def forward(self, a: Array, mode: str) -> tuple[Array, list[Any]]:
        """Twice in train mode."""
        if mode == "train":
            super().forward(a, mode)
        return super().forward(a, mode)


@misconception(
    question=NET,
    sentence="bn_param is made anew in every step, so the running averages are forgotten.",
    hint="One dictionary a layer, made in the constructor, carries them from step to step.",
)
class AveragesForgotten(FullyConnectedNet):
    """A fresh bn_param for every training step."""

    def forward(self, a: Array, mode: str) -> tuple[Array, list[Any]]:
        """Empty dictionaries in train mode."""
        if mode == "train":
            self.bn_params = [{} for _ in range(self.num_layers)]
        return super().forward(a, mode)


@misconception(
    question=NET,
    sentence="All layers share one bn_param, and with it their running averages.",
    hint="Each layer sees other features: it needs running averages of its own.",
)
class BnParamShared(FullyConnectedNet):
    """`[{}] * n` makes one dictionary n times; layers of one size hide it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """One dictionary for all."""
        super().__init__(*args, **kwargs)
        self.bn_params = [{}] * self.num_layers


@misconception(
    question=NET,
    sentence="The backward pass leaves out batch normalization.",
    hint="Walk back through every gate of the forward pass, in reverse order.",
)
class BatchnormNotWalkedBack(FullyConnectedNet):
    """dgamma and dbeta right, dx of the layer left out."""

    def hidden_backward(self, layer: int, dout: Array, cache: Any, grads: Parameters) -> Array:
        """Past the normalization."""
        affine_cache, bn_cache, relu_cache = cache
        dout = relu_backward(dout, relu_cache)
        if bn_cache is not None:
            _, grads[f"gamma{layer}"], grads[f"beta{layer}"] = batchnorm_backward(dout, bn_cache)
        dout, grads[f"W{layer}"], grads[f"b{layer}"] = affine_backward(dout, affine_cache)
        return dout


@misconception(
    question=NET,
    sentence="The gradients of gamma and beta are missing.",
    hint="The solver updates every entry of params: grads needs the same names.",
)
class GammaAndBetaWithoutGradients(FullyConnectedNet):
    """Not put into grads."""

    def backward(self, dscores: Array, caches: list[Any]) -> Parameters:
        """Only weights and biases."""
        grads = super().backward(dscores, caches)
        return {name: value for name, value in grads.items() if name[0] in "Wb" and name[1] != "e"}


@misconception(
    question=NET,
    sentence="The gradients of gamma and beta are exchanged.",
    hint="batchnorm_backward returns dx, dgamma, dbeta, in this order.",
)
class GammaAndBetaGradientsExchanged(FullyConnectedNet):
    """Put under each other's names."""

    def hidden_backward(self, layer: int, dout: Array, cache: Any, grads: Parameters) -> Array:
        """Exchange the two after walking back."""
        dout = super().hidden_backward(layer, dout, cache, grads)
        gamma, beta = f"gamma{layer}", f"beta{layer}"
        if gamma in grads:
            grads[gamma], grads[beta] = grads[beta], grads[gamma]
        return dout


@misconception(
    question=NET,
    sentence="Batch normalization and relu follow the last layer as well.",
    hint="Both belong to the hidden layers: nothing follows the last affine layer.",
)
class ScoresNormalizedAndRectified(ScoresNormalized):
    """The last layer made like a hidden one."""

    def forward(self, a: Array, mode: str) -> tuple[Array, list[Any]]:
        """Relu behind the extra batch normalization."""
        scores, caches = super().forward(a, mode)
        if not self.use_batchnorm:
            return scores, caches
        scores, cache = relu_forward(scores)
        return scores, [*caches, cache]

    def backward(self, dscores: Array, caches: list[Any]) -> Parameters:
        """Through the extra relu first."""
        if not self.use_batchnorm:
            return super().backward(dscores, caches)
        return super().backward(relu_backward(dscores, caches[-1]), caches[:-1])
