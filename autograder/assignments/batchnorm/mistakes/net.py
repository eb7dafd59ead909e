"""Named mistakes of the fully connected nets: the reference with one step done wrong.

One class stands for the two-layer net and the deep net where both can make the mistake.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograder.assignments.batchnorm.reference import (
    Array,
    FullyConnectedNet,
    Parameters,
    affine_backward,
    relu_backward,
    relu_forward,
    softmax_loss,
)
from autograder.diagnosis.mistakes import misconception

TWO, DEEP, NORMALIZED = "two_layer_net", "fully_connected_net", "batchnorm_net"
PLAIN = (TWO, DEEP)
ALL = (TWO, DEEP, NORMALIZED)


@misconception(
    question=ALL,
    sentence="The last layer's weights ignore weight_scale.",
    hint="The last layer is often written outside the loop: it needs weight_scale as well.",
)
class LastLayerIgnoresWeightScale(FullyConnectedNet):
    """Unit spread in the last layer."""

    def initial_weights(self, layer: int, fan_in: int, fan_out: int) -> Array:
        """Standard normal for the last layer."""
        if layer == self.num_layers:
            return np.random.randn(fan_in, fan_out)
        return super().initial_weights(layer, fan_in, fan_out)


@misconception(
    question=ALL,
    sentence="The weights ignore weight_scale.",
    hint="Multiply the random numbers with weight_scale in every layer.",
)
class WeightScaleIgnored(FullyConnectedNet):
    """Unit spread everywhere."""

    def initial_weights(self, layer: int, fan_in: int, fan_out: int) -> Array:
        """Standard normal."""
        return np.random.randn(fan_in, fan_out)


@misconception(
    question=ALL,
    sentence="weight_scale is taken for the variance of the weights.",
    hint="weight_scale multiplies standard normal numbers: it is a standard deviation.",
)
class WeightScaleAsVariance(FullyConnectedNet):
    """Spread √weight_scale."""

    def initial_weights(self, layer: int, fan_in: int, fan_out: int) -> Array:
        """√weight_scale in place of weight_scale."""
        return float(np.sqrt(self.weight_scale)) * np.random.randn(fan_in, fan_out)


@misconception(
    question=ALL,
    sentence="A relu follows the last layer as well.",
    hint="Scores may be negative: nothing stands between the last affine layer and the softmax.",
)
class ReluOnScores(FullyConnectedNet):
    """One relu too many, walked back as well."""

    def forward(self, a: Array, mode: str) -> tuple[Array, list[Any]]:
        """Scores cut off at zero."""
        scores, caches = super().forward(a, mode)
        scores, relu_cache = relu_forward(scores)
        return scores, [*caches, relu_cache]

    def backward(self, dscores: Array, caches: list[Any]) -> Parameters:
        """Through the extra relu first."""
        return super().backward(relu_backward(dscores, caches[-1]), caches[:-1])


@misconception(
    question=ALL,
    sentence="There is no relu between the affine layers.",
    hint="Without it the whole net is one affine layer, however deep it is.",
)
class ReluMissing(FullyConnectedNet):
    """Affine layers, with batch normalization if it is asked for."""

    relu_forward = staticmethod(lambda x: (x, x))
    relu_backward = staticmethod(lambda dout, cache: dout)


@misconception(
    question=PLAIN,
    sentence="The backward pass leaves out relu.",
    hint="Walk back through every gate of the forward pass, in reverse order.",
)
class ReluNotWalkedBack(FullyConnectedNet):
    """Forward right, backward as if the net were linear."""

    def hidden_backward(self, layer: int, dout: Array, cache: Any, grads: Parameters) -> Array:
        """Affine alone."""
        dout, grads[f"W{layer}"], grads[f"b{layer}"] = affine_backward(dout, cache[0])
        return dout


@misconception(
    question=PLAIN,
    sentence="The gradients are those of the summed loss, N times too large.",
    hint="The given softmax loss has averaged already, and so has its gradient.",
)
class GradientsNotAveraged(FullyConnectedNet):
    """The rows' gradients added up."""

    def backward(self, dscores: Array, caches: list[Any]) -> Parameters:
        """N times the gradient that softmax sends back."""
        return super().backward(dscores * len(dscores), caches)


