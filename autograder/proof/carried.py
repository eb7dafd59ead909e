"""A right answer on top of a wrong one: whether every upstream mistake is carried forward."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
import numpy as np

from autograder.checking.peers import LocalPeer
from autograder.course.questions import Question
from autograder.diagnosis.mistakes import Misconception
from autograder.grading.carry import Carried, Carrier, Plan, worth_another_run
from autograder.model import CheckResult, QuestionScore, Verdict
from autograder.proof.bench import Bench, CheckRun, quietly
from autograder.proof.cases import right_answers

MOST_MEASURED = 2_000
"""Numbers of one gradient; each takes four calls of the forward pass."""


class TooManyError(KeyboardInterrupt):
    """A gradient has too many numbers to be measured; no check takes it for a student's error."""


class CarriedCase(msgspec.Struct, frozen=True):
    """A question answered rightly, on top of one upstream mistake."""

    question: str
    mistake: str
    """The upstream question, and the mistake."""
    carried: tuple[str, ...] = ()
    """The checks that pass only because they are carried."""
    problem: str = ""
    reason: str = ""
    """Why something is not carried, if the assignment gives a reason."""

    @property
    def title(self) -> str:
        """What it is called where reasons are given."""
        return f"{self.question} on {self.mistake}"


def carried_cases(bench: Bench, question: Question) -> Iterator[CarriedCase]:
    """Hold a right answer to a question against every mistake of its upstream questions.

    A net has to call its layers by their global names to be lent any: one of the files in
    `proof/right/` that does is taken. A backward pass is made: the gradient of the forward pass
    that counts, measured; the student's own, or the right one.
    """
    carrier = Carrier(bench.assignment)
    for up in question.upstream:
        right = {id_: _score(bench, id_, bench.right) for id_ in question.upstream if id_ != up}
        for mistake in bench.diagnosis.mistakes.of(up):
            names = bench.diagnosis.mistakes.namespace(mistake)
            scores = right | {up: _score(bench, up, names)}
            case = None
            for plan in carrier.plans(question, scores):
                submission = _submission(bench, question, plan, mistake)
                if submission is None:
                    return
                try:
                    case = _case(bench, carrier, plan, mistake, submission)
                except TooManyError:
                    told = "a check is too large to measure gradients: give a smaller size in SMALL"
                    yield CarriedCase(question.id, f"{mistake.question}: {mistake.name}", (), told)
                    return
                if not case.problem:
                    break
            if case is not None:
                yield _with_reason(bench, case)


def _score(bench: Bench, question: str, names: Mapping[str, Any]) -> QuestionScore:
    """What a question earns by itself, in weights."""
    results = [
        CheckResult(
            run.check.name,
            run.check.weight if run.passed else 0.0,
            run.check.weight,
            run.ran.outcome.verdict,
        )
        for run in bench.run(question, names, diagnose=False)
    ]
    earned = sum(result.points for result in results)
    return QuestionScore(question, "", earned, 0.0, checks=tuple(results))


def _submission(
    bench: Bench, question: Question, plan: Plan, mistake: Misconception
) -> Mapping[str, Any] | None:
    """A right answer with an upstream mistake below it; None if the assignment gives none."""
    wrong = {mistake.defines: mistake.implementation}
    if question.carry == "own":
        forward = plan.forward or plan.lent[0]
        if plan.forward:
            return bench.right | _measured(bench, question, forward, wrong[forward])
        return bench.right | _measured(bench, question, forward, bench.right[forward]) | wrong
    for _, names in right_answers(bench, question):
        if _reads(names[question.defines or ""], mistake.defines):
            names.update({name: bench.right[name] for name in _layers(bench, question)})
            names.update(wrong)
            return names
    return None


def _layers(bench: Bench, question: Question) -> list[str]:
    """The names that the upstream questions define, but not the question's own."""
    names = [bench.questions[up].defines for up in question.upstream]
    return [name for name in names if name is not None and name != question.defines]


def _reads(answer: Any, name: str) -> bool:
    """Whether a class or function calls something by this global name."""
    functions = vars(answer).values() if isinstance(answer, type) else [answer]
    return any(name in f.__code__.co_names for f in functions if inspect.isfunction(f))


