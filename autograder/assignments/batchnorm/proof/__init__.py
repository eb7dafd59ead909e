"""What the proof of this assignment holds its checks against, beside the named mistakes."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from autograder.assignments.batchnorm.records import EXPERIMENTS
from autograder.proof.given import Form, Trap

RECORDS = Path(__file__).parent / "records"
"""Of one real run of the solved notebook."""
PERCENT, ZERO = "percent_for_fraction", "epochs_counted_from_zero"
OTHER_NET, OTHER_PART = "with_for_without", "training_for_validation"
SORTING, RELU, ROOT = "sorting_changes_nothing", "relu_forgotten", "inputs_without_the_root"

SMALL = {
    "test_affine.WIDE": (4, 6, 3),
    "test_relu.WIDE": (7, 4),
    "test_relu.WIDE_IMAGES": (2, 3, 2, 2),
    "test_batchnorm_backward.WIDE": (7, 5),
}
FEW_FEATURES = (
    "Rows of three features: at times one entry moves the others of its row alike, which cannot be "
    "told from a forward pass that hides a path."
)
NOT_CARRIED = {
    "batchnorm_backward on batchnorm_forward: normalized_along_rows": FEW_FEATURES,
    "batchnorm_backward_alt on batchnorm_forward: normalized_along_rows": FEW_FEATURES,
}


def traps(*pairs: tuple[Any, str | None]) -> Sequence[Trap]:
    """Wrong values with their names."""
    return tuple(Trap(value, name) for value, name in pairs)


DEEP: Mapping[str, Any] = {
    "epoch_half_with": 1,
    "epoch_half_without": 6,
    "train_accuracy_with": 0.941,
    "val_accuracy_with": 0.763,
    "train_accuracy_without": 0.679,
    "val_accuracy_without": 0.642,
    "larger_gap": "with",
    "gap_reason": "B",
    "parameters_added": 1000,
    "sorted_accuracy": 0.132,
    "sorted_reason": "D",
}
DEEP_TRAPS = {
    "epoch_half_with": traps((0, ZERO), (2, None), (3, None), ("never", None)),
    "epoch_half_without": traps((5, ZERO), (7, None), (9, None), ("never", None), (6.5, None)),
    "train_accuracy_with": traps((94.1, PERCENT), (0.763, OTHER_PART), (0.679, OTHER_NET)),
    "val_accuracy_with": traps(
        (76.3, PERCENT), (0.775, "best_epoch_for_last"), (0.941, OTHER_PART), (0.642, OTHER_NET),
        ("0.763", None), (float("nan"), None), (-0.763, None),
    ),
    "train_accuracy_without": traps((67.9, PERCENT), (0.642, OTHER_PART), (0.941, OTHER_NET)),
    "val_accuracy_without": traps(
        (64.2, PERCENT), (0.664, "best_epoch_for_last"), (0.763, OTHER_NET), (0.6, None)
    ),
    "larger_gap": traps(("without", "batchnorm_taken_for_a_regularizer"), ("both", None)),
    "gap_reason": traps(
        ("A", "gamma_and_beta_memorize"),
        ("C", "stale_running_averages"),
        ("D", "batchnorm_taken_for_a_regularizer"),
        ("E", None),
    ),
    "parameters_added": traps(
        (500, "gamma_or_beta_only"), (1020, "last_layer_normalized_too"),
        (2000, "running_averages_counted"), (100, None), ("1000", None), (999.5, None),
    ),
    "sorted_accuracy": traps((0.763, SORTING), (0.782, SORTING), (13.2, PERCENT), (0.5, None)),
    "sorted_reason": traps(
        ("A", SORTING), ("B", "averages_not_warmed_up"), ("C", "order_of_classes_learned")
    ),
}  # fmt: skip
SCALES: Mapping[str, Any] = {
    "best_plain_scale": 0.1438,
    "scales_above_70_with": 8,
    "scales_above_70_without": 2,
    "plain_at_least_as_good": [0.1438, 0.2336],
    "worst_scale_with": 1.0,
    "worst_accuracy_with": 0.457,
    "layer_factor": 0.05,
    "critical_scale": 0.2,
    "rescue": "B",
}
SCALES_TRAPS = {
    "best_plain_scale": traps(
        (0.2, "theory_for_measurement"), (0.0546, OTHER_NET), (0.12, None), (1e-4, None)
    ),
    "scales_above_70_with": traps((2, OTHER_NET), (20, None), (0, None)),
    "scales_above_70_without": traps((8, OTHER_NET), (0, None), (20, None)),
    "plain_at_least_as_good": traps(
        ([], "batchnorm_better_everywhere"), ([0.2336], None), ([0.0886, 0.1438, 0.2336], None),
        (0.3, None), ("none", None),
    ),
    "worst_scale_with": traps((1e-4, OTHER_NET), (0.0886, None), (0.5, None)),
    "worst_accuracy_with": traps((45.7, PERCENT), (0.6, None), (0.9, None)),
    "layer_factor": traps((0.0707, RELU), (0.5, ROOT), (0.25, "power_for_size"), (1.0, None)),
    "critical_scale": traps((0.1414, RELU), (0.04, ROOT), (0.02, ROOT), (1.0, None)),
    "rescue": traps(
        ("A", "larger_eps_rescues"),
        ("C", "slower_averages_rescue"),
        ("D", "frozen_gamma_beta_rescue"),
        ("E", "small_last_layer_rescues"),
        ("F", None),
    ),
}  # fmt: skip
HANDED_IN: Mapping[str, Sequence[bytes]] = {
    name: ((RECORDS / f"{name}.json").read_bytes(),) for name in EXPERIMENTS
}
FORMS = {
    "deep_net_report": Form(DEEP_TRAPS, DEEP, HANDED_IN),
    "weight_scale_report": Form(SCALES_TRAPS, SCALES, HANDED_IN),
}
