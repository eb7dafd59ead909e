"""Name the mistake whose values a wrong answer reproduces.

Every value that an answer gave in a failed check is its trace. The check runs again on trusted
code, with the same hidden inputs, once for each named mistake of the question: the first
mistake that fails the check with the same trace is the diagnosis.

Who makes two mistakes has a trace of neither. Then the one value that the check found wrong
decides: of the mistakes that give just that value in its place, the one that gives more of the
others as well, and of those the one that leaves more right; none, if two are equally near.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from autograder.assignment import Assignment
from autograder.checking import collect
from autograder.checking.collect import Check, Ran
from autograder.checking.compare import SPREAD_TOLERANCE
from autograder.checking.equal import difference
from autograder.checking.faults import StudentFault, WrongShape, WrongValue, WrongValues
from autograder.checking.peers import LocalPeer
from autograder.checking.student import Student
from autograder.checking.values import as_array
from autograder.diagnosis.mistakes import Misconception, Mistakes
from autograder.model import Verdict

Trace = Sequence[Any]

SAME = 1e-4
"""Relative difference up to which two traces are the same mistake: float32 answers differ by
about 1e-6, two different mistakes on the checks' inputs by more than 1e-3."""

EXACTLY = 1e-9
"""The same in float64, whatever the order of adding up. It is tried first: within `SAME`, two nets
can have one loss by chance."""

DEVIATIONS = 4.0
"""Spreads of two draws of n numbers differ by 1/√n, relative; hardly ever by so many times that."""
MOST_SPREAD = 0.6
"""Logarithm of the ratio from which two spreads are two, however few the numbers are."""
DUST = 1e-3
"""Share of a trace's largest number that smaller arrays are measured by: what cancels, such as the
gradient of a bias before batch normalization, leaves other dust in another order of adding up."""


class Wrong(msgspec.Struct, frozen=True):
    """How a named mistake fails a check."""

    mistake: Misconception
    trace: Trace
    fault: StudentFault
    leaves_right: int
    """How many values of the trace are the reference's."""
    least: float
    """Numbers that are measured by this size at least: a share of the trace's largest."""

    def explains(
        self, trace: Trace, fault: StudentFault, *, drawn: bool, same: float = SAME
    ) -> bool:
        """Whether an answer with this trace, and this fault, is the mistake.

        Without any value the sentence decides, as for a net that lacks a parameter.
        """
        if not trace:
            return fault.message == self.fault.message and not self.trace
        if _is_zero(fault) != _is_zero(self.fault):  # what nobody computed is not what cancelled
            return False
        shapes = isinstance(self.fault, WrongShape)
        return alike(trace, self.trace, drawn=drawn, shapes=shapes, least=self.least, same=same)

    def explains_what_is_wrong(self, trace: Trace, fault: StudentFault) -> bool:
        """Whether the array that the check found wrong is the mistake's, whatever the rest is."""
        own = self.fault
        if not isinstance(own, WrongValues) or np.size(own.answer) < 2:
            return False
        if not isinstance(fault, WrongValue) or isinstance(fault, WrongShape):
            return False
        if len(trace) != len(self.trace) or fault.name != own.name:
            return False
        return alike([fault.answer], [own.answer])

    def shared(self, trace: Trace) -> int:
        """How many values of a trace of this length are the mistake's."""
        return _shared(trace, self.trace, self.least)


def _shared(one: Trace, other: Trace, least: float) -> int:
    """How many values stand in both traces, as far as both go."""
    return sum(alike([a], [b], least=least) for a, b in zip(one, other, strict=False))


def _is_zero(fault: StudentFault) -> bool:
    """Whether the wrong value is zero everywhere, without any rounding."""
    return isinstance(fault, WrongValues) and not np.any(fault.answer)


