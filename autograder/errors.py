"""Errors that end a command with one sentence."""

from __future__ import annotations


class UsageError(Exception):
    """Something the caller can mend. The text is one sentence: what, where, what to do."""
