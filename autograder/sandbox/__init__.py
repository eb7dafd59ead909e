"""A sandbox for notebooks: untrusted cells run in there, only plain values and arrays come out."""

from autograder.sandbox.channel import Budget
from autograder.sandbox.client import Sandbox
from autograder.sandbox.errors import (
    SandboxBroken,
    SandboxError,
    SandboxUnavailable,
    StudentDied,
    StudentError,
    StudentProtocol,
    StudentRaised,
    StudentTimeout,
)
from autograder.sandbox.policy import POLICY, Policy
from autograder.sandbox.requests import Fork, Item, Reply
from autograder.sandbox.session import CellError, CellRun, Session, SourceCell
from autograder.sandbox.wire import Handle

__all__ = [
    "POLICY",
    "Budget",
    "CellError",
    "CellRun",
    "Fork",
    "Handle",
    "Item",
    "Policy",
    "Reply",
    "Sandbox",
    "SandboxBroken",
    "SandboxError",
    "SandboxUnavailable",
    "Session",
    "SourceCell",
    "StudentDied",
    "StudentError",
    "StudentProtocol",
    "StudentRaised",
    "StudentTimeout",
]