@misconception(
    question=PLAIN,
    sentence="The loss is divided by the number of examples once more.",
    hint="The given softmax loss has averaged already.",
)
class LossAveragedTwice(FullyConnectedNet):
    """Loss and gradient N times too small."""

    def loss(self, X: Any, y: Any = None) -> Any:
        """The data loss divided by N again."""
        scores, caches = self.forward(np.array(X, dtype=np.float64), "train")
        if y is None:
            return scores
        loss, dscores = softmax_loss(scores, y)
        return loss / len(scores) + self.penalty(), self.backward(dscores / len(scores), caches)


@misconception(
    question=ALL,
    sentence="The weights are scaled by the size of their layer, not by weight_scale.",
    hint="weight_scale is the standard deviation of every weight, however large the layer is.",
)
class ScaledByLayerSize(FullyConnectedNet):
    """Spread 1/√(inputs of the layer)."""

    def initial_weights(self, layer: int, fan_in: int, fan_out: int) -> Array:
        """The scale named after Xavier Glorot."""
        return np.random.randn(fan_in, fan_out) / float(np.sqrt(fan_in))


@misconception(
    question=ALL,
    sentence="The first layer's weights ignore weight_scale.",
    hint="The first layer is often written outside the loop: it needs weight_scale as well.",
)
class FirstLayerIgnoresWeightScale(FullyConnectedNet):
    """Unit spread in the first layer."""

    def initial_weights(self, layer: int, fan_in: int, fan_out: int) -> Array:
        """Standard normal for the first layer."""
        if layer == 1:
            return np.random.randn(fan_in, fan_out)
        return super().initial_weights(layer, fan_in, fan_out)


@misconception(
    question=ALL,
    sentence="Biases start as random numbers.",
    hint="Only weights are drawn: biases start as zeros.",
)
class BiasesStartRandom(FullyConnectedNet):
    """Drawn like weights."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """weight_scale·randn for b."""
        super().__init__(*args, **kwargs)
        for layer in range(1, self.num_layers + 1):
            size = self.params[f"b{layer}"].size
            self.params[f"b{layer}"] = self.weight_scale * np.random.randn(size)


@misconception(
    question=ALL,
    sentence="Biases have shape (1, H) where (H,) is asked for.",
    hint="One number for each unit is one axis; a row makes a matrix of every bias gradient.",
)
class BiasesAsRows(FullyConnectedNet):
    """The right numbers with one axis too many."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Rows for b."""
        super().__init__(*args, **kwargs)
        for layer in range(1, self.num_layers + 1):
            self.params[f"b{layer}"] = self.params[f"b{layer}"][np.newaxis]


@misconception(
    question=ALL,
    sentence="num_classes is ignored: the last layer always has ten outputs.",
    hint="The size of the last layer is an argument of the constructor.",
)
class NumClassesIgnored(FullyConnectedNet):
    """Ten classes, whatever is asked for."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Another last layer."""
        super().__init__(*args, **kwargs)
        last = self.num_layers
        fan_in = len(self.params[f"W{last}"])
        self.params[f"W{last}"] = self.initial_weights(last, fan_in, 10)
        self.params[f"b{last}"] = np.zeros(10)


@misconception(
    question=(DEEP, NORMALIZED),
    sentence="The net has one layer too few.",
    hint="Every entry of hidden_dims is a hidden layer, and the layer of the scores comes on top.",
)
class OneLayerTooFew(FullyConnectedNet):
    """As many affine layers as hidden layers."""

    def __init__(self, hidden_dims: Sequence[int], *args: Any, **kwargs: Any) -> None:
        """Drop the last hidden layer."""
        super().__init__(hidden_dims[:-1], *args, **kwargs)
