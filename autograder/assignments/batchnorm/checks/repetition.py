"""Is this record the student's own? Its first iterations are repeated.

The quick way: a right net has been trained here with the settings of the run (see `first_epoch`).
If the record begins as that training does, and the student's net draws and computes what the right
one does, then the record is what that net's training gives.

The long way, for a net that is another, right or wrong: its own first steps are made once more (see
`own_steps`). A net that plays back what it read in a file falls out of step at a batch that belongs
to no record.

A repetition proves something only where a net does: losses that hardly change, or a net whose loss
takes no notice of its pictures, labels or parameters, could be written down without any training.

What this shows is that the record's beginning comes out of the code that was handed in. It cannot
show more: two students whose nets compute the same have the same record from the same seed; the
rest of a record is held against what is plausible (see `plausible`). A run that does not repeat
proves nothing against anybody (the net may have been corrected after the run), so a person decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from autograder.assignments.batchnorm.checks import first_epoch, nets, own_steps
from autograder.assignments.batchnorm.checks.first_epoch import Epoch, Looked
from autograder.assignments.batchnorm.records import Run, Settings
from autograder.checking.faults import StudentFault
from autograder.checking.remote import RemoteObject
from autograder.checking.student import Student

Value = npt.NDArray[Any]

EXACT = 10
"""Losses that a record holds to the last digit."""

ITERATIONS, STILL = 6, 2
"""How many are repeated, and how many if they hardly change: then more would show no more."""

TOLERANCE = 2e-3
"""Relative, loss by loss, as long as rounding stays small. A net that draws its weights in another
order is .01 apart from the third iteration on."""

TOUCHY_SCALE, TOUCHY_RATE, TOUCHY_TOLERANCE = 0.3, 5e-3, 0.02
"""Under batch normalization a step turns weights below such a scale far, and from such a learning
rate on all: rounding grows from the fourth iteration on, and losses are held by this tolerance
then; elsewhere from the seventh on (docs/measurements.md)."""

FAITHFUL = 3
"""Iterations that rounding leaves alone everywhere; where it is steady, all of ITERATIONS."""

ACCURACY = 0.02
"""How far accuracies after one steady epoch may be apart (docs/measurements.md)."""

MOVES, MOVES_ABOVE = 0.02, 0.01
"""How far the repeated losses of a run with batch normalization spread, relative to their mean.
Honest ones spread by .065 and more over ten seeds; what only scatters around one number stays
within twice TOLERANCE. At the smallest weight scales honest ones spread by .006: the run beside
them has to speak for these too."""

PROBE_SCALE = 0.2
"""Weight scale at which every net learns at once, so that a right net can be told from others."""

DRAWN_ALIKE = 1e-5
"""Relative: the student's parameters are drawn in the same order, and rounded to float32."""


def steady(settings: Settings) -> bool:
    """Whether rounding stays small through the first epoch."""
    return not settings.use_batchnorm or (
        settings.weight_scale > TOUCHY_SCALE and settings.learning_rate < TOUCHY_RATE
    )


def repeats(student: Student, run: Run, release: Path, *, epoch: bool = False) -> bool:
    """Whether the run's first losses come out once more.

    Args:
        student: the submission, its net defined.
        run: a run with Adam over batches of 50 from the first 1,000 pictures.
        release: the released assignment's folder, for its pictures.
        epoch: whether to repeat a whole epoch, with its validation accuracy, in any case. With
            a right net that is done for every run that is steady.
    """
    exact = run.losses[:EXACT]
    if len(exact) < EXACT and run.diverged_at is None:
        return False
    moves = _moves(exact[:ITERATIONS])
    if run.settings.use_batchnorm and run.settings.weight_scale > MOVES_ABOVE and not moves:
        return False
    known = len(student.trace)
    try:
        with np.errstate(all="ignore"):  # a run may diverge
            right = first_epoch.first_epoch(run.settings, release)
            if _is_of(run, right) and _is_right(student, run.settings, release):
                return True
            return _own_net_gives(student, run, moves, release, epoch)
    except StudentFault:
        return False
    finally:
        del student.trace[known:]  # a million gradients, which tell no mistake apart


def _moves(losses: Sequence[float | None]) -> bool:
    """Whether these losses tell one net from another. Without batch normalization a deep net stays
    at ln 10 for a while, whatever it is; the run beside it has to speak for both."""
    finite = [loss for loss in losses if loss is not None]
    return bool(finite) and float(np.ptp(finite)) > MOVES * abs(float(np.mean(finite)))


