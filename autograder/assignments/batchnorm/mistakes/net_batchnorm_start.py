"""Named mistakes of gamma and beta in a new net: what they start as, how many, and when."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.assignments.batchnorm.reference import (
    Array,
    FullyConnectedNet,
    Parameters,
    affine_backward,
    batchnorm_backward,
    relu_backward,
    relu_forward,
)
from autograder.diagnosis.mistakes import misconception

NET = "batchnorm_net"
START = "A new layer only normalizes: gamma starts as ones, beta as zeros."


class Started(FullyConnectedNet):
    """A right net, but for what gamma and beta start as."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Set them anew."""
        super().__init__(*args, **kwargs)
        for name, value in self.params.items():
            if name.startswith("gamma"):
                self.params[name] = self.gamma(value.size)
            if name.startswith("beta"):
                self.params[name] = self.beta(value.size)

    def gamma(self, size: int) -> Array:
        """What gamma starts as."""
        return np.ones(size)

    def beta(self, size: int) -> Array:
        """What beta starts as."""
        return np.zeros(size)

    def drawn(self, size: int) -> Array:
        """Numbers like weights."""
        return self.weight_scale * np.random.randn(size)


@misconception(
    question=NET,
    sentence="gamma starts at zero.",
    hint=START,
)
class GammaStartsAtZero(Started):
    """Nothing passes at first."""

    def gamma(self, size: int) -> Array:
        """Zeros."""
        return np.zeros(size)


@misconception(
    question=NET,
    sentence="gamma starts as random numbers.",
    hint=START,
)
class GammaStartsRandom(Started):
    """Drawn like a weight."""

    def gamma(self, size: int) -> Array:
        """weight_scale·randn."""
        return self.drawn(size)


@misconception(
    question=NET,
    sentence="gamma starts as standard normal numbers.",
    hint=START,
)
class GammaStartsStandardNormal(Started):
    """Drawn without weight_scale."""

    def gamma(self, size: int) -> Array:
        """Standard normal."""
        return np.random.randn(size)


@misconception(
    question=NET,
    sentence="gamma starts as weight_scale instead of one.",
    hint=START,
)
class GammaStartsAsWeightScale(Started):
    """Ones, scaled like the weights."""

    def gamma(self, size: int) -> Array:
        """weight_scale everywhere."""
        return np.full(size, self.weight_scale)


@misconception(
    question=NET,
    sentence="beta starts at one.",
    hint=START,
)
class BetaStartsAtOne(Started):
    """Shifted at first."""

    def beta(self, size: int) -> Array:
        """Ones."""
        return np.ones(size)


@misconception(
    question=NET,
    sentence="beta starts as random numbers.",
    hint=START,
)
class BetaStartsRandom(Started):
    """Drawn like a weight."""

    def beta(self, size: int) -> Array:
        """weight_scale·randn."""
        return self.drawn(size)


@misconception(
    question=NET,
    sentence="gamma starts at zero and beta at one: the two are exchanged.",
    hint=START,
)
class GammaAndBetaStartExchanged(Started):
    """The wrong way round."""

    def gamma(self, size: int) -> Array:
        """Zeros."""
        return np.zeros(size)

    def beta(self, size: int) -> Array:
        """Ones."""
        return np.ones(size)


@misconception(
    question=NET,
    sentence="gamma and beta start as random numbers.",
    hint=START,
)
class GammaAndBetaStartRandom(Started):
    """Both drawn like weights."""

    def gamma(self, size: int) -> Array:
        """weight_scale·randn."""
        return self.drawn(size)

    def beta(self, size: int) -> Array:
        """weight_scale·randn."""
        return self.drawn(size)


@misconception(
    question=NET,
    sentence="gamma and beta start as standard normal numbers.",
    hint=START,
)
class GammaAndBetaStartStandardNormal(Started):
    """Both drawn without weight_scale."""

    def gamma(self, size: int) -> Array:
        """Standard normal."""
        return np.random.randn(size)

    def beta(self, size: int) -> Array:
        """Standard normal."""
        return np.random.randn(size)


@misconception(
    question=NET,
    sentence="gamma and beta have the size of the layer's input.",
    hint="Batch normalization stands behind the affine layer, so it sees the layer's outputs.",
)
class GammaSizedByInput(FullyConnectedNet):
    """Batch normalization in front of the affine layer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """One gamma and beta for each input."""
        super().__init__(*args, **kwargs)
        for layer in range(1, self.num_layers):
            if self.use_batchnorm:
                size = len(self.params[f"W{layer}"])
                self.params[f"gamma{layer}"] = np.ones(size)
                self.params[f"beta{layer}"] = np.zeros(size)

    def hidden_forward(self, layer: int, a: Array, mode: str) -> tuple[Array, Any]:
        """Batchnorm – affine – relu."""
        if not self.use_batchnorm:
            return super().hidden_forward(layer, a, mode)
        a, bn_cache = self.normalize(layer, a, mode)
        a, affine_cache = self.affine(layer, a)
        a, relu_cache = relu_forward(a)
        return a, (affine_cache, bn_cache, relu_cache)

    def hidden_backward(self, layer: int, dout: Array, cache: Any, grads: Parameters) -> Array:
        """The same order backwards."""
        affine_cache, bn_cache, relu_cache = cache
        if bn_cache is None:
            return super().hidden_backward(layer, dout, cache, grads)
        dout = relu_backward(dout, relu_cache)
        dout, grads[f"W{layer}"], grads[f"b{layer}"] = affine_backward(dout, affine_cache)
        dout, grads[f"gamma{layer}"], grads[f"beta{layer}"] = batchnorm_backward(dout, bn_cache)
        return dout


@misconception(
    question=NET,
    sentence="gamma and beta are in params without the flag, too.",
    hint="What no layer uses is no parameter: they belong there only if use_batchnorm is set.",
)
class GammaAndBetaWithoutTheFlag(FullyConnectedNet):
    """Right with the flag."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Add what is not used."""
        super().__init__(*args, **kwargs)
        for layer in range(1, self.num_layers):
            size = self.params[f"b{layer}"].size
            self.params.setdefault(f"gamma{layer}", np.ones(size))
            self.params.setdefault(f"beta{layer}", np.zeros(size))
