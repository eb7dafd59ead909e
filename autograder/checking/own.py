"""A backward pass held against the derivative of the student's own forward pass.

The checks themselves stay as they are. Each gradient that comes back is first measured against the
slope of the student's own forward: moved a small step from outside, along random directions. One
that is the exact derivative is handed to the check as a right answer would be; any other as it is.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.checking.answers import Declared, Returned
from autograder.checking.faults import StudentFault
from autograder.checking.peers import Peer
from autograder.checking.remote import RemoteMapping
from autograder.checking.student import Student
from autograder.sandbox.wire import Handle

Array = NDArray[np.float64]

DIRECTIONS = 3
"""Random directions: a gradient that is off by a part p of its norm shows p times a normal draw in
each of them."""
STEP, ALLOWED = 1e-4, 1e-5
"""Step of the centred difference, in standard deviations of the argument, and the error allowed,
relative to the gradient's norm. In float64 step² and rounding come to 1e-7 at most."""
SINGLE_STEP, SINGLE_ALLOWED = 1e-2, 2e-3
"""The same for an answer in float32, which is rounded to 1e-7."""
WIDE_STEP, WIDELY_ALLOWED = 0.1, 0.2
"""The same again over a wide step, where an exact gradient is off by 0.05 at most: a forward that
hides a path, as by rounding what goes through it, bends away from its small steps."""
FAR, LEAST_INFLUENCE = 4.0, 0.1
"""Three entries are moved in turn, each by so many standard deviations. What that changes in the
outputs of the others is compared with what it is in a right forward: below such a part, there is no
path to walk back."""


