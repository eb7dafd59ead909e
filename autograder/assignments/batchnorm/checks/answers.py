"""The fields of report forms: what was filled in, held against the student's own record.

Every comparison returns or raises the student's verdict: nothing filled in is `missing`, another
value `failed`. A wrong value that a known mistake gives gets that mistake's name and sentence.
No sentence prints what would have been right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import msgspec
import numpy as np

from autograder.checking.faults import CheckFailed, CouldNotTell, StudentFault
from autograder.checking.remote import RemoteMapping
from autograder.checking.student import Student
from autograder.checking.values import as_array
from autograder.model import Verdict
from autograder.sandbox.requests import Item

ACCURACY_TOLERANCE = 0.005
"""Of 1,000 pictures five: room for an accuracy rounded to two digits."""

SCALE_TOLERANCE = 0.05
"""Relative. Neighbouring scales differ by a factor 1.6; two digits of one are off by up to 5 %."""

MOST = 1e300
NEVER = "never"
PERCENT = "percent_for_fraction"
LISTS = ("list", "tuple", "ndarray")


class Unreadable(msgspec.Struct, frozen=True):
    """A value that is neither number, text, list of numbers nor None."""

    kind: str


class Trap(msgspec.Struct, frozen=True):
    """A wrong value that a known mistake gives."""

    value: float
    name: str
    sentence: str


class Form:
    """The fields of one form, as they stand after the notebook has run.

    Args:
        student: the submission.
        name: the dictionary's name in the notebook.
        recorded: whether the experiment the form asks about left a record.

    Raises:
        StudentFault: there is no such dictionary.
        CouldNotTell: there is none, although the experiment was run.
    """

    def __init__(self, student: Student, name: str, *, recorded: bool) -> None:
        self._name = name
        remembered = f"form {name}"
        if remembered not in student.memory:
            student.memory[remembered] = _read(student, name, recorded)
        values = student.memory[remembered]
        if isinstance(values, StudentFault):
            raise values
        self._values: Mapping[str, Any] = values

    def value(self, field: str) -> Any:
        """What was filled in.

        Raises:
            StudentFault: nothing was.
        """
        value = self._values.get(field)
        if value is None:
            raise StudentFault(f"`{field}` is not filled in.", verdict=Verdict.MISSING)
        return value

    def number(self, field: str) -> float:
        """A finite number.

        Raises:
            StudentFault: it is missing or something else.
        """
        value = self.value(field)
        if isinstance(value, np.ndarray) and value.ndim == 0:
            value = value.item()
        if isinstance(value, str):
            raise CheckFailed(f"`{field}` is text; write the number without quotation marks.")
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise CheckFailed(f"`{field}` is {_kind(value)}; one number is asked for.")
        if not -MOST <= value <= MOST:  # not `isfinite`, which large integers overflow
            raise CheckFailed(f"`{field}` is not a finite number.")
        return float(value)

    def whole(self, field: str) -> int:
        """A whole number; 3.0 is one too.

        Raises:
            StudentFault: it is missing or something else.
        """
        value = self.number(field)
        if not value.is_integer():
            raise CheckFailed(f"`{field}` is {value:.4g}; a whole number is asked for.")
        return int(value)

    def numbers(self, field: str) -> list[float]:
        """A list of finite numbers, perhaps empty.

        Raises:
            StudentFault: it is missing or something else.
        """
        value = self.value(field)
        if not isinstance(value, np.ndarray) or value.ndim > 1:
            raise CheckFailed(f"`{field}` is {_kind(value)}; a list of numbers is asked for.")
        if not np.isfinite(value).all():
            raise CheckFailed(f"`{field}` holds something that is not a finite number.")
        return [float(entry) for entry in np.atleast_1d(value)]

    def word(self, field: str, options: Sequence[str]) -> str:
        """One of the options, in their spelling.

        Raises:
            StudentFault: it is missing or something else.
        """
        value = self.value(field)
        spelt = {option.casefold(): option for option in options}
        given = value.strip().casefold() if isinstance(value, str) else None
        if given not in spelt:
            listed = ", ".join(f'"{option}"' for option in options)
            raise CheckFailed(f"`{field}` has to be one of {listed}.")
        return spelt[given]


def _read(student: Student, name: str, recorded: bool) -> dict[str, Any] | StudentFault:
    """The dictionary's plain values, in three requests; or what is wrong with it."""
    try:
        item = student.only(name, student.ask(name, "get", want=("opaque",), name=name))
        if item.kind not in ("dict", "OrderedDict", "defaultdict"):
            return CheckFailed(f"`{name}` is {_kind(Unreadable(item.kind))}, not a dictionary.")
        form = RemoteMapping(student, item.handle, name)
        keys = form.keys()
        entries = form.items(keys) if keys else ()
    except StudentFault as fault:
        return _undefined(name, recorded) if fault.verdict is Verdict.MISSING else fault
    return {
        key: _readable(entry)
        for key, entry in zip(keys, entries, strict=True)
        if isinstance(key, str)
    }


