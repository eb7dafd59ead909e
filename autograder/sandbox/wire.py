"""The wire format, seen from outside: one file serves both sides of the border."""

from __future__ import annotations

from autograder.sandbox.inside.bounds import DEFAULT_LIMITS, Limits, WireError
from autograder.sandbox.inside.wire import CHOSEN, Handle, Named, decode, encode

__all__ = ["CHOSEN", "DEFAULT_LIMITS", "Handle", "Limits", "Named", "WireError", "decode", "encode"]
