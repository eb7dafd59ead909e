"""The whole proof of an assignment's hidden checks, in tasks that several processes share."""

from __future__ import annotations

import hashlib
import multiprocessing
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import msgspec

from autograder.assignment import Assignment, find
from autograder.course.course import Course
from autograder.proof.bench import Bench
from autograder.proof.carried import CarriedCase, carried_cases
from autograder.proof.cases import Case, cases
from autograder.proof.survivors import Survivor, Tally, answers, stale, tally

SECRETS = 5
"""Courses that have to agree: the own one, and others."""
PARTS = 4
"""Into how many tasks the mutants of one answer are divided."""
SLOW = 0.5
"""Part of a check's time limit that a right answer may use."""


class QuestionProof(msgspec.Struct, frozen=True):
    """What is proven of one question."""

    id: str
    kind: str
    checks: tuple[str, ...]
    cases: tuple[Case, ...]
    carried: tuple[CarriedCase, ...] = ()
    slowest: float = 0.0
    """CPU seconds of its slowest check on the reference."""

    def of(self, *kinds: str) -> list[Case]:
        """Its cases of these kinds."""
        return [case for case in self.cases if case.kind in kinds]

    @property
    def nearest_right(self) -> float | None:
        """The largest error of a right answer, in tolerances."""
        return max((c.margin for c in self.of("reference", "right") if c.margin), default=None)

    @property
    def nearest_wrong(self) -> float | None:
        """The smallest error of a mistake where it shows clearest, in tolerances."""
        return min((c.margin for c in self.of("mistake") if c.margin is not None), default=None)

    @property
    def problems(self) -> list[str]:
        """Sentences about what does not hold, each with what it is about."""
        found = [f"{case.name}: {case.problem}" for case in self.cases if case.problem]
        return found + [f"on {one.mistake}: {one.problem}" for one in self.carried if one.problem]


class Proof(msgspec.Struct, frozen=True):
    """What is proven of one assignment."""

    assignment: str
    holds: bool
    secrets: int
    """How many courses' hidden inputs were tried."""
    seconds: float
    questions: tuple[QuestionProof, ...]
    mutants: int
    """How many were made; 0 if they were left out."""
    survivors: tuple[Survivor, ...]
    problems: tuple[str, ...]
    """What does not hold of the assignment as a whole."""

    def caught(self) -> dict[str, dict[str, tuple[str, ...]]]:
        """By question and mistake, the checks that catch it."""
        return {q.id: {c.name: c.failed for c in q.of("mistake")} for q in self.questions}


class Task(msgspec.Struct, frozen=True):
    """One piece of a proof."""

    kind: str
    subject: str
    """A question, or the name that an answer defines."""
    secret: bytes
    part: int = 0


Told = Callable[[int, int, str], None]
"""Is told how many tasks are done, of how many, and what the last one was about."""


def prove(
    assignment: Assignment,
    secret: bytes,
    *,
    quick: bool = False,
    jobs: int = 1,
    told: Told = lambda *_: None,
) -> Proof:
    """Prove an assignment's checks.

    Args:
        assignment: one with a private folder.
        secret: of the course, so that the inputs are those that grade.
        quick: leave out other courses' inputs, what is carried forward, and mutants.
        jobs: processes that share the work; with one it is done in this one.
        told: is told how far it is.

    Raises:
        UsageError: the assignment has no checks of its own, or gives something unreadable.
    """
    begun = time.monotonic()
    bench = Bench(assignment, secret)
    tasks = list(_tasks(bench, quick))
    results: dict[Task, Any] = {}
    for task, result in _done(bench, tasks, jobs):
        results[task] = result
        told(len(results), len(tasks), task.subject)
    questions = tuple(_question(bench, id_, results) for id_ in bench.questions)
    tallies = [results[task] for task in tasks if task.kind == "mutants"]
    survivors = tuple(survivor for each in tallies for survivor in each.survivors)
    problems = [f"{name} does not import: {why}" for name, why in bench.checks.broken.items()]
    if not quick:
        problems += stale(bench, survivors)
    unexplained = any(not survivor.reason for survivor in survivors)
    wrong = problems or unexplained or any(q.problems for q in questions)
    return Proof(
        assignment=assignment.name,
        holds=not wrong,
        secrets=1 if quick else SECRETS,
        seconds=time.monotonic() - begun,
        questions=questions,
        mutants=sum(each.made for each in tallies),
        survivors=survivors,
        problems=tuple(problems),
    )


