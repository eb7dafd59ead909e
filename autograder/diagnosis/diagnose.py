"""Name the mistake whose numbers a wrong answer reproduces.

Every number that an answer gave in a failed check is its trace. The check runs again on trusted
code, with the same hidden inputs, once for each named mistake of the question: the first
mistake that fails the check with the same trace is the diagnosis.

Who makes two mistakes has a trace of neither. Then the one array that the check found wrong
decides, if exactly one mistake gives just that array in its place.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from autograder.assignments.batchnorm import reference
from autograder.checking.collect import Check, hidden_generator
from autograder.checking.compare import SPREAD_TOLERANCE, WrongValues
from autograder.checking.faults import StudentFault
from autograder.checking.peers import LocalPeer
from autograder.checking.student import Student
from autograder.diagnosis.registry import (
    Misconception,
    misconceptions_of,
    mistakes_underneath,
)
from autograder.model import Verdict

Trace = Sequence[Any]

SAME = 1e-4
"""Relative difference up to which two traces are the same mistake: float32 answers differ by
about 1e-6, two different mistakes on the checks' inputs by more than 1e-3."""

DRAWN = "initialization"
"""The check whose answers are random draws: only their spread can be compared."""


def trusted_namespace(mistake: Misconception | None = None) -> dict[str, Any]:
    """What a right submission defines, or one that makes a single mistake."""
    names = [*reference_names(), "TwoLayerNet", "FullyConnectedNet"]
    namespace: dict[str, Any] = {name: getattr(reference, name) for name in names}
    namespace["np"] = np
    if mistake is not None:
        namespace[mistake.defines] = mistake.implementation
    return namespace


def reference_names() -> tuple[str, ...]:
    """The functions that students write."""
    return (
        *("affine_forward", "affine_backward", "relu_forward", "relu_backward"),
        *("batchnorm_forward", "batchnorm_backward", "batchnorm_backward_alt"),
    )


class Wrong(NamedTuple):
    """How a named mistake fails a check."""

    mistake: Misconception
    trace: Trace
    fault: StudentFault

    def explains(self, trace: Trace, message: str, *, drawn: bool) -> bool:
        """Whether an answer with this trace, and this message of the check, is the mistake."""
        if not trace:
            return message == self.fault.message and not self.trace
        return alike(trace, self.trace, drawn=drawn, shapes="has shape" in self.fault.message)

    def explains_what_is_wrong(self, trace: Trace, message: str) -> bool:
        """Whether the array that the check found wrong is the mistake's, whatever the rest is."""
        fault = self.fault
        if not isinstance(fault, WrongValues) or fault.answer.size < 2:
            return False
        if len(trace) != len(self.trace) or not message.lower().startswith(
            f"{fault.name} is ".lower()
        ):
            return False
        places = [i for i, value in enumerate(self.trace) if alike([value], [fault.answer])]
        return any(alike([trace[i]], [fault.answer]) for i in places)


def diagnose(check: Check, trace: Trace, secret: bytes, message: str = "") -> Misconception | None:
    """The named mistake that answers this check as `trace` does, or None.

    An exception is never diagnosed: too many mistakes end in the same one, and the student's
    own line says more.

    Args:
        check: the one that failed.
        trace: every number the student's code answered in it.
        secret: of the course; it seeds the hidden inputs.
        message: what the check said. It decides where an answer gave no number at all, as a net
            does that lacks a parameter.
    """
    failures = known_failures(check, secret)
    for wrong in failures:
        if wrong.explains(trace, message, drawn=check.name == DRAWN):
            return wrong.mistake
    parts = [wrong for wrong in failures if wrong.explains_what_is_wrong(trace, message)]
    return parts[0].mistake if len(parts) == 1 else None


@lru_cache(maxsize=128)  # a class makes the same mistakes: work each check's out once
def known_failures(check: Check, secret: bytes) -> tuple[Wrong, ...]:
    """How each named mistake fails the check; those that pass are left out.

    First come the mistakes of the check's own question, then those of what it is built on.
    """
    failures = []
    for mistake in (*misconceptions_of(check.question), *mistakes_underneath(check.question)):
        student = Student(LocalPeer(trusted_namespace(mistake)))
        with _own_randomness():
            fault = _fault(check, student, secret)
        if fault is not None and fault.verdict is Verdict.FAILED:
            failures.append(Wrong(mistake, student.trace, fault))
    return tuple(failures)


def _fault(check: Check, student: Student, secret: bytes) -> StudentFault | None:
    """Call the check itself: that is all of pytest that is needed here, and much faster."""
    fixtures = {
        "student": student,
        "rng": hidden_generator(secret, check.question, check.name),
    }
    function = check.item.function
    wanted = inspect.signature(function).parameters
    try:
        function(**{name: fixtures[name] for name in wanted})
    except StudentFault as fault:
        return fault
    return None


def alike(one: Trace, other: Trace, *, drawn: bool = False, shapes: bool = False) -> bool:
    """Whether two traces hold the same numbers, up to rounding.

    Args:
        one: a trace.
        other: the trace of a known mistake.
        drawn: the numbers are random draws; compare only how far they spread.
        shapes: the mistake is one of shape, so axes of length 1 count as well.
    """
    if len(one) != len(other):
        return False
    if shapes and any(np.shape(a) != np.shape(b) for a, b in zip(one, other, strict=True)):
        return False
    same = _same_spread if drawn else _same_values
    return all(same(_array(a), _array(b)) for a, b in zip(one, other, strict=True))


def _array(value: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.squeeze(np.asarray(value, dtype=np.float64))


def _same_values(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> bool:
    if one.shape != other.shape:
        return False
    if one.size == 0:
        return True
    with np.errstate(over="ignore", invalid="ignore"):
        size = max(float(np.abs(other).max()), np.finfo(np.float64).tiny)
        return bool(np.abs(one - other).max() <= SAME * size)


def _same_spread(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> bool:
    """Constants are compared as they are, draws by their root mean square."""
    if one.shape != other.shape:
        return False
    if one.size == 0 or np.ptp(other) == 0.0:
        return _same_values(one, other)
    with np.errstate(over="ignore", invalid="ignore"):
        ratio = np.sqrt(np.mean(one**2) / np.mean(other**2))
        return bool(abs(ratio - 1.0) <= 2 * SPREAD_TOLERANCE)


@contextmanager
def _own_randomness() -> Iterator[None]:
    """Mistaken nets draw weights: leave NumPy's legacy generator as it was found."""
    state = np.random.get_state()
    np.random.seed(0)
    try:
        yield
    finally:
        np.random.set_state(state)
