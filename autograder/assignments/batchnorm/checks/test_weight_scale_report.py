"""Hidden checks of the report on 20 weight scales: one point a question, a share a field.

What was measured is held against the student's own record; of the two fields that are
thought out rather than read, none is needed.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest

from autograder.assignments.batchnorm.checks import answers, own_record
from autograder.assignments.batchnorm.checks.answers import ACCURACY_TOLERANCE, Form, Trap
from autograder.assignments.batchnorm.checks.own_record import SCALES, Sweep
from autograder.assignments.batchnorm.records import Run
from autograder.checking.faults import CheckFailed
from autograder.checking.student import Student

GOOD = 0.70
BORDERLINE = 0.002
"""A run this near to 0.70 may be counted or not: a second look at a plot decides it."""

AS_GOOD = 0.01
"""Best accuracies that differ by no more are as good as each other: ten pictures of 1,000."""

FACTOR, CRITICAL = 0.05, 0.2
"""A layer of 50 inputs after relu multiplies the size of its signal by scale·√(50/2)."""

REMEDY_TRAPS = MappingProxyType(
    {
        "A": Trap(
            0,
            "larger_eps_rescues",
            "adds a larger eps to variances that are in the hundreds at this scale; that is next "
            "to nothing.",
        ),
        "B": Trap(0, "larger_steps_rescue", "is not what helped most in your own record."),
        "C": Trap(
            0,
            "slower_averages_rescue",
            "changes the running averages, which training never uses.",
        ),
        "D": Trap(
            0,
            "frozen_gamma_beta_rescue",
            "takes gamma and beta away from the net and leaves its steps as small as they were.",
        ),
        "E": Trap(
            0,
            "small_last_layer_rescues",
            "mends the first loss and leaves the steps as small as they were; it is not what "
            "helped most in your own record.",
        ),
    }
)


def form(student: Student) -> Form:
    """The answers."""
    return Form(student, "weight_scale_answers", recorded="weight_scale" in student.records)


@pytest.mark.question("weight_scale_report")
def test_best_plain_scale(student: Student, release: Path, rng: np.random.RandomState) -> None:
    """Looks at the weight scale at which the net without batchnorm is best."""
    answer, field = form(student), "best_plain_scale"
    value = answer.number(field)
    sweep = own_record.weight_scale(student, release, rng)
    if abs(value - CRITICAL) < 0.001:
        raise CheckFailed(
            f"`{field}` is {value:.4g}, the scale that theory gives; the best one of the "
            "experiment is asked for.",
            misconception="theory_for_measurement",
        )
    plain, normalized = best(sweep.without), best(sweep.with_)
    index = answers.scale_index(field, value, SCALES)
    if plain[index] >= max(plain) - AS_GOOD:
        return
    if normalized[index] == max(normalized):
        raise CheckFailed(
            f"`{field}` is the best scale of the net with batch normalization.",
            misconception="with_for_without",
        )
    raise CheckFailed(f"`{field}`: in your own record the plain net is better at another scale.")


@pytest.mark.question("weight_scale_report", weight=0.5)
def test_scales_above_70_with(student: Student, release: Path, rng: np.random.RandomState) -> None:
    """Looks at the number of scales that reach 0.70 with batchnorm."""
    above(student, release, rng, "with", lambda sweep: (sweep.with_, sweep.without))


@pytest.mark.question("weight_scale_report", weight=0.5)
def test_scales_above_70_without(
    student: Student, release: Path, rng: np.random.RandomState
) -> None:
    """Looks at the number of scales that reach 0.70 without batchnorm."""
    above(student, release, rng, "without", lambda sweep: (sweep.without, sweep.with_))


@pytest.mark.question("weight_scale_report")
def test_plain_at_least_as_good(
    student: Student, release: Path, rng: np.random.RandomState
) -> None:
    """Looks at the scales at which the net without batchnorm is at least as good."""
    answer, field = form(student), "plain_at_least_as_good"
    values = answer.numbers(field)
    sweep = own_record.weight_scale(student, release, rng)
    lead = [a - b for a, b in zip(best(sweep.without), best(sweep.with_), strict=True)]
    exact = {index for index, ahead in enumerate(lead) if ahead >= 0}
    given = {answers.scale_index(field, value, SCALES) for value in values}
    if not given and exact:
        raise CheckFailed(
            f"`{field}` is empty, but in your own record there is such a scale.",
            misconception="batchnorm_better_everywhere",
        )
    if any(lead[index] < -AS_GOOD for index in given):
        raise CheckFailed(f"`{field}` holds a scale at which batchnorm is better.")
    if any(lead[index] > AS_GOOD for index in exact - given):
        raise CheckFailed(f"`{field}` lacks a scale.")


@pytest.mark.question("weight_scale_report", weight=0.5)
def test_worst_scale_with(student: Student, release: Path, rng: np.random.RandomState) -> None:
    """Looks at the weight scale at which the net with batchnorm is worst."""
    answer, field = form(student), "worst_scale_with"
    value = answer.number(field)
    sweep = own_record.weight_scale(student, release, rng)
    index = answers.scale_index(field, value, SCALES)
    if index in worst(best(sweep.with_)):
        return
    if index in worst(best(sweep.without)):
        raise CheckFailed(
            f"`{field}` is where the net without batch normalization is worst.",
            misconception="with_for_without",
        )
    raise CheckFailed(f"`{field}`: in your own record batchnorm is worse at another scale.")


@pytest.mark.question("weight_scale_report", weight=0.5)
def test_worst_accuracy_with(student: Student, release: Path, rng: np.random.RandomState) -> None:
    """Looks at the accuracy with batchnorm at its worst scale."""
    answer, field = form(student), "worst_accuracy_with"
    value = answer.number(field)
    sweep = own_record.weight_scale(student, release, rng)
    accuracy = best(sweep.with_)
    if any(abs(value - accuracy[i]) <= ACCURACY_TOLERANCE + 1e-9 for i in worst(accuracy)):
        return
    low = min(range(len(SCALES)), key=lambda i: accuracy[i])
    last = sweep.with_[low].val_accuracy[-1:] or (0.0,)
    traps = (
        Trap(last[0], "last_epoch_for_best", "is the last epoch's; the best epoch's counts."),
        Trap(
            sweep.with_[low].best_train,
            "training_for_validation",
            "is a training accuracy; validation accuracy is asked for.",
        ),
        Trap(min(best(sweep.without)), "with_for_without", "is the worst of the other net."),
    )
    answers.fraction(answer, field, accuracy[low], traps)


@pytest.mark.question("weight_scale_report", weight=0.5)
def test_layer_factor(student: Student) -> None:
    """Looks at the factor by which a plain layer changes the size of its signal."""
    traps = (
        Trap(0.5, "inputs_without_the_root", "adds up 50 inputs; independent ones add as √50."),
        Trap(0.0707, "relu_forgotten", "leaves out that relu lets half of the power pass."),
        Trap(0.25, "power_for_size", "is scale times 25; the size grows with a root."),
    )
    answers.close(form(student), "layer_factor", FACTOR, traps)


@pytest.mark.question("weight_scale_report", weight=0.5)
def test_critical_scale(student: Student) -> None:
    """Looks at the weight scale at which that factor is 1."""
    traps = (
        Trap(0.1414, "relu_forgotten", "leaves out that relu lets half of the power pass."),
        Trap(0.04, "inputs_without_the_root", "is 2/50; the size grows with a root."),
        Trap(0.02, "inputs_without_the_root", "is 1/50; the size grows with a root."),
    )
    answers.close(form(student), "critical_scale", CRITICAL, traps)


@pytest.mark.question("weight_scale_report")
def test_rescue(student: Student, release: Path, rng: np.random.RandomState) -> None:
    """Looks at what helps the net with batchnorm at weight scale 1."""
    answer = form(student)
    options = (*own_record.REMEDIES, own_record.SMALL_LAST_LAYER)
    answer.word("rescue", options)
    accuracy = own_record.rescue(student, release, rng)
    right = max(accuracy, key=lambda name: accuracy[name])
    answers.choice(answer, "rescue", options, right, REMEDY_TRAPS)


def best(runs: Sequence[Run]) -> list[float]:
    """The best validation accuracy of each run."""
    return [run.best_val for run in runs]


def worst(accuracy: Sequence[float]) -> list[int]:
    """The indices of the lowest accuracy and of those as low."""
    return [index for index, value in enumerate(accuracy) if value <= min(accuracy) + AS_GOOD]


def above(
    student: Student,
    release: Path,
    rng: np.random.RandomState,
    net: str,
    choose: Callable[[Sweep], tuple[Sequence[Run], Sequence[Run]]],
) -> None:
    """How many scales reach 0.70; one more or less where a run is just there or just not."""
    answer, field = form(student), f"scales_above_70_{net}"
    answer.whole(field)
    runs, others = choose(own_record.weight_scale(student, release, rng))
    right = good(best(runs))
    just = any(GOOD <= value < GOOD + BORDERLINE for value in best(runs))
    nearly = any(GOOD - BORDERLINE < value < GOOD for value in best(runs))
    traps = (
        Trap(good(best(others)), "with_for_without", "is the number of the other net."),
        Trap(
            good([run.best_train for run in runs]),
            "training_for_validation",
            "counts training accuracies; validation accuracy is asked for.",
        ),
    )
    answers.count(answer, field, range(right - just, right + nearly + 1), traps)


def good(accuracy: Sequence[float]) -> int:
    """How many reach 0.70."""
    return sum(value >= GOOD for value in accuracy)
