"""Hidden checks of the report on the six-layer nets: one point a question, a share a field.

What was measured is held against the student's own record, once its first iterations have
come out again with the student's own net.
"""

from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType

import pytest

from autograder.assignments.batchnorm.checks import answers, own_record
from autograder.assignments.batchnorm.checks.answers import Form, Trap
from autograder.assignments.batchnorm.records import Run
from autograder.checking.faults import CouldNotTell
from autograder.checking.student import Student

LETTERS = ("A", "B", "C", "D")
NETS = ("with", "without")
HALF = 0.5
PARAMETERS = 1000
"""gamma and beta of five layers of 100 units."""

SAME_GAP = 0.01
"""Gaps this close count as equal: each is the difference of two accuracies good to 0.005."""

REGULARIZER = "batchnorm_taken_for_a_regularizer"

GAP_TRAPS = MappingProxyType(
    {
        "A": Trap(
            0,
            "gamma_and_beta_memorize",
            "blames 1,000 parameters more for learning by heart; the net had more than 100,000 "
            "before. Compare the training accuracies of both nets.",
        ),
        "C": Trap(
            0,
            "stale_running_averages",
            "blames running averages that lag behind. Then training pictures would do badly in "
            "test mode too, and training accuracy is measured in test mode.",
        ),
        "D": Trap(
            0,
            REGULARIZER,
            "says that batch normalization regularizes. That would make its gap the smaller one; "
            "look at which net fits its training pictures at all.",
        ),
    }
)
SORTED_TRAPS = MappingProxyType(
    {
        "A": Trap(
            0,
            "sorting_changes_nothing",
            "says that nothing changes. The weights are the same, but what each batch is "
            "normalized by is not.",
        ),
        "B": Trap(
            0,
            "averages_not_warmed_up",
            "blames the running averages, which training mode does not use.",
        ),
        "C": Trap(
            0,
            "order_of_classes_learned",
            "says that the net learned an order of classes; it sees one batch at a time and "
            "remembers none.",
        ),
    }
)


def form(student: Student) -> Form:
    """The answers."""
    return Form(student, "deep_net_answers", recorded="deep_net" in student.records)


@pytest.mark.question("deep_net_report", weight=0.5)
def test_epoch_half_with(student: Student, release: Path) -> None:
    """Looks at the epoch at which validation accuracy first reaches 0.5 with batchnorm."""
    half(student, release, "with")


@pytest.mark.question("deep_net_report", weight=0.5)
def test_epoch_half_without(student: Student, release: Path) -> None:
    """Looks at the epoch at which validation accuracy first reaches 0.5 without batchnorm."""
    half(student, release, "without")


@pytest.mark.question("deep_net_report", weight=0.25)
def test_train_accuracy_with(student: Student, release: Path) -> None:
    """Looks at the training accuracy after the last epoch, with batchnorm."""
    final(student, release, "train", "with")


@pytest.mark.question("deep_net_report", weight=0.25)
def test_val_accuracy_with(student: Student, release: Path) -> None:
    """Looks at the validation accuracy after the last epoch, with batchnorm."""
    final(student, release, "val", "with")


@pytest.mark.question("deep_net_report", weight=0.25)
def test_train_accuracy_without(student: Student, release: Path) -> None:
    """Looks at the training accuracy after the last epoch, without batchnorm."""
    final(student, release, "train", "without")


@pytest.mark.question("deep_net_report", weight=0.25)
def test_val_accuracy_without(student: Student, release: Path) -> None:
    """Looks at the validation accuracy after the last epoch, without batchnorm."""
    final(student, release, "val", "without")


@pytest.mark.question("deep_net_report")
def test_larger_gap(student: Student, release: Path) -> None:
    """Looks at which net has the larger gap: training minus validation accuracy, at the end."""
    answer = form(student)
    answer.word("larger_gap", NETS)
    runs = finished(student, release)
    gap = {name: runs[name].train_accuracy[-1] - runs[name].val_accuracy[-1] for name in NETS}
    if abs(gap["with"] - gap["without"]) <= SAME_GAP:
        return
    larger, smaller = sorted(NETS, key=lambda name: gap[name], reverse=True)
    sentence = "does not agree with your own record: subtract validation from training accuracy."
    name = REGULARIZER if smaller == "without" else "gap_of_the_other_net"
    answers.choice(answer, "larger_gap", NETS, larger, {smaller: Trap(0, name, sentence)})


