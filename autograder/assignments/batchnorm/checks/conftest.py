"""pytest meets the hidden checks: the `question` mark and the fixtures they use.

The fixtures give what a `CheckRun` has; a check that asks for nothing else is called without them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from autograder.checking.collect import CURRENT, CheckRun
from autograder.checking.student import Student


@pytest.fixture
def run(request: pytest.FixtureRequest) -> CheckRun:
    """What this run of the check is about: whose answers, and which hidden inputs."""
    return request.config.stash[CURRENT][0]


@pytest.fixture
def student(run: CheckRun) -> Student:
    """The submission under check; every reply is validated before the check sees it."""
    return run.student


@pytest.fixture
def rng(run: CheckRun) -> np.random.RandomState:
    """The generator of this check's hidden inputs: the same for every submission."""
    return run.rng


@pytest.fixture
def release(run: CheckRun) -> Path:
    """The released assignment's folder: its data, and the modules students have."""
    return run.release