def _agree(run: Run, losses: Sequence[float]) -> bool:
    """Whether the run has these losses, as far as rounding lets it."""
    faithful = ITERATIONS if steady(run.settings) else FAITHFUL
    return all(
        own_steps.same(loss, want, TOLERANCE if i < faithful else TOUCHY_TOLERANCE)
        for i, (loss, want) in enumerate(zip(losses, run.losses, strict=False))
    )


def _is_of(run: Run, right: Epoch) -> bool:
    """Whether the run begins as that of a right net."""
    if not steady(run.settings):
        return _agree(run, right.losses[:ITERATIONS])
    return (
        _agree(run, right.losses)
        and _near(run.train_accuracy, right.train_accuracy)
        and _near(run.val_accuracy, right.val_accuracy)
    )


def _near(accuracies: Sequence[float], first: float) -> bool:
    return bool(accuracies) and abs(accuracies[0] - first) <= ACCURACY


def _is_right(student: Student, settings: Settings, release: Path) -> bool:
    """Whether the student's net draws and computes what a right one does; asked once a kind."""
    probe = msgspec.structs.replace(
        settings, weight_scale=PROBE_SCALE, learning_rate=1e-3, frozen=False, bn_param={}
    )
    remembered = f"right net {probe}"
    if remembered not in student.memory:
        try:
            student.memory[remembered] = _computes(student, probe, release)
        except StudentFault:
            student.memory[remembered] = False
    return bool(student.memory[remembered])


def _computes(student: Student, probe: Settings, release: Path) -> bool:
    """Whether it does so for these settings: before the last batch of an epoch, or at the start.

    Twice, because a relu may bend between float32 and float64: of 2,500 units one moves a
    gradient by 0.03.
    """
    right = first_epoch.first_epoch(probe, release)
    net = own_steps.make(student, probe)
    params = net.params
    keys = nets.names(params, right.start)
    drawn = own_steps.read(student, params, list(keys.values()))
    if not all(_close(drawn[keys[n]], value, DRAWN_ALIKE) for n, value in right.start.items()):
        return False
    for right_one in first_epoch.late_and_start(probe, release):
        values = right_one.params.items()
        net.update("params", {keys[n]: _like(value, drawn[keys[n]]) for n, value in values})
        if _same_gradients(student, net, right_one):
            return True
    return False


def _like(value: Value, own: Value) -> Value:
    """A parameter in the shape and precision that the student's net has given it."""
    return value.reshape(own.shape).astype(own.dtype)


def _same_gradients(student: Student, net: RemoteObject, right: Looked) -> bool:
    """Whether loss and gradients of both nets agree."""
    loss, remote = net.loss(*right.batch)
    names = nets.names(remote, right.gradients)
    grads = own_steps.read(student, remote, list(names.values()))
    largest = max(float(np.linalg.norm(value)) for value in right.gradients.values())
    return own_steps.same(loss, right.loss, own_steps.REACTS) and all(
        _close(grads[names[n]], value, nets.NET_TOLERANCE, nets.SMALL_GRADIENT * largest)
        for n, value in right.gradients.items()
    )


def _close(value: Value, right: Value, tolerance: float, least: float = 0.0) -> bool:
    """Whether two arrays agree, relative to the norm of the right one."""
    if value.size != right.size:
        return False
    apart = float(np.linalg.norm(np.asarray(value, np.float64).ravel() - right.ravel()))
    return apart <= tolerance * max(float(np.linalg.norm(right)), least)


def _own_net_gives(student: Student, run: Run, moves: bool, release: Path, epoch: bool) -> bool:
    """Whether the student's own net, whatever it is, gives the run's first losses once more."""
    settings = run.settings
    if not epoch:
        steps = own_steps.train(student, settings, ITERATIONS if moves else STILL, release)
        agree = _agree(run, steps.losses)
    else:
        steps = own_steps.train(student, settings, first_epoch.ITERATIONS, release, last_step=True)
        agree = _agree(run, steps.losses) and (
            not run.val_accuracy
            or _near(run.val_accuracy, own_steps.right_pictures(steps.net, release))
        )
    if not (agree and settings.use_batchnorm and moves and np.isfinite(steps.losses[-1])):
        return agree
    return own_steps.takes_notice(steps, settings, release)
