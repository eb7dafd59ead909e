"""What an invented class is made of; an assignment's `demo/cases.py` has one as `CLASS`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from autograder.assignment import Assignment
from autograder.errors import UsageError

Notebooks = dict[str, Any]
"""A submission under construction: notebook nodes, or raw bytes, by file name."""


class Edit(msgspec.Struct, frozen=True):
    """A change of one answer cell. An empty `before` stands for the whole cell."""

    answer: str
    before: str
    after: str


class Case(msgspec.Struct, frozen=True):
    """One student of the demonstration."""

    student: str
    what: str
    """What was handed in, in a few words."""
    edits: tuple[Edit, ...] = ()
    loses: tuple[str, ...] = ()
    """Questions that cannot be fully right; () if nothing is wrong."""
    rearrange: Callable[[Notebooks, Notebooks], None] | None = None
    """A change of the whole submission, with the blank release beside it."""


class InventedClass(msgspec.Struct, frozen=True):
    """A class to demonstrate an assignment with."""

    cases: tuple[Case, ...]
    kept_outputs: tuple[str, ...] = ()
    """Types of outputs that its submissions keep of the executed solutions."""


def class_of(assignment: Assignment) -> InventedClass:
    """The class that an assignment brings along.

    Raises:
        UsageError: it brings none.
    """
    if assignment.folder is None or not (assignment.folder / "demo" / "cases.py").is_file():
        raise UsageError(f"{assignment.name} has no demo/cases.py, so there is no class to show.")
    invented = getattr(assignment.module("demo.cases"), "CLASS", None)
    if not isinstance(invented, InventedClass):
        raise UsageError(f"{assignment.folder}/demo/cases.py: CLASS has to be an InventedClass(…).")
    return invented