def _readable(entry: Item) -> Any:
    """A number, a text, numbers as an array, or None; anything else is unreadable."""
    if not entry.has_value:
        return Unreadable(entry.kind)
    if entry.value is None or isinstance(entry.value, (bool, int, float, str)):
        return entry.value
    array = as_array(entry.value)
    return Unreadable(entry.kind) if array is None else array


def _undefined(name: str, recorded: bool) -> StudentFault:
    """The form's cell did not come to its end. In grading, experiments do not run."""
    message = f"`{name}` is not defined when the notebook runs from top to bottom in grading."
    hint = (
        "Write the values as plain numbers: the long experiments do not run again in grading, so "
        "what they leave in variables is not there."
    )
    if recorded:
        return CouldNotTell(f"{message} Your experiments were run, so a person will look.", hint)
    return StudentFault(message, hint, verdict=Verdict.MISSING)


def _kind(value: Any) -> str:
    if isinstance(value, Unreadable):
        return "None" if value.kind == "NoneType" else f"of the type {value.kind}"
    if isinstance(value, np.ndarray):
        return "a list of numbers"
    return "text" if isinstance(value, str) else f"of the type {type(value).__name__}"


def fraction(form: Form, field: str, truth: float, traps: Sequence[Trap] = ()) -> None:
    """An accuracy between 0 and 1 that the record agrees with.

    Raises:
        StudentFault: it is missing, a percentage, or another one.
    """
    value = form.number(field)
    if abs(value - truth) <= ACCURACY_TOLERANCE + 1e-9:
        return
    if 1 < value <= 100:
        raise CheckFailed(
            f"`{field}` is {value:.4g}, a percentage; a fraction is asked for, and that is "
            f"{value / 100:.4g}.",
            misconception=PERCENT,
        )
    if not 0 <= value <= 1:
        raise CheckFailed(f"`{field}` is {value:.4g}; a fraction lies between 0 and 1.")
    for trap in traps:
        if abs(value - trap.value) <= ACCURACY_TOLERANCE + 1e-9:
            _fall(field, trap.name, trap.sentence)
    raise CheckFailed(f"`{field}` is {value:.4g}; your own record has another number there.")


def epoch(form: Form, field: str, truth: int | None) -> None:
    """The epoch, from 1, at which something first happened; "never" if `truth` is None.

    Raises:
        StudentFault: it is missing, or another one.
    """
    if isinstance(form.value(field), str):
        form.word(field, [NEVER])
        if truth is not None:
            raise CheckFailed(f'`{field}` is "{NEVER}", but in your own record it happens.')
        return
    value = form.whole(field)
    if truth is None:
        raise CheckFailed(f"`{field}` is {value}, but in your own record it does not happen.")
    if value == truth - 1:
        sentence = "is one epoch too early: epochs count from 1, so the first entry is epoch 1."
        _fall(field, "epochs_counted_from_zero", sentence)
    if value == truth + 1:
        raise CheckFailed(f"`{field}` is {value}, one epoch too late.")
    if value != truth:
        raise CheckFailed(f"`{field}` is {value}; in your own record it is another epoch.")


def choice(
    form: Form, field: str, options: Sequence[str], right: str, traps: Mapping[str, Trap]
) -> None:
    """The right one of the options; each wrong one is a known mistake.

    Raises:
        StudentFault: it is missing, or another one.
    """
    given = form.word(field, options)
    if given != right:
        _fall(field, traps[given].name, traps[given].sentence)


def count(form: Form, field: str, right: range, traps: Sequence[Trap]) -> None:
    """A whole number within `right`.

    Raises:
        StudentFault: it is missing, or another one.
    """
    value = form.whole(field)
    if value in right:
        return
    for trap in traps:
        if value == trap.value:
            _fall(field, trap.name, trap.sentence)
    raise CheckFailed(f"`{field}` is {value}; that is not what counting gives.")


def close(form: Form, field: str, right: float, traps: Sequence[Trap]) -> None:
    """A number within 5 % of the right one.

    Raises:
        StudentFault: it is missing, or another one.
    """
    value = form.number(field)
    if _near(value, right):
        return
    for trap in traps:
        if _near(value, trap.value):
            _fall(field, trap.name, trap.sentence)
    raise CheckFailed(f"`{field}` is {value:.4g}; work it out once more from the rule.")


def scale_index(field: str, value: float, scales: Sequence[float]) -> int:
    """Which of the experiment's scales is meant.

    Raises:
        CheckFailed: none of them is near.
    """
    index = min(range(len(scales)), key=lambda i: abs(scales[i] - value))
    if not _near(value, scales[index]):
        raise CheckFailed(
            f"`{field}`: {value:.4g} is not one of the experiment's {len(scales)} weight scales.",
            "They stand in the table under the plots; four digits are enough.",
        )
    return index


def _near(value: float, wanted: float) -> bool:
    return abs(value - wanted) <= SCALE_TOLERANCE * wanted


def _fall(field: str, name: str, sentence: str) -> NoReturn:
    raise CheckFailed(f"`{field}` {sentence}", misconception=name)
