"""What the tests of reports share: collected checks, and a record that was repeated once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from filled_in import (
    DEEP,
    NEED_NO_RECORD,
    RIGHT,
    SCALES,
    judge,
    records,
)
from student_folder import ROOT

from autograder.checks.runner import Checks
from autograder.model import Verdict


@pytest.mark.parametrize("question", [DEEP, SCALES])
def test_without_a_record_a_person_looks_at_what_was_measured(
    checks: Checks, question: str
) -> None:
    report = judge(checks, question, RIGHT[question], {})
    assert report.for_a_person == set(RIGHT[question]) - NEED_NO_RECORD
    assert all(
        report.outcomes[n].verdict is Verdict.PASSED for n in NEED_NO_RECORD & set(RIGHT[question])
    )


@pytest.fixture(scope="session")
def checks() -> Iterator[Checks]:
    with Checks(release=ROOT) as collected:
        yield collected


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