class OwnForward(Student):
    """A submission whose backward pass may follow its own forward pass.

    Args:
        peer: where the names live.
        answers: what the assignment's reference declares, by name.
        right: the reference's functions, by name.
        forward: the name of the forward pass.
        backward: the name of the backward pass: `dx` is the gradient of the forward's `x`.
        options: as for every student.
    """

    def __init__(
        self,
        peer: Peer,
        answers: Mapping[str, Declared],
        right: Mapping[str, Callable[..., Any]],
        forward: str,
        backward: str,
        **options: Any,
    ) -> None:
        super().__init__(peer, answers, **options)
        self._right, self._forward, self._backward = right, forward, backward
        self._made: dict[int, list[Any]] = {}
        self._rng = np.random.RandomState(0)
        self.followed = False
        """Whether some gradient was found to be that of the student's own forward pass."""

    def call(
        self,
        what: str,
        target: str | tuple[Handle, str],
        declared: tuple[Returned, ...],
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        name: str = "",
    ) -> Any:
        """As for every student, with what is exact of the own gradient in place of it."""
        given = [_copied(value) for value in args] if target == self._forward else []
        returned = super().call(what, target, declared, args, kwargs, name)
        values = returned if isinstance(returned, tuple) else (returned,)
        if target == self._forward:
            for value in values:
                if isinstance(value, Handle):
                    self._made[value.id] = given
        if target != self._backward:
            return returned
        seen = tuple(self._held(args, declared, values))
        return seen if isinstance(returned, tuple) else seen[0]

    def _held(
        self, args: Sequence[Any], declared: Sequence[Returned], gradients: Sequence[Any]
    ) -> Iterator[Any]:
        """The gradients as the check is to see them."""
        known = [self._made[a.id] for a in args if isinstance(a, Handle) and a.id in self._made]
        if not known:
            yield from gradients
            return
        given = known[0]
        douts = [np.asarray(a, np.float64) for a in args if not isinstance(a, Handle)]
        names = list(inspect.signature(self._right[self._forward]).parameters)[: len(given)]
        *_, cache = self._right[self._forward](*map(_copied, given))
        right = self._right[self._backward](*(cache if isinstance(a, Handle) else a for a in args))
        rights = right if isinstance(right, tuple) else (right,)
        for one, gradient, best in zip(declared, gradients, rights, strict=True):
            if one.name[1:] not in names:
                yield gradient
                continue
            place = names.index(one.name[1:])
            yield self._seen(given, place, douts, gradient, best)

    def _seen(
        self, given: list[Any], place: int, douts: list[Array], gradient: Any, best: Array
    ) -> Any:
        argument = np.asarray(given[place], np.float64)
        got = np.asarray(gradient, np.float64)
        if got.size != argument.size or not np.isfinite(got).all():
            return gradient
        fitted = got.reshape(argument.shape)
        try:
            exact = self._influences(given) and self._is_slope(given, place, douts, fitted)
        except StudentFault:  # its forward does not bear another call
            return gradient
        if not exact:
            return gradient
        self.followed = True
        # Where an argument is exactly 0 a function may bend; no direction has moved it there.
        return np.where(argument != 0.0, best, fitted).reshape(got.shape)

    def _is_slope(self, given: list[Any], place: int, douts: list[Array], gradient: Array) -> bool:
        """Whether this is the derivative of the student's forward by one of its arguments."""
        argument = np.asarray(given[place], np.float64)
        size = float(argument.std()) or 1.0
        moving = argument != 0.0
        norm = max(float(np.linalg.norm(gradient[moving])), np.finfo(np.float64).tiny)
        outs = self._outs(given)
        single = all(np.array_equal(out, out.astype(np.float32)) for out in outs)
        small = (SINGLE_STEP, SINGLE_ALLOWED) if single else (STEP, ALLOWED)
        for _ in range(DIRECTIONS):
            way = self._rng.standard_normal(argument.shape) * moving
            expected = float((gradient * way).sum())
            for step, allowed in (small, (WIDE_STEP, WIDELY_ALLOWED)):
                ends = [self._moved(given, place, sign * step * size * way) for sign in (1, -1)]
                slope = sum(
                    float((dout * (up - down)).sum())
                    for dout, up, down in zip(douts, *ends, strict=True)
                ) / (2 * step * size)
                if not abs(slope - expected) <= allowed * norm:  # NaN is no slope
                    return False
        return True

    def _influences(self, given: list[Any]) -> bool:
        """Whether an entry reaches the outputs of the others as strongly as in a right forward.

        A forward that leaves out such a path leaves out the work of walking back through it.
        """
        inputs = np.asarray(given[0], np.float64)
        seen, least = np.zeros(2), np.zeros(2)
        for entry in (0, inputs.size // 2, inputs.size - 1):
            push = np.zeros_like(inputs)
            push.flat[entry] = FAR * inputs.std()
            moved = [inputs + push, *given[1:]]
            own = zip(self._outs(moved), self._outs(given), strict=True)
            right = zip(self._right_outs(moved), self._right_outs(given), strict=True)
            for (after, before), (right_after, right_before) in zip(own, right, strict=True):
                if after.shape == right_after.shape == inputs.shape:
                    seen += _influence(after - before, entry)
                    least += _influence(right_after - right_before, entry)
        return bool((seen >= LEAST_INFLUENCE * least).all())  # NaN is none

    def _moved(self, given: list[Any], place: int, by: Array) -> list[Array]:
        moved = [*given]
        moved[place] = np.asarray(given[place], np.float64) + by
        return self._outs(moved)

    def _outs(self, given: Sequence[Any]) -> list[Array]:
        """What the student's forward gives for arguments of ours."""
        args = [
            self.put("argument", value) if isinstance(value, dict) else value for value in given
        ]
        declared = self._answers[self._forward].returns
        values = super().call(self._forward, self._forward, declared, args, {})
        return _arrays(values)

    def _right_outs(self, given: Sequence[Any]) -> list[Array]:
        return _arrays(self._right[self._forward](*map(_copied, given)))


def _copied(value: Any) -> Any:
    """An argument as it is now; of a dictionary on the student's side, its entries."""
    if isinstance(value, RemoteMapping):
        return value.plain()
    return dict(value) if isinstance(value, dict) else np.array(value, np.float64)


def _influence(change: Array, moved: int) -> Array:
    """How much all entries but the moved one have changed; and how much, apart from a common shift.

    The common shift is one path, as through a mean; what differs is another.
    """
    others = np.delete(change.ravel(), moved)
    reached = others[others != 0.0]
    shift = reached.mean() if reached.size else 0.0
    return np.array([np.linalg.norm(reached), np.linalg.norm(reached - shift)])


def _arrays(values: Any) -> list[Array]:
    members = values if type(values) is tuple else (values,)
    return [np.asarray(value, np.float64) for value in members if isinstance(value, np.ndarray)]
