"""nbgrader's rule for the points of a test cell, and what a student reads of it.

The rule is `nbgrader.utils.determine_grade`, which is not called itself: importing nbgrader
takes each worker a second. A test holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Sequence

from autograder.course.questions import Question
from autograder.model import CheckResult, QuestionScore, Verdict
from autograder.release.regions import HIDDEN_TESTS
from autograder.sandbox.session import CellRun

TEST_CELL = "test cell"
ANSWER = "answer"
NO_RESPONSE = "No response."
"""nbgrader's own words for an answer that is as it was handed out."""
SHOWN_CHARACTERS = 300
ENDED = {
    "timeout": (Verdict.TIMEOUT, "The test used up its time."),
    "dead": (Verdict.RAISED, "The test ended the Python process."),
    "skipped": (
        Verdict.TIMEOUT,
        "This was not run, because the cells before it used up the notebook's time.",
    ),
}
"""Runs that came to no end of their own."""
NAMES_ITSELF = {"AssertionError": Verdict.FAILED, "NotImplementedError": Verdict.MISSING}
"""Exceptions that say more than that something was raised."""


def one_verdict(question: Question, verdict: Verdict, message: str) -> QuestionScore:
    """A question's score when there is one thing to say of it: 0 points, or withheld."""
    ours = verdict is Verdict.GRADER_ERROR
    name = ANSWER if question.by_hand else TEST_CELL
    check = CheckResult(name, 0.0, round(question.points, 2), verdict, message)
    return QuestionScore(
        question.id,
        question.notebook,
        None if ours else 0.0,
        question.points,
        needs_review=ours,
        checks=(check,),
    )


def points_of(run: CellRun, most: float) -> float | None:
    """The points of a test cell by nbgrader's rule; None where the rule ends in an error.

    An error gives none. A number as the value of the last line gives so many points. Anything
    else gives all of them, as do a negative number and one that is printed in words.
    """
    if run.status != "ok":
        return 0.0
    for output in run.outputs:
        if output["output_type"] == "error":
            return 0.0
        if output["output_type"] == "execute_result":
            return _partial(output["data"].get("text/plain", ""), most)
    return most


def _partial(text: str, most: float) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        return most
    if value > most:
        return None
    return value if value >= 0 else most


def score_run(question: Question, run: CellRun, source: str) -> QuestionScore:
    """Score a test cell from its run; `source` is the cell with its hidden tests."""
    earned = points_of(run, question.points)
    if earned is None:
        return by_person(
            question,
            f"The value of the test cell is no number from 0 to {question.points:g}; "
            "a person will look at it.",
        )
    if earned >= question.points and run.status == "ok":
        verdict, message = Verdict.PASSED, ""
    elif run.status in ENDED:
        verdict, message = ENDED[run.status]
    elif run.status == "error":
        verdict, message = _blame(run, source)
    else:
        verdict, message = (
            Verdict.FAILED,
            f"The test gives {earned:g} of {question.points:g} points.",
        )
    check = CheckResult(TEST_CELL, round(earned, 2), round(question.points, 2), verdict, message)
    return QuestionScore(question.id, question.notebook, earned, question.points, checks=(check,))


def _blame(run: CellRun, source: str) -> tuple[Verdict, str]:
    """What a student reads of an exception; nothing of a hidden test but that there is one."""
    error = run.error
    kind = error.type_name if error is not None and error.type_name.isidentifier() else "an error"
    verdict = NAMES_ITSELF.get(kind, Verdict.RAISED)
    if error is None or error.line is None or error.lineno is None:
        return verdict, f"The test raised {kind}."
    lines = source.splitlines()
    stands_here = error.lineno <= len(lines) and lines[error.lineno - 1].strip()[:200] == error.line
    if not stands_here:
        return verdict, f"While the test ran, your code raised {kind} at `{error.line}`."
    if error.lineno in _hidden(lines):
        return verdict, f"A hidden test failed ({kind})."
    said = " ".join(error.message.split())[:SHOWN_CHARACTERS]
    if kind == "AssertionError" and said:
        return verdict, f"The test `{error.line}` failed: {said}"
    return verdict, f"The test `{error.line}` failed ({kind})."


def _hidden(lines: Sequence[str]) -> set[int]:
    """The numbers, from 1, of lines that students do not see."""
    begin, end = HIDDEN_TESTS
    hidden: set[int] = set()
    inside = False
    for number, line in enumerate(lines, start=1):
        inside = (inside or begin in line) and end not in line
        if inside:
            hidden.add(number)
    return hidden


def by_person(question: Question, message: str = "") -> QuestionScore:
    """A question's score while a person has to look at it."""
    checks: tuple[CheckResult, ...] = ()
    if message:
        name = ANSWER if question.by_hand else TEST_CELL
        points = round(question.points, 2)
        checks = (CheckResult(name, 0.0, points, Verdict.SKIPPED, message),)
    return QuestionScore(
        question.id, question.notebook, None, question.points, needs_review=True, checks=checks
    )
