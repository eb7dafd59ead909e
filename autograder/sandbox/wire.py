"""The wire format, seen from outside: one file serves both sides of the border."""

from __future__ import annotations

from autograder.sandbox.inside.bounds import WireError
from autograder.sandbox.inside.wire import (
    DEFAULT_LIMITS,
    Handle,
    Limits,
    decode,
    encode,
)

__all__ = ["DEFAULT_LIMITS", "Handle", "Limits", "WireError", "decode", "encode"]
