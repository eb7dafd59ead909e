"""Mutants of the reference held against the checks: those that pass are listed, with the reason."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from autograder.course.questions import Question
from autograder.proof.bench import Bench, OutOfTimeError, at_most
from autograder.proof.mutants import Mutant, mutants, written_in

SECONDS = 10.0
"""CPU time of one mutant on all checks; what needs more is found out in grading too."""


class Survivor(msgspec.Struct, frozen=True):
    """A mutant that passes every check of the questions that its answer answers."""

    answer: str
    mutant: str
    reason: str = ""
    """Why that is right; nothing if nobody has given one."""


class Tally(msgspec.Struct, frozen=True):
    """What came of some of the mutants of one answer."""

    answer: str
    made: int
    survivors: tuple[Survivor, ...]


def answers(bench: Bench) -> tuple[str, ...]:
    """The names whose implementations are mutated."""
    asked = dict.fromkeys(q.defines for q in bench.questions.values() if q.kind == "code")
    return tuple(name for name in asked if name is not None and callable(bench.right.get(name)))


def tally(bench: Bench, answer: str, part: int = 0, parts: int = 1) -> Tally:
    """Hold an answer's mutants against the checks of its questions.

    Args:
        bench: of the assignment.
        answer: the name that it defines.
        part: which of the parts, from 0.
        parts: into how many the mutants are divided.
    """
    private = {str(path.resolve()) for path in bench.assignment.private_files()}
    module = written_in(bench.right[answer], private)
    if module is None:
        return Tally(answer, 0, ())
    affected = _affected(bench, answer)
    asked = [q for q in bench.questions.values() if q.defines in affected]
    own = {q.id for q in asked if q.defines == answer}
    # What a forward pass keeps is judged by the backward pass that reads it.
    asked += [q for q in _functions(bench) if own & set(q.upstream) and q not in asked]
    ordered = sorted((q.id for q in asked), key=lambda id_: id_ not in own)
    made, passing = 0, []
    for at, (mutant, names) in enumerate(mutants(module, answer)):
        if at % parts != part:
            continue
        made += 1
        if names is not None and _passes(bench, ordered, {n: names[n] for n in affected}):
            passing.append(_survivor(bench, mutant))
    return Tally(answer, made, tuple(passing))


def stale(bench: Bench, survivors: Sequence[Survivor]) -> Iterator[str]:
    """Sentences about reasons for mutants that do not pass any more, or are not made."""
    known = {survivor.mutant for survivor in survivors}
    for mutant in bench.given.reasons:
        if mutant not in known:
            yield f"survivors.toml gives a reason for a mutant that no longer passes: {mutant}"


def _affected(bench: Bench, answer: str) -> tuple[str, ...]:
    """An answer, and the classes made of it in the same module: with it, they change too."""
    mutated = bench.right[answer]
    if not isinstance(mutated, type):
        return (answer,)
    heirs = [
        name
        for name in answers(bench)
        if name != answer
        and isinstance(bench.right[name], type)
        and issubclass(bench.right[name], mutated)
        and inspect.getmodule(bench.right[name]) is inspect.getmodule(mutated)
    ]
    return (answer, *heirs)


def _functions(bench: Bench) -> list[Question]:
    """The questions that ask for a function."""
    answers = bench.assignment.answers
    return [
        each
        for each in bench.questions.values()
        if each.defines and each.defines in answers and answers[each.defines].form == "function"
    ]


def _passes(bench: Bench, questions: Sequence[str], changed: dict[str, Any]) -> bool:
    try:
        with at_most(SECONDS):
            return all(
                run.passed
                for question in questions
                for run in bench.run(question, {**bench.right, **changed}, diagnose=False)
            )
    except OutOfTimeError:
        return False


def _survivor(bench: Bench, mutant: Mutant) -> Survivor:
    return Survivor(mutant.answer, str(mutant), bench.given.reasons.get(str(mutant), ""))
