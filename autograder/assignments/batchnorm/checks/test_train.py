"""Hidden checks of the training settings: one training, three accuracies to reach."""

from pathlib import Path

import pytest

from autograder.assignments.batchnorm.checks.training import (
    LEARNS,
    LEARNS_VERY_WELL,
    LEARNS_WELL,
    checked,
    trained,
)
from autograder.checking.faults import CheckFailed
from autograder.checking.student import Student


@pytest.mark.question("train_two_layer_net")
def test_learns(student: Student, release: Path) -> None:
    """Looks at the accuracy on unseen images after training: at least 60 %."""
    reach(student, release, LEARNS)


@pytest.mark.question("train_two_layer_net")
def test_learns_well(student: Student, release: Path) -> None:
    """Looks at the accuracy on unseen images after training: at least 76 %."""
    reach(student, release, LEARNS_WELL)


@pytest.mark.question("train_two_layer_net")
def test_learns_very_well(student: Student, release: Path) -> None:
    """Looks at the accuracy on unseen images after training: at least 82 %."""
    reach(student, release, LEARNS_VERY_WELL)


def reach(student: Student, release: Path, wanted: float) -> None:
    """Train with the student's settings; fail if the accuracy stays below `wanted`."""
    settings = checked(student.settings)
    result = trained(release, tuple(sorted(settings.items())))
    if result.accuracy >= wanted:
        return
    if result.diverged:
        raise CheckFailed(
            "The training diverged with your settings: the loss is not finite any more.",
            "Smaller steps or smaller initial weights keep the loss finite.",
        )
    raise CheckFailed(
        f"After training with your settings the net puts {result.accuracy:.1%} of unseen images "
        f"in the right class; this check asks for {wanted:.0%}.",
        "Compare learning rates a factor of three apart, and watch validation accuracy.",
    )
