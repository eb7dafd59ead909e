"""One implementation held against the checks of one question, and whether they judge it rightly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import msgspec
import nbformat
import numpy as np

from autograder.checking.answers import Variable
from autograder.course.questions import Question
from autograder.errors import UsageError
from autograder.model import Verdict
from autograder.proof.bench import Bench, CheckRun, lost
from autograder.proof.given import Form
from autograder.release.cells import StubAnswers

Kind = Literal["reference", "blank", "mistake", "right", "form"]
FACTOR = 100.0
"""How far from its tolerance every right answer has to stay, and every mistake at its clearest."""


class Case(msgspec.Struct, frozen=True):
    """What the checks of one question make of one implementation."""

    question: str
    kind: Kind
    name: str
    failed: tuple[str, ...] = ()
    """The checks that it does not pass."""
    named: tuple[str, ...] = ()
    """The mistakes that it is called, without repetition."""
    margin: float | None = None
    """Of what is right, the largest error in tolerances; of a mistake, that at which its clearest
    check failed. None if no numbers were compared with a tolerance."""
    seconds: tuple[float, ...] = ()
    """CPU time of each check."""
    problem: str = ""
    """What is wrong about the checks; nothing if they judge it rightly."""


def cases(bench: Bench, question: Question) -> Iterator[Case]:
    """Everything known that answers a question, right or wrong."""
    yield from _blank(bench, question)
    if question.kind == "form":
        yield from _forms(bench, question)
        return
    runs = list(bench.run(question.id, bench.right))
    yield _right(question.id, "reference", "reference", runs)
    for mistake in bench.diagnosis.mistakes.of(question.id):
        names = bench.diagnosis.mistakes.namespace(mistake)
        runs = list(bench.run(question.id, names))
        accepted = bench.given.caught.get(question.id, {}).get(mistake.name)
        yield _wrong(question.id, mistake.name, runs, accepted)
    for name, names in right_answers(bench, question):
        runs = list(bench.run(question.id, names, diagnose=False))
        yield _right(question.id, "right", name, runs)


def right_answers(bench: Bench, question: Question) -> Iterator[tuple[str, dict[str, Any]]]:
    """The unusual right answers to a question: the file's name, and what a submission defines.

    A file counts for a question if it defines its answer. All else is the reference's.
    """
    for answer in bench.given.right:
        try:
            names = answer.defined_in(bench.right)
        except Exception as error:
            raise UsageError(
                f"proof/right/{answer.name}.py cannot be run: {type(error).__name__}: {error}."
            ) from error
        defines = question.defines or ""
        if names.get(defines) is not bench.right.get(defines):
            yield answer.name, names


def _right(question: str, kind: Kind, name: str, runs: Sequence[CheckRun]) -> Case:
    failed = lost(runs)
    passed = [margin.ratio for run in runs for margin in run.margins if margin.ratio <= 1]
    margin = max(passed, default=None)
    problem = _broken(runs)
    if not problem and not runs:
        problem = "no check looks at it"
    if not problem and failed:
        problem = f"right, and loses {', '.join(failed)}"
    if not problem and margin is not None and margin * FACTOR > 1:
        problem = f"right, and {1 / margin:.0f} times below the tolerance only"
    return Case(question, kind, name, failed, _names(runs), margin, _seconds(runs), problem)


def _wrong(
    question: str, name: str, runs: Sequence[CheckRun], accepted: Sequence[str] | None
) -> Case:
    failed, named = lost(runs), _names(runs)
    clearest = _clearest(runs)
    problem = _broken(runs)
    misnamed = [
        f"{run.check.name} calls it {run.named or 'nothing'}"
        for run in runs
        if run.ran.outcome.verdict is Verdict.FAILED and run.named != name
    ]
    if not problem and not failed:
        problem = "no check fails"
    elif not problem and misnamed:
        problem = "; ".join(misnamed)
    elif not problem and accepted is not None and set(failed) != set(accepted):
        problem = f"caught by {', '.join(failed)}; accepted is {', '.join(accepted)}"
    elif not problem and clearest is not None and clearest < FACTOR:
        problem = f"wrong, and {clearest:.1f} times beyond the tolerance only"
    return Case(question, "mistake", name, failed, named, clearest, _seconds(runs), problem)


def _clearest(runs: Sequence[CheckRun]) -> float | None:
    """The largest error that a failed check found; None if one failed by something else."""
    largest = []
    for run in runs:
        if run.passed:
            continue
        errors = [margin.ratio for margin in run.margins if not margin.ratio <= 1]
        if not errors:  # an exception, a shape, a missing name: there is no nearly
            return None
        largest.append(max(errors))
    return max(largest, default=None)


def _blank(bench: Bench, question: Question) -> Iterator[Case]:
    """What students are given earns nothing."""
    names = {**bench.right}
    names.pop(question.defines or "", None)
    namespace = {"np": np, **names}
    with suppress(Exception):  # the stub of a class raises at once
        exec(released_cell(bench, question), namespace)  # noqa: S102 - the course's own
    runs = list(bench.run(question.id, namespace, diagnose=False))
    earned = [run.check.name for run in runs if run.passed]
    problem = _broken(runs) or (f"blank, and passes {', '.join(earned)}" if earned else "")
    yield Case(question.id, "blank", "blank", lost(runs), problem=problem)


def released_cell(bench: Bench, question: Question) -> str:
    """The source of a question's answer cell as students get it."""
    path: Path = bench.assignment.source / f"{question.notebook}.ipynb"
    notebook, _ = StubAnswers().stub(nbformat.read(path, as_version=4), {"language": "python"})
    return next(
        str(cell.source)
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get("grade_id") == question.answer
    )


def _forms(bench: Bench, question: Question) -> Iterator[Case]:
    """The form rightly filled in, and every trap in it."""
    form: Form | None = bench.given.forms.get(question.id)
    if form is None or question.defines is None:
        return
    right = form.right
    if right is None:
        declared = getattr(bench.assignment.reference, question.defines, None)
        if not isinstance(declared, Variable):
            raise UsageError(f"The form of {question.id} says nowhere how it is rightly filled in.")
        right = declared.value
    records = bench.assignment.parsed(form.handed_in) if form.handed_in else None

    def judged(filled: Mapping[str, Any]) -> list[CheckRun]:
        names = {**bench.right, question.defines or "": dict(filled)}
        return list(bench.run(question.id, names, diagnose=False, records=records))

    yield _right(question.id, "reference", "reference", judged(right))
    for field, traps in form.wrong.items():
        for trap in traps:
            runs = judged({**right, field: trap.value})
            failed, named = lost(runs), _names(runs)
            problem = _broken(runs)
            if not problem and len(failed) != 1:
                problem = f"costs {len(failed)} checks instead of one"
            elif not problem and named != ((trap.name,) if trap.name else ()):
                problem = f"is called {', '.join(named) or 'nothing'} instead of {trap.name}"
            name = f"{field} = {trap.value!r}"
            yield Case(question.id, "form", name, failed, named, problem=problem)


def _names(runs: Sequence[CheckRun]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(run.named for run in runs if run.named and not run.passed))


def _seconds(runs: Sequence[CheckRun]) -> tuple[float, ...]:
    return tuple(run.seconds for run in runs)


def _broken(runs: Sequence[CheckRun]) -> str:
    """The checks that could not be run, each with the last line of why."""
    return "; ".join(f"{run.check.name}: {run.broken}" for run in runs if run.broken)