def _measured(
    bench: Bench, question: Question, name: str, forward: Callable[..., Any]
) -> dict[str, Any]:
    """A forward pass that keeps its arguments, and its exact gradient."""
    declared = bench.assignment.answers
    backward = question.defines or ""
    arguments = list(inspect.signature(bench.right[name]).parameters)
    wanted = [arguments.index(one.name[1:]) for one in declared[backward].returns]
    outputs = sum(one.kind != "opaque" for one in declared[name].returns)

    def keeping(*given: Any) -> Any:
        kept = tuple(dict(each) if isinstance(each, dict) else np.array(each) for each in given)
        returned = forward(*given)
        return *returned[:outputs], kept if len(kept) > 1 else kept[0]

    def exact(dout: Any, cache: Any) -> Any:
        given = cache if isinstance(cache, tuple) else (cache,)
        given = (*given, *({} for _ in arguments[len(given) :]))
        gradients = tuple(_gradient(forward, given, place, np.asarray(dout)) for place in wanted)
        return gradients if len(gradients) > 1 else gradients[0]

    return {name: keeping, backward: exact}


def _gradient(
    forward: Callable[..., Any], given: Sequence[Any], place: int, dout: np.ndarray[Any, Any]
) -> np.ndarray[Any, Any]:
    """The derivative of Σ dout·out by one argument, number by number, to nine digits.

    Steps of both signs at two sizes, and Richardson's rule.
    """
    argument = np.array(given[place], dtype=np.float64)
    if argument.size > MOST_MEASURED:
        raise TooManyError
    gradient = np.zeros_like(argument)

    def at(index: tuple[int, ...], step: float) -> float:
        moved = [dict(each) if isinstance(each, dict) else np.array(each) for each in given]
        moved[place] = argument.copy()
        moved[place][index] += step
        return float((np.asarray(forward(*moved)[0]) * dout).sum())

    for index in np.ndindex(argument.shape):
        near, far = ((at(index, step) - at(index, -step)) / (2 * step) for step in (1e-3, 2e-3))
        gradient[index] = (4 * near - far) / 3
    return gradient


def _case(
    bench: Bench,
    carrier: Carrier,
    plan: Plan,
    mistake: Misconception,
    names: Mapping[str, Any],
) -> CarriedCase:
    title = f"{mistake.question}: {mistake.name}"
    question = plan.question.id
    with _small(bench, plan):
        failed = [
            run
            for run in bench.run(question, names, diagnose=False)
            if not run.passed and worth_another_run(run.check, run.ran.outcome)
        ]
        fork = _fork(bench, carrier, plan, names) if failed else None
        again = [(run, *_again(bench, fork, run)) for run in failed if fork is not None]
    carried = tuple(run.check.name for run, passed, _ in again if passed)
    lost = [f"{run.check.name} ({told})" for run, passed, told in again if not passed]
    problem = f"right, and loses {', '.join(lost)}" if lost else ""
    return CarriedCase(question, title, carried, problem)


def _with_reason(bench: Bench, case: CarriedCase) -> CarriedCase:
    if case.problem and (reason := bench.given.not_carried.get(case.title)):
        return msgspec.structs.replace(case, problem="", reason=reason)
    return case


def _fork(bench: Bench, carrier: Carrier, plan: Plan, names: Mapping[str, Any]) -> Carried:
    # What is lent is defined in the namespace that the answer looks its names up in.
    namespace = names if isinstance(names, dict) else dict(names)
    options: dict[str, Any] = {"records": None, "timeouts": Counter(), "memory": {}}
    return carrier.open(plan, LocalPeer(namespace), **options)


def _again(bench: Bench, fork: Carried, run: CheckRun) -> tuple[bool, str]:
    """Whether the check passes on second thoughts, and what it says."""
    with quietly():
        outcome = fork.run(run.check, bench.secret, bench.release).outcome
    return outcome.verdict is Verdict.PASSED, outcome.message


@contextmanager
def _small(bench: Bench, plan: Plan) -> Iterator[None]:
    """Let the checks be of sizes at which gradients can be measured number by number."""
    before: list[tuple[dict[str, Any], str, Any]] = []
    if plan.question.carry == "own":
        for check in bench.checks.of(plan.question.id):
            names: dict[str, Any] = getattr(check.function, "__globals__", {})
            module = names.get("__name__", "").rpartition(".")[2]
            for place, size in bench.given.small.items():
                of, _, name = place.partition(".")
                if of == module and name in names:
                    before.append((names, name, names[name]))
                    names[name] = size
    try:
        yield
    finally:
        for names, name, value in reversed(before):
            names[name] = value