def other_secrets(secret: bytes) -> list[bytes]:
    """Secrets of courses beside the own one; the same in every proof of this course."""
    return [hashlib.sha256(secret + bytes([n])).digest() for n in range(1, SECRETS)]


def _tasks(bench: Bench, quick: bool) -> Iterator[Task]:
    """The long ones first."""
    for id_ in sorted(bench.questions, key=lambda q: -len(bench.diagnosis.mistakes.of(q))):
        for secret in [bench.secret] if quick else [bench.secret, *other_secrets(bench.secret)]:
            yield Task("cases", id_, secret)
    if not quick:
        for id_ in bench.questions:
            yield Task("carried", id_, bench.secret)
        for answer in answers(bench):
            for part in range(PARTS):
                yield Task("mutants", answer, bench.secret, part)


def _work(bench: Bench, task: Task) -> tuple[Case, ...] | tuple[CarriedCase, ...] | Tally:
    match task.kind:
        case "cases":
            return tuple(cases(bench, bench.questions[task.subject]))
        case "carried":
            return tuple(carried_cases(bench, bench.questions[task.subject]))
    return tally(bench, task.subject, task.part, PARTS)


def _done(bench: Bench, tasks: Sequence[Task], jobs: int) -> Iterator[tuple[Task, Any]]:
    """The results, as they come."""
    if jobs == 1:
        benches = {bench.secret: bench}
        for task in tasks:
            if task.secret not in benches:
                benches[task.secret] = Bench(bench.assignment, task.secret)
            yield task, _work(benches[task.secret], task)
        return
    place = (bench.assignment.course.root, bench.assignment.name)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])  # what all of them import, imported once
    with ProcessPoolExecutor(jobs, context) as pool:
        waiting: dict[Future[Any], Task] = {pool.submit(_apart, *place, t): t for t in tasks}
        try:
            for future in as_completed(waiting):
                yield waiting[future], future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


_benches: dict[bytes, Bench] = {}
"""Of a process that works for a proof."""


def _apart(root: Path, name: str, task: Task) -> Any:
    """Do one task in a process of its own."""
    if task.secret not in _benches:
        _benches[task.secret] = Bench(find(Course(root), name), task.secret)
    return _work(_benches[task.secret], task)


def _question(bench: Bench, id_: str, results: Mapping[Task, Any]) -> QuestionProof:
    own: tuple[Case, ...] = results[Task("cases", id_, bench.secret)]
    others = [
        found
        for secret in other_secrets(bench.secret)
        if (found := results.get(Task("cases", id_, secret))) is not None
    ]
    limit = SLOW * bench.assignment.policy.check_cpu
    slowest = max((s for case in own for s in case.seconds if case.kind == "reference"), default=0)
    together = []
    for place, case in enumerate(own):
        same = [found[place] for found in others]
        problem = case.problem or _disagreement(case, same)
        if not problem and case.kind == "reference" and slowest > limit:
            problem = f"a check takes {slowest:.1f} s of CPU time; {limit:g} s are half its limit"
        together.append(msgspec.structs.replace(case, problem=problem, margin=_of(case, same)))
    return QuestionProof(
        id=id_,
        kind=bench.questions[id_].kind,
        checks=tuple(check.name for check in bench.checks.of(id_)),
        cases=tuple(together),
        carried=results.get(Task("carried", id_, bench.secret), ()),
        slowest=slowest,
    )


def _of(case: Case, others: Sequence[Case]) -> float | None:
    """The margin nearest to the tolerance of all courses."""
    known = [each.margin for each in (case, *others) if each.margin is not None]
    nearest = min if case.kind == "mistake" else max
    return nearest(known, default=None)


def _disagreement(case: Case, others: Sequence[Case]) -> str:
    """What another course's inputs say differently; nothing if they agree."""
    for other in others:
        if set(other.failed) != set(case.failed):
            said = (", ".join(each.failed) or "nothing" for each in (case, other))
            return "it fails {}, and with another course's inputs {}".format(*said)
        if other.problem:
            return f"with another course's inputs: {other.problem}"
    return ""
