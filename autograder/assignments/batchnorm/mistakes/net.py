"""Named mistakes of the fully connected nets: the reference with one step done wrong.

One class stands for the two-layer net and the deep net where both can make the mistake.
"""

from __future__ import annotations

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
BOTH_PLACES = "The penalty stands in the loss and in the gradients, or in neither."


@misconception(
    question=ALL,
    sentence="The last layer's weights are left out of regularization, in loss and gradient.",
    hint="Every weight matrix counts, the last one too; a gradient check cannot see this.",
)
class LastLayerNotRegularized(FullyConnectedNet):
    """Consistent, and wrong."""

    def penalized(self) -> dict[str, float]:
        """All weights but the last."""
        return {f"W{layer}": 1.0 for layer in range(1, self.num_layers)}


@misconception(
    question=ALL,
    sentence="Biases are regularized too.",
    hint="The penalty is over the weight matrices only; a gradient check cannot see this.",
)
class BiasesRegularized(FullyConnectedNet):
    """Consistent, and wrong."""

    def penalized(self) -> dict[str, float]:
        """Weights and biases."""
        layers = range(1, self.num_layers + 1)
        return {f"{letter}{layer}": 1.0 for layer in layers for letter in "Wb"}


@misconception(
    question=ALL,
    sentence="Regularization is in the loss but not in the gradients.",
    hint=BOTH_PLACES,
)
class PenaltyMissingFromGradients(FullyConnectedNet):
    """Loss right, gradients plain."""

    def penalized_in_gradient(self) -> dict[str, float]:
        """None."""
        return {}


@misconception(
    question=ALL,
    sentence="Regularization is in the gradients but not in the loss.",
    hint=BOTH_PLACES,
)
class PenaltyMissingFromLoss(FullyConnectedNet):
    """Gradients right, loss plain."""

    def penalty(self) -> float:
        """Nothing."""
        return 0.0


@misconception(
    question=ALL,
    sentence="Regularization is left out of the loss and of the gradients.",
    hint="0.5·reg·ΣW² is added to the loss, and reg·W to each weight gradient.",
)
class PenaltyForgotten(FullyConnectedNet):
    """As if reg were 0."""

    def penalized(self) -> dict[str, float]:
        """None."""
        return {}


@misconception(
    question=ALL,
    sentence="The penalty is reg·ΣW², without the factor 0.5, in loss and gradient.",
    hint="With the 0.5 the gradient comes out as reg·W; a gradient check cannot see this.",
)
class HalfForgotten(FullyConnectedNet):
    """Consistent, and twice too strong."""

    def penalized(self) -> dict[str, float]:
        """All weights twice."""
        return dict.fromkeys(super().penalized(), 2.0)


@misconception(
    question=ALL,
    sentence="The weight gradients get 2·reg·W where the loss adds 0.5·reg·ΣW².",
    hint="Differentiate the penalty as it stands in the loss: 0.5 and 2 make 1.",
)
class GradientOfPenaltyDoubled(FullyConnectedNet):
    """Loss right, gradient of the penalty twice too large."""

    def penalized_in_gradient(self) -> dict[str, float]:
        """All weights twice."""
        return dict.fromkeys(self.penalized(), 2.0)


@misconception(
    question=ALL,
    sentence="The loss adds reg·ΣW² where the weight gradients get reg·W.",
    hint="The gradient of reg·ΣW² would be 2·reg·W: the loss lacks the factor 0.5.",
)
class PenaltyInLossDoubled(FullyConnectedNet):
    """Gradients right, the penalty in the loss twice too large."""

    def penalty(self) -> float:
        """Without the half."""
        return 2.0 * super().penalty()


@misconception(
    question=(DEEP, NORMALIZED),
    sentence="The last layer's weights are regularized in the loss but not in their gradient.",
    hint="The last layer is often written outside the loop: its gradient needs reg·W as well.",
)
class LastGradientWithoutPenalty(FullyConnectedNet):
    """The loop over hidden layers adds it, the line before the loop does not."""

    def penalized_in_gradient(self) -> dict[str, float]:
        """All weights but the last."""
        return {f"W{layer}": 1.0 for layer in range(1, self.num_layers)}


@misconception(
    question=(DEEP, NORMALIZED),
    sentence="One weight matrix is regularized several times and the others not at all.",
    hint="Look at the index in the line that adds the penalty: does it move with the loop?",
)
class StaleLoopIndex(FullyConnectedNet):
    """The last weights once a layer."""

    def penalized(self) -> dict[str, float]:
        """The last weights, as often as there are layers."""
        return {f"W{self.num_layers}": float(self.num_layers)}


@misconception(
    question=(DEEP, NORMALIZED),
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
    question=PLAIN,
    sentence="weight_scale is taken for the variance of the weights.",
    hint="weight_scale multiplies standard normal numbers: it is a standard deviation.",
)
class WeightScaleAsVariance(FullyConnectedNet):
    """Spread √weight_scale."""

    def initial_weights(self, layer: int, fan_in: int, fan_out: int) -> Array:
        """√weight_scale in place of weight_scale."""
        return float(np.sqrt(self.weight_scale)) * np.random.randn(fan_in, fan_out)


@misconception(
    question=PLAIN,
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
    question=PLAIN,
    sentence="There is no relu between the affine layers.",
    hint="Without it the whole net is one affine layer, however deep it is.",
)
class ReluMissing(FullyConnectedNet):
    """Affine layers only."""

    def hidden_forward(self, layer: int, a: Array, mode: str) -> tuple[Array, Any]:
        """Affine alone."""
        return self.affine(layer, a)

    def hidden_backward(self, layer: int, dout: Array, cache: Any, grads: Parameters) -> Array:
        """Affine alone."""
        dout, grads[f"W{layer}"], grads[f"b{layer}"] = affine_backward(dout, cache)
        return dout


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
