"""What the tests of reports share: collected checks, and a record that was repeated once."""

from __future__ import annotations

from typing import Any

import pytest
from check_runs import collected_checks
from filled_in import (
    RIGHT,
    judge,
    records,
)

from autograder.checking.collect import Checks


@pytest.fixture(scope="session")
def checks() -> Checks:
    return collected_checks()


@pytest.fixture(scope="session")
def proven(checks: Checks) -> dict[str, Any]:
    """What grading remembers once the real record has really been repeated."""
    memory: dict[str, Any] = {}
    for question, answers in RIGHT.items():
        own = memory.setdefault(question, {})
        assert judge(checks, question, answers, records(), memory=own).points == 6.0
        repeated = {key: value for key, value in own.items() if key.startswith("repeats")}
        assert repeated
        assert all(repeated.values())
        memory[question] = repeated
    return memory
