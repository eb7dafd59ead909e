"""Named mistakes of regularization that loss and gradients share; all nets have them."""

from __future__ import annotations

from autograder.assignments.batchnorm.reference import FullyConnectedNet
from autograder.diagnosis.mistakes import misconception

TWO, DEEP, NORMALIZED = "two_layer_net", "fully_connected_net", "batchnorm_net"
PLAIN = (TWO, DEEP)
ALL = (TWO, DEEP, NORMALIZED)
MORE_LAYERS = (DEEP, NORMALIZED)
EVERY_LAYER = "Every weight matrix counts once; a gradient check cannot see this."


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
    sentence="Regularization is left out of the loss and of the gradients.",
    hint="0.5·reg·ΣW² is added to the loss, and reg·W to each weight gradient.",
)
class PenaltyForgotten(FullyConnectedNet):
    """As if reg were 0."""

    def penalized(self) -> dict[str, float]:
        """None."""
        return {}


@misconception(
    question=PLAIN,
    sentence="The penalty is reg·ΣW², without the factor 0.5, in loss and gradient.",
    hint="With the 0.5 the gradient comes out as reg·W; a gradient check cannot see this.",
)
class HalfForgotten(FullyConnectedNet):
    """Consistent, and twice too strong."""

    def penalized(self) -> dict[str, float]:
        """All weights twice."""
        return dict.fromkeys(super().penalized(), 2.0)


@misconception(
    question=MORE_LAYERS,
    sentence="One weight matrix is regularized several times and the others not at all.",
    hint="Look at the index in the line that adds the penalty: does it move with the loop?",
)
class StaleLoopIndex(FullyConnectedNet):
    """The last weights once a layer."""

    def penalized(self) -> dict[str, float]:
        """The last weights, as often as there are layers."""
        return {f"W{self.num_layers}": float(self.num_layers)}


@misconception(
    question=NORMALIZED,
    sentence="The penalty is twice 0.5·reg·ΣW², in loss and gradients.",
    hint="The penalty is given, in `l2_regularization`: is it added once more, or without its 0.5?",
)
class PenaltyCountsTwice(FullyConnectedNet):
    """Consistent, and twice too strong."""

    def penalized(self) -> dict[str, float]:
        """All weights twice."""
        return dict.fromkeys(super().penalized(), 2.0)


@misconception(
    question=ALL,
    sentence="The first layer's weights are left out of regularization, in loss and gradient.",
    hint=EVERY_LAYER,
)
class FirstLayerNotRegularized(FullyConnectedNet):
    """Consistent, and wrong."""

    def penalized(self) -> dict[str, float]:
        """All weights but the first."""
        return {f"W{layer}": 1.0 for layer in range(2, self.num_layers + 1)}


@misconception(
    question=MORE_LAYERS,
    sentence="Only the last layer's weights are regularized, in loss and gradient.",
    hint=EVERY_LAYER,
)
class OnlyLastLayerRegularized(FullyConnectedNet):
    """Consistent, and wrong."""

    def penalized(self) -> dict[str, float]:
        """The last weights."""
        return {f"W{self.num_layers}": 1.0}


@misconception(
    question=ALL,
    sentence="reg is divided by the number of layers.",
    hint="The penalty is a sum over the layers, not their mean.",
)
class RegDividedByLayers(FullyConnectedNet):
    """Consistent, and too weak."""

    def penalized(self) -> dict[str, float]:
        """All weights, in parts."""
        return dict.fromkeys(super().penalized(), 1.0 / self.num_layers)