class Diagnosis:
    """The named mistakes of an assignment, and how each of them fails the checks.

    Args:
        assignment: whose mistakes.
        secret: of the course; it seeds the hidden inputs.
        release: the released assignment's folder, for checks that use its data.
    """

    def __init__(self, assignment: Assignment, secret: bytes, release: Path) -> None:
        self.mistakes = Mistakes(assignment)
        self._trusted = Trusted(assignment)
        self._secret, self._release = secret, release
        # A class makes the same mistakes: how each fails a check is worked out once, when asked.
        self._failures: dict[tuple[str, str, Misconception], Wrong | None] = {}
        self._right: dict[tuple[str, str], Trace] = {}

    def name(
        self,
        check: Check,
        trace: Trace,
        fault: StudentFault,
        likely: Collection[Misconception] = (),
    ) -> Misconception | None:
        """The named mistake that answers this check as `trace` does, or None.

        An exception is never diagnosed: too many mistakes end in the same one, and the student's
        own line says more.

        Args:
            check: the one that failed.
            trace: every value the student's code answered in it.
            fault: what the check found.
            likely: mistakes that were found in this submission before; they are tried first.
        """
        failures = []
        for mistake in self._candidates(check, likely):
            wrong = self.failure(check, mistake)
            same = SAME if check.draws else EXACTLY
            if wrong is not None and wrong.explains(trace, fault, drawn=check.draws, same=same):
                return wrong.mistake
            failures += [] if wrong is None else [wrong]
        for wrong in failures:
            if wrong.explains(trace, fault, drawn=check.draws):
                return wrong.mistake
        parts = [wrong for wrong in failures if wrong.explains_what_is_wrong(trace, fault)]
        shared = [(wrong.shared(trace), wrong.leaves_right) for wrong in parts]
        nearest = [one for one, n in zip(parts, shared, strict=True) if n == max(shared)]
        names = {one.mistake.name for one in nearest}
        return nearest[0].mistake if len(names) == 1 else None

    def _candidates(self, check: Check, likely: Collection[Misconception]) -> list[Misconception]:
        """The mistakes of the check's own question, then those of what it is built on.

        Of both, those come first that were found before: one mistake shows in many checks.
        """
        found = {(mistake.name, mistake.question) for mistake in likely}
        return [
            mistake
            for some in (self.mistakes.of(check.question), self.mistakes.underneath(check.question))
            for mistake in sorted(some, key=lambda one: (one.name, one.question) not in found)
        ]

    def failure(self, check: Check, mistake: Misconception) -> Wrong | None:
        """How a named mistake fails the check; None if it passes, or raises."""
        key = check.question, check.name, mistake
        if key not in self._failures:
            self._failures[key] = self._failing(check, mistake)
        return self._failures[key]

    def _failing(self, check: Check, mistake: Misconception) -> Wrong | None:
        ran, trace = self._ran(check, mistake)
        if ran.fault is None or ran.fault.verdict is not Verdict.FAILED:
            return None
        key = check.question, check.name
        if key not in self._right:
            self._right[key] = self._ran(check, None)[1]
        least = DUST * _largest(trace)
        return Wrong(mistake, trace, ran.fault, _shared(trace, self._right[key], least), least)

    def _ran(self, check: Check, mistake: Misconception | None) -> tuple[Ran, Trace]:
        student = self._trusted.student(self.mistakes.namespace(mistake), timed=False)
        with own_randomness():
            ran = collect.run(check, student, self._secret, self._release)
        return ran, tuple(student.trace)


class Trusted:
    """Trusted code in the place of a submission.

    Args:
        assignment: whose answers.
    """

    def __init__(self, assignment: Assignment) -> None:
        self._answers = assignment.answers
        self._no_records = assignment.parsed({})
        paths = [path for path in assignment.private_files() if path.suffix == ".py"]
        self._sources = {path.name: path.read_text(encoding="utf-8") for path in paths}

    def student(self, namespace: Mapping[str, Any], **options: Any) -> Student:
        """A submission that defines these names; `options` are those of a `Student`."""
        peer = LocalPeer({"np": np, **namespace}, self._sources)
        return Student(peer, self._answers, **{"records": self._no_records, **options})


def alike(
    one: Trace,
    other: Trace,
    *,
    drawn: bool = False,
    shapes: bool = False,
    least: float = 0.0,
    same: float = SAME,
) -> bool:
    """Whether two traces hold the same values; numbers up to rounding.

    Args:
        one: a trace.
        other: the trace of a known mistake.
        drawn: the numbers are random draws; compare only how far they spread.
        shapes: the mistake is one of shape, so axes of length 1 count as well.
        least: the size by which smaller arrays are measured.
        same: relative difference of numbers that are the same.
    """
    if len(one) != len(other):
        return False
    return all(_alike(a, b, drawn, shapes, least, same) for a, b in zip(one, other, strict=True))


def _alike(one: Any, other: Any, drawn: bool, shapes: bool, least: float, same: float) -> bool:
    a, b = as_array(one), as_array(other)
    if a is None or b is None:
        return type(one) is type(other) and not difference(one, other)
    if shapes and a.shape != b.shape:
        return False
    a, b = np.squeeze(a.astype(np.float64)), np.squeeze(b.astype(np.float64))
    return _same_spread(a, b, least) if drawn else _same_values(a, b, least, same)


def _largest(trace: Trace) -> float:
    """The largest magnitude of a trace's numbers; what is not finite does not count."""
    arrays = (as_array(value) for value in trace)
    numbers = [np.abs(array.astype(np.float64)) for array in arrays if array is not None]
    return max((float(each[np.isfinite(each)].max(initial=0.0)) for each in numbers), default=0.0)


def _same_values(
    one: np.ndarray[Any, Any], other: np.ndarray[Any, Any], least: float, same: float = SAME
) -> bool:
    if one.shape != other.shape:
        return False
    if one.size == 0:
        return True
    with np.errstate(over="ignore", invalid="ignore"):
        size = max(float(np.abs(other).max()), least, np.finfo(np.float64).tiny)
        return bool(np.abs(one - other).max() <= same * size)


def _same_spread(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any], least: float) -> bool:
    """Constants are compared as they are, draws by their root mean square."""
    if one.shape != other.shape:
        return False
    if one.size == 0 or 0.0 in (np.ptp(one), np.ptp(other)):
        return _same_values(one, other, least)
    with np.errstate(over="ignore", invalid="ignore"):
        ratio = np.mean(one**2) / np.mean(other**2)
        allowed = max(2 * SPREAD_TOLERANCE, min(MOST_SPREAD, DEVIATIONS / np.sqrt(one.size)))
        return bool(abs(0.5 * np.log(ratio)) <= allowed)


@contextmanager
def own_randomness() -> Iterator[None]:
    """Draw the same in every run, and leave NumPy's legacy generator as it was found."""
    state = np.random.get_state()
    np.random.seed(0)
    try:
        yield
    finally:
        np.random.set_state(state)