@pytest.mark.question("deep_net_report")
def test_gap_reason(student: Student) -> None:
    """Looks at the reason for the larger gap."""
    answers.choice(form(student), "gap_reason", LETTERS, "B", GAP_TRAPS)


@pytest.mark.question("deep_net_report")
def test_parameters_added(student: Student) -> None:
    """Looks at the number of learned numbers that batchnorm added to the net."""
    traps = (
        Trap(500, "gamma_or_beta_only", "counts one of gamma and beta; both are learned."),
        Trap(
            1020,
            "last_layer_normalized_too",
            "counts a gamma and a beta for the last layer, which is not normalized.",
        ),
        Trap(
            2000,
            "running_averages_counted",
            "counts the running averages, which no gradient reaches.",
        ),
    )
    right = range(PARAMETERS, PARAMETERS + 1)
    answers.count(form(student), "parameters_added", right, traps)


@pytest.mark.question("deep_net_report", weight=0.5)
def test_sorted_accuracy(student: Student, release: Path) -> None:
    """Looks at the accuracy on batches sorted by class, in training mode."""
    answer = form(student)
    answer.number("sorted_accuracy")
    measured = own_record.test_mode(student, release)
    unchanged = "is the accuracy {}; sorting changes it."
    traps = (
        Trap(measured["test"], "sorting_changes_nothing", unchanged.format("in test mode")),
        Trap(
            measured["train_shuffled"],
            "sorting_changes_nothing",
            unchanged.format("of shuffled batches"),
        ),
    )
    answers.fraction(answer, "sorted_accuracy", measured["train_sorted"], traps)


@pytest.mark.question("deep_net_report", weight=0.5)
def test_sorted_reason(student: Student) -> None:
    """Looks at the reason for the accuracy on sorted batches."""
    answers.choice(form(student), "sorted_reason", LETTERS, "D", SORTED_TRAPS)


def half(student: Student, release: Path, net: str) -> None:
    """The first epoch with a validation accuracy of at least one half."""
    answer, field = form(student), f"epoch_half_{net}"
    answer.value(field)
    run = dict(zip(NETS, own_record.deep_net(student, release), strict=True))[net]
    reached = [epoch for epoch, accuracy in enumerate(run.val_accuracy, 1) if accuracy >= HALF]
    answers.epoch(answer, field, reached[0] if reached else None)


def final(student: Student, release: Path, part: str, net: str) -> None:
    """An accuracy after the last epoch."""
    answer, field = form(student), f"{part}_accuracy_{net}"
    answer.number(field)
    runs = finished(student, release)
    other_part = "val" if part == "train" else "train"
    other_net = "without" if net == "with" else "with"
    truth = accuracies(runs[net], part)
    traps = (
        Trap(
            max(truth),
            "best_epoch_for_last",
            "is the best epoch's accuracy; the last epoch's is asked for.",
        ),
        Trap(
            accuracies(runs[net], other_part)[-1],
            "training_for_validation",
            "is the other one of training and validation accuracy.",
        ),
        Trap(
            accuracies(runs[other_net], part)[-1],
            "with_for_without",
            "is the accuracy of the other net.",
        ),
    )
    answers.fraction(answer, field, truth[-1], traps)


def finished(student: Student, release: Path) -> dict[str, Run]:
    """Both runs, if each came through an epoch.

    Raises:
        CouldNotTell: one did not, so there is no accuracy to compare with.
    """
    runs = dict(zip(NETS, own_record.deep_net(student, release), strict=True))
    if any(not run.val_accuracy for run in runs.values()):
        raise CouldNotTell(
            "In your own record a training ended before its first epoch, so there is no accuracy "
            "to compare with; a person will look at this answer."
        )
    return runs


def accuracies(run: Run, part: str) -> Sequence[float]:
    """One accuracy an epoch, of the training or the validation pictures."""
    return run.train_accuracy if part == "train" else run.val_accuracy
