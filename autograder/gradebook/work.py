"""A graded submission on its way into `autograded/` and the gradebook."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from autograder.grading.graded import GradedSubmission


class Work(msgspec.Struct, frozen=True):
    """One submission to be written."""

    student: str
    graded: GradedSubmission
    folder: Path
    """Where it was handed in."""
    same: bool = True
    """Whether the same files were in the gradebook before."""
    laid_out: Mapping[str, bytes] | None = None
    """What belongs in `autograded/`, where a worker has said so already."""
