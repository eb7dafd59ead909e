"""Hidden checks of the form: numbers that any right layer gives, up to chance."""

from __future__ import annotations

from typing import Any

import pytest

from autograder.assignments.dropout.reference import dropout_answers
from autograder.checking.faults import CheckFailed, StudentFault
from autograder.checking.student import Student
from autograder.model import Verdict

TOLERANCE = 0.05
"""Of 100,000 entries mean and spread are good to one percent; two digits are enough."""

MOST = 1e300
"""Beyond it whole numbers are no floats."""

NOT_SCALED = "is what a layer gives that does not divide by p."
SQUARED = "is the variance; the spread is its square root, the standard deviation."
TRAPS = {
    "mean_at_half": {0.5: ("not_scaled", NOT_SCALED)},
    "spread_at_half": {0.5: ("not_scaled", NOT_SCALED)},
    "spread_at_fifth": {4.0: ("variance_for_spread", SQUARED), 0.4: ("not_scaled", NOT_SCALED)},
}
"""By field, the wrong values that known mistakes give."""
WORDS = {"train_accuracy": ("higher", "lower"), "gap": ("larger", "smaller")}


def filled_in(student: Student, field: str) -> Any:
    """The field's value. Raises `StudentFault` if there is none."""
    value = student.dropout_answers.get(field)
    if value is None:
        raise StudentFault(f"`{field}` is not filled in.", verdict=Verdict.MISSING)
    return value


@pytest.mark.question("dropout_report")
@pytest.mark.parametrize("field", list(TRAPS))
def test_number(student: Student, field: str) -> None:
    """Looks at a number of your table."""
    value = filled_in(student, field)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= MOST:
        raise CheckFailed(f"`{field}` is no number.", "Write it without quotation marks.")
    if abs(value - dropout_answers.value[field]) <= TOLERANCE:
        return
    for wrong, (name, sentence) in TRAPS[field].items():
        if abs(value - wrong) <= TOLERANCE:
            raise CheckFailed(f"`{field}` {sentence}", misconception=name)
    raise CheckFailed(f"`{field}` is not what a right layer gives; look at your table once more.")


@pytest.mark.question("dropout_report")
@pytest.mark.parametrize("field", list(WORDS))
def test_word(student: Student, field: str) -> None:
    """Looks at a word about the two trainings."""
    value = filled_in(student, field)
    if not isinstance(value, str) or value not in WORDS[field]:
        raise CheckFailed(f"`{field}` has to be one of {' and '.join(WORDS[field])}.")
    if value != dropout_answers.value[field]:
        raise CheckFailed(f"`{field}` is the other one; look at the curves once more.")
