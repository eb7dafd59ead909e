"""What each function a student writes takes and returns, declared once.

The `student` fixture holds every reply against these before a check sees it.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Literal

import msgspec

Kind = Literal["array", "opaque"]


class Returned(msgspec.Struct, frozen=True):
    """One value a function returns: an array the checks read, or a cache they only pass on."""

    name: str
    kind: Kind = "array"


OUT_AND_CACHE = (Returned("out"), Returned("cache", "opaque"))
AFFINE_GRADIENTS = (Returned("dx"), Returned("dw"), Returned("db"))
BATCHNORM_GRADIENTS = (Returned("dx"), Returned("dgamma"), Returned("dbeta"))

SIGNATURES = MappingProxyType(
    {
        "affine_forward": OUT_AND_CACHE,
        "affine_backward": AFFINE_GRADIENTS,
        "relu_forward": OUT_AND_CACHE,
        "relu_backward": (Returned("dx"),),
        "batchnorm_forward": OUT_AND_CACHE,
        "batchnorm_backward": BATCHNORM_GRADIENTS,
        "batchnorm_backward_alt": BATCHNORM_GRADIENTS,
    }
)
