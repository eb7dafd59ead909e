"""Hidden checks of the form, held against the student's own moving average.

So whoever reads a wrong experiment well does not lose the same points twice.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.checking import compare
from autograder.checking.faults import CheckFailed, StudentFault
from autograder.checking.student import Student
from autograder.checking.values import as_array, one_number
from autograder.model import Verdict

WIDTHS = (1, 3, 7, 13, 25, 49, 73)
ROUNDING = 0.006
"""The experiment prints two digits."""

WRONG_REASONS = {
    "A": (
        "wide_windows_add_noise",
        "says that more values bring more noise, but ups and downs cancel in a mean.",
    ),
    "C": (
        "fewer_means_less_exact",
        "blames the number of means: there are fewer, and each is as good as it was.",
    ),
}


@pytest.mark.question("window_report")
def test_best_width(student: Student, release: Path) -> None:
    """Looks at the width with the smallest error in your table."""
    width = number(student, "best_width")
    errors = measured(student, release)
    if width == max(WIDTHS) and width != min(errors, key=errors.__getitem__):
        raise CheckFailed(
            "`best_width` is the widest window, which is not the best one.",
            "The widest line is the smoothest; it need not be the closest.",
            misconception="smoothest_taken_for_best",
        )
    if errors.get(width, np.inf) > min(errors.values()):
        raise CheckFailed("`best_width` is not the width with the smallest error in your table.")


@pytest.mark.question("window_report")
def test_error_best(student: Student, release: Path) -> None:
    """Looks at the smallest error in your table."""
    error = number(student, "error_best")
    if abs(error - min(measured(student, release).values())) > ROUNDING:
        raise CheckFailed("`error_best` is not the smallest error in your table.")


@pytest.mark.question("window_report")
def test_why_not_wider(student: Student) -> None:
    """Looks at the reason why wider windows do worse."""
    reason = filled_in(student, "why_not_wider")
    letter = reason.strip().upper() if isinstance(reason, str) else ""
    if letter in WRONG_REASONS:
        name, sentence = WRONG_REASONS[letter]
        raise CheckFailed(f"`why_not_wider` {sentence}", misconception=name)
    if letter != "B":
        raise CheckFailed("`why_not_wider` is none of the letters A, B and C.")


def filled_in(student: Student, field: str) -> Any:
    """What stands in the form."""
    value = student.findings.get(field)
    if value is None:
        raise StudentFault(f"`{field}` is not filled in.", verdict=Verdict.MISSING)
    return value


def number(student: Student, field: str) -> float:
    """One finite number of the form; no comparison with NaN would ever fail."""
    array = as_array(filled_in(student, field))
    if array is None:
        raise CheckFailed(f"`{field}` is not a number; write it without quotation marks.")
    value = one_number(array, field)
    if not np.isfinite(value):
        raise CheckFailed(f"`{field}` is not a finite number.")
    return value


def measured(student: Student, release: Path) -> dict[float, float]:
    """By width, the error that the notebook's experiment gives with the student's own function."""
    table = np.loadtxt(release / "thermometers.csv", delimiter=",", skiprows=1)
    return {width: error(student, width, table[:, 1], table[:, 2]) for width in WIDTHS}


def error(student: Student, width: int, good: Any, cheap: Any) -> float:
    """As the notebook measures it: each mean against the good value in its window's middle."""
    smooth = student.moving_average(cheap, width)
    middle = good[width // 2 : width // 2 + smooth.size]
    smooth = compare.fitted("smooth", smooth, middle.shape, "Is there a table in your notebook?")
    return float(np.sqrt(np.mean((smooth - middle) ** 2)))
