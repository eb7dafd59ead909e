"""Report forms: what kind of answer each field takes, and what your own record says.

Fields that are read off are held against `results/`, which may have changed since you filled them
in. Fields that need thought are not checked: whether they are true shows in grading.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import recorded
from .checks import Check
from .compare import kind
from .mode import autograding
from .recorded import Says
from .rows import Row

SCALES = 20  # weight scales in the experiment
EPOCHS = 10
NEVER = "never"


@dataclass(frozen=True)
class Field:
    """One field of a form: its name, the form in words, and what is wrong with a value.

    `problem` returns the end of a sentence that starts with the field's name, or nothing.
    """

    name: str
    wanted: str
    problem: Callable[[Any], str]
    read_off: bool = True
    """Whether the record knows it; the others need thought."""


def deep_net_report(check: Check, deep_net_answers: Any) -> None:
    """Look at the report on six layers."""
    _form(check, deep_net_answers, DEEP_NET_REPORT, recorded.deep_net)


def weight_scale_report(check: Check, weight_scale_answers: Any) -> None:
    """Look at the report on twenty scales."""
    _form(check, weight_scale_answers, WEIGHT_SCALE_REPORT, recorded.weight_scale)


def _form(
    check: Check,
    answers: Any,
    fields: tuple[Field, ...],
    read: Callable[[], Mapping[str, Says]],
) -> None:
    """Hold each answer against the form it should have and, where one knows it, the record.

    Raises:
        NotImplementedError: no field is filled in yet, or the experiment was not run.
    """
    if not isinstance(answers, Mapping):
        sentence = f"The answers are {kind(answers)}, not a dictionary."
        check.stop("the form", kind(answers), "a dictionary", sentence)
    if all(answers.get(field.name) is None for field in fields):
        sentence = "fill in the form above, numbers from your own run."
        raise NotImplementedError(f"{check.question} is not answered yet: {sentence}")
    known = {} if autograding() else read()
    for field in fields:
        check.add(_row(field, answers.get(field.name), known.get(field.name)))
    unknown = sorted(map(str, set(answers) - {field.name for field in fields}))
    for name in unknown:
        check.true(f"field {name}", False, f"there is no field {name}.")
    missing = [field.name for field in fields if field.read_off and field.name not in known]
    if missing and not check.problems and not autograding():
        raise NotImplementedError(
            f"{check.question}: results/ has no record of {missing[0]}, so run the experiments "
            "above once more."
        )


def _row(field: Field, value: Any, says: Says | None) -> Row:
    """Return a field's row: its form first, then its truth if that can be read off."""
    yours = _short(value)
    problem = "is not filled in yet." if value is None else field.problem(value)
    if problem:
        return Row(field.name, yours, field.wanted, problem=f"{field.name} {problem}")
    if says is None:
        return Row(field.name, yours, field.wanted, unchecked=True)
    sentence = f"{field.name} is {yours}; your record says {says.text}."
    problem = "" if says.fits(value) else sentence
    return Row(field.name, yours, f"your record: {says.text}", problem=problem)


def _short(value: Any) -> str:
    text = f"{value:.4g}" if isinstance(value, float | np.floating) else str(value)
    return text if len(text) <= 24 else text[:23] + "…"


def _is_number(value: Any) -> bool:
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.number):
        return False
    return not isinstance(value, np.complexfloating) and math.isfinite(value)


def _whole(low: int, high: int) -> Callable[[Any], str]:
    def problem(value: Any) -> str:
        if not isinstance(value, int | np.integer) or isinstance(value, bool):
            return f"is {_short(value)}: it has to be a whole number."
        return "" if low <= value <= high else f"is {value}: it has to lie in {low} to {high}."

    return problem


def _epoch(value: Any) -> str:
    if isinstance(value, str):
        return "" if value == NEVER else f'is {value!r}: write a whole number, or "{NEVER}".'
    return _whole(1, EPOCHS)(value)


def _fraction(value: Any) -> str:
    if not _is_number(value):
        return f"is {_short(value)}: it has to be a number."
    if 1 < value <= 100:
        return f"is {_short(value)}, which looks like a percentage: write {value / 100:.4g}."
    return "" if 0 <= value <= 1 else f"is {_short(value)}: a fraction lies between 0 and 1."


def _scale(value: Any) -> str:
    if not _is_number(value):
        return f"is {_short(value)}: it has to be a number."
    return "" if 0 < value <= 1 else f"is {_short(value)}: it has to be above 0 and at most 1."


def _scales(values: Any) -> str:
    if not isinstance(values, list | tuple | np.ndarray):
        return f"is {kind(values)}: it has to be a list, such as [0.01, 0.1], or [] for none."
    if len(values) > SCALES:
        return f"has {len(values)} entries: there are only {SCALES} scales."
    wrong = [problem for problem in map(_scale, values) if problem]
    return f"has an entry that {wrong[0]}" if wrong else ""


def _one_of(*options: str) -> Callable[[Any], str]:
    def problem(value: Any) -> str:
        fine = isinstance(value, str) and value in options
        return "" if fine else f"is {_short(value)!r}: it has to be one of {', '.join(options)}."

    return problem


_EPOCH_FORM = f'epoch 1 to {EPOCHS}, or "{NEVER}"'
_FRACTION_FORM = "fraction, 0 to 1"
_SCALE_FORM = "weight scale, above 0, to 1"

DEEP_NET_REPORT = (
    Field("epoch_half_with", _EPOCH_FORM, _epoch),
    Field("epoch_half_without", _EPOCH_FORM, _epoch),
    Field("train_accuracy_with", _FRACTION_FORM, _fraction),
    Field("val_accuracy_with", _FRACTION_FORM, _fraction),
    Field("train_accuracy_without", _FRACTION_FORM, _fraction),
    Field("val_accuracy_without", _FRACTION_FORM, _fraction),
    Field("larger_gap", '"with" or "without"', _one_of("with", "without")),
    Field("gap_reason", '"A", "B", "C" or "D"', _one_of(*"ABCD"), read_off=False),
    Field("parameters_added", "whole number", _whole(0, 1_000_000), read_off=False),
    Field("sorted_accuracy", _FRACTION_FORM, _fraction),
    Field("sorted_reason", '"A", "B", "C" or "D"', _one_of(*"ABCD"), read_off=False),
)
WEIGHT_SCALE_REPORT = (
    Field("best_plain_scale", _SCALE_FORM, _scale),
    Field("scales_above_70_with", f"whole number, 0 to {SCALES}", _whole(0, SCALES)),
    Field("scales_above_70_without", f"whole number, 0 to {SCALES}", _whole(0, SCALES)),
    Field("plain_at_least_as_good", "list of weight scales", _scales),
    Field("worst_scale_with", _SCALE_FORM, _scale),
    Field("worst_accuracy_with", _FRACTION_FORM, _fraction),
    Field("layer_factor", "number above 0, at most 1", _scale, read_off=False),
    Field("critical_scale", _SCALE_FORM, _scale, read_off=False),
    Field("rescue", '"A", "B", "C", "D" or "E"', _one_of(*"ABCDE")),
)
