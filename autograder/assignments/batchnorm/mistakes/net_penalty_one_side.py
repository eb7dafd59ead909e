"""Named mistakes of regularization in the loss or in the gradients alone; all nets have them."""

from __future__ import annotations

import numpy as np

from autograder.assignments.batchnorm.reference import FullyConnectedNet
from autograder.diagnosis.mistakes import misconception

TWO, DEEP, NORMALIZED = "two_layer_net", "fully_connected_net", "batchnorm_net"
ALL = (TWO, DEEP, NORMALIZED)
MORE_LAYERS = (DEEP, NORMALIZED)
BOTH_PLACES = "The penalty stands in the loss and in the gradients, or in neither."


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
    question=MORE_LAYERS,
    sentence="The last layer's weights are regularized in the loss but not in their gradient.",
    hint="The last layer is often written outside the loop: its gradient needs reg·W as well.",
)
class LastGradientWithoutPenalty(FullyConnectedNet):
    """The loop over hidden layers adds it, the line before the loop does not."""

    def penalized_in_gradient(self) -> dict[str, float]:
        """All weights but the last."""
        return {f"W{layer}": 1.0 for layer in range(1, self.num_layers)}


@misconception(
    question=ALL,
    sentence="The last layer's weights are regularized in their gradient but not in the loss.",
    hint=BOTH_PLACES,
)
class LastPenaltyMissingFromLoss(FullyConnectedNet):
    """Gradients right, the loss without the last weights."""

    def penalty(self) -> float:
        """All weights but the last."""
        return super().penalty() - half_square(self, self.num_layers)


@misconception(
    question=MORE_LAYERS,
    sentence="The loss holds the penalty of the last weights only: a loop overwrites the others'.",
    hint="Inside the loop the penalty is added up, with `+=`; `=` keeps the last one.",
)
class PenaltyOverwrittenInLoop(FullyConnectedNet):
    """Gradients right, the loss with the last weights alone."""

    def penalty(self) -> float:
        """The last weights."""
        return half_square(self, self.num_layers)


@misconception(
    question=MORE_LAYERS,
    sentence="The loss holds the penalty of the first weights only.",
    hint="Every weight matrix adds its part: does the loop overwrite the sum, or return too early?",
)
class PenaltyOfFirstLayerOnly(FullyConnectedNet):
    """Gradients right, the loss with the first weights alone."""

    def penalty(self) -> float:
        """The first weights."""
        return half_square(self, 1)


@misconception(
    question=MORE_LAYERS,
    sentence="The penalty in the loss is divided by the number of layers.",
    hint="The penalty is a sum over the layers, not their mean; the gradients have it so.",
)
class PenaltyInLossDividedByLayers(FullyConnectedNet):
    """Gradients right."""

    def penalty(self) -> float:
        """The mean over the layers."""
        return super().penalty() / self.num_layers


@misconception(
    question=ALL,
    sentence="The weight gradients get 0.5·reg·W where the loss adds 0.5·reg·ΣW².",
    hint="Differentiate the penalty as it stands in the loss: 0.5 and 2 make 1.",
)
class GradientOfPenaltyHalved(FullyConnectedNet):
    """Loss right, gradient of the penalty half of what it should be."""

    def penalized_in_gradient(self) -> dict[str, float]:
        """All weights by half."""
        return dict.fromkeys(self.penalized(), 0.5)


@misconception(
    question=ALL,
    sentence="The loss adds 0.25·reg·ΣW² where the weight gradients get reg·W.",
    hint="The penalty takes one factor 0.5; is there a second?",
)
class PenaltyInLossHalved(FullyConnectedNet):
    """Gradients right, the penalty in the loss half of what it should be."""

    def penalty(self) -> float:
        """Half of it."""
        return 0.5 * super().penalty()


@misconception(
    question=ALL,
    sentence="The penalty in the loss has the wrong sign.",
    hint="Large weights make the loss larger.",
)
class PenaltySubtracted(FullyConnectedNet):
    """Gradients right."""

    def penalty(self) -> float:
        """Taken off."""
        return -super().penalty()


@misconception(
    question=ALL,
    sentence="The penalty sums the weights, not their squares.",
    hint="Every weight is squared before it is added up.",
)
class PenaltyOfPlainWeights(FullyConnectedNet):
    """Gradients right, the loss without the square."""

    def penalty(self) -> float:
        """0.5·reg·ΣW."""
        return 0.5 * self.reg * sum(float(self.params[name].sum()) for name in self.penalized())


@misconception(
    question=ALL,
    sentence="The penalty takes the root of ΣW²: a norm that is not squared.",
    hint="0.5·reg·ΣW² has the square of the norm.",
)
class PenaltyOfNorm(FullyConnectedNet):
    """Gradients right, the loss with a root."""

    def penalty(self) -> float:
        """0.5·reg·Σ‖W‖."""
        norms = [float(np.sqrt((self.params[name] ** 2).sum())) for name in self.penalized()]
        return 0.5 * self.reg * sum(norms)


@misconception(
    question=MORE_LAYERS,
    sentence="The weight gradients of hidden layers lack reg·W, which the loss has.",
    hint=BOTH_PLACES,
)
class HiddenGradientsWithoutPenalty(FullyConnectedNet):
    """The line before the loop adds it, the loop does not."""

    def penalized_in_gradient(self) -> dict[str, float]:
        """The last weights."""
        return {f"W{self.num_layers}": 1.0}


@misconception(
    question=ALL,
    sentence="The gradients get reg·W of the biases too; the loss holds the weights only.",
    hint="Biases are not regularized, neither in the loss nor in the gradients.",
)
class BiasesRegularizedInGradient(FullyConnectedNet):
    """Loss right."""

    def penalized_in_gradient(self) -> dict[str, float]:
        """Weights and biases."""
        return {name: 1.0 for name in self.params if name[0] in "Wb" and name[1].isdigit()}


def half_square(net: FullyConnectedNet, layer: int) -> float:
    """0.5·reg·ΣW² of one layer."""
    return float(0.5 * net.reg * (net.params[f"W{layer}"] ** 2).sum())
