"""What the class report shows beside the grades."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from autograder.model import Regraded


class Facts(msgspec.Struct, frozen=True):
    """What is known of a class that no grade says; all of it may be empty."""

    folders: Mapping[str, str] = {}
    """By name, what is odd about a folder of submitted/ as such."""
    ungraded: Mapping[str, str] = {}
    """By name, why something in submitted/ is not graded."""
    late: Mapping[str, float] = {}
    """By student, seconds after their own due date."""
    extended: tuple[str, ...] = ()
    """Students with a due date of their own."""
    missing: tuple[str, ...] = ()
    """Students of the gradebook who handed in nothing."""
    dropped: tuple[str, ...] = ()
    """Students who left the course."""
    seconds: Mapping[str, float] = {}
    """By student, CPU seconds of their cells and of their answers under check."""
    regraded: Mapping[str, Regraded] = {}
    """By student, what the last run changed."""
    answers: Mapping[str, Mapping[str, str]] = {}
    """By student, what they wrote, by question; their own cells together under ""."""
    written: frozenset[str] = frozenset()
    """The questions that are answered in words."""
    given: tuple[str, ...] = ()
    """The texts of the release's cells."""
