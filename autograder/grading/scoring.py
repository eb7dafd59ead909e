"""From check results to a grade: pure arithmetic, no input or output.

A question's points are shared among its checks by weight, each share rounded to 0.01; its
score is the sum of the shares of the checks that passed, so students can add up the lines
they see. Anything that is our fault withholds the grade.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from autograder.checking.collect import Outcome
from autograder.course.questions import Question
from autograder.model import CheckResult, Grade, QuestionScore, Status, Verdict
from autograder.submission.frame import Notebook
from autograder.submission.intake import Submission

UNANSWERED = "answered"
"""The only check of a written answer that was left as it was handed out."""


def score_question(question: Question, outcomes: Sequence[Outcome]) -> QuestionScore:
    """Turn the outcomes of a question's checks into its score.

    Questions that no check covers (written answers) wait for a person, and so does one with a
    check that could not tell. One `grader_error` withholds the whole question.
    """
    if not outcomes:
        return QuestionScore(
            question.id, question.notebook, None, question.points, needs_review=True
        )
    worth = question.points or question.bonus
    parts = shares(worth, [outcome.weight for outcome in outcomes])
    checks = tuple(map(_check_result, outcomes, parts))
    withheld = any(
        outcome.verdict is Verdict.GRADER_ERROR or outcome.could_not_tell for outcome in outcomes
    )
    earned = round(sum(check.points for check in checks), 2)
    return QuestionScore(
        id=question.id,
        notebook=question.notebook,
        score=None if withheld else (earned if question.points else 0.0),
        max_score=question.points,
        extra_credit=earned if question.bonus and not withheld else 0.0,
        carried_forward=any(outcome.carried for outcome in outcomes),
        needs_review=withheld,
        checks=checks,
    )


def score_by_hand(question: Question, notebook: Notebook) -> QuestionScore:
    """A question that waits for a person; as in nbgrader, 0 for an answer left as handed out."""
    cell = next((cell for cell in notebook.cells if cell.id == question.answer), None)
    if question.kind != "written" or cell is None or cell.handed_out is None:
        return score_question(question, [])
    if cell.source.strip() != cell.handed_out.strip():
        return score_question(question, [])
    return score_question(question, [Outcome(UNANSWERED, 1.0, Verdict.MISSING, "No response.")])


def with_remarks(grade: Grade, submission: Submission) -> Grade:
    """The grade with what there is to say of the submission beside its problems."""
    return msgspec.structs.replace(
        grade,
        suspect=tuple(submission.suspect) or msgspec.UNSET,
        notes=tuple(submission.notes) or msgspec.UNSET,
    )


def shares(worth: float, weights: Sequence[float]) -> list[float]:
    """Divide points by weight, each share rounded to 0.01 so that together they are the points.

    The cents that rounding down leaves over go where it took most away.
    """
    cents = round(100 * worth)
    exact = [cents * weight / sum(weights) for weight in weights]
    whole = [int(share) for share in exact]
    by_loss = sorted(range(len(exact)), key=lambda i: whole[i] - exact[i])
    for index in by_loss[: cents - sum(whole)]:
        whole[index] += 1
    return [share / 100 for share in whole]


def _check_result(outcome: Outcome, share: float) -> CheckResult:
    return CheckResult(
        name=outcome.name,
        points=share if outcome.verdict is Verdict.PASSED else 0.0,
        max_points=share,
        verdict=outcome.verdict,
        message=outcome.message,
        misconception=outcome.misconception,
        made_in=outcome.made_in,
        hint=outcome.hint,
        carried=True if outcome.carried else msgspec.UNSET,
        output=outcome.output or msgspec.UNSET,
        off=outcome.off or msgspec.UNSET,
    )


def score_submission(
    assignment: str, scores: Iterable[QuestionScore], problems: Iterable[str] = ()
) -> Grade:
    """Sum question scores into a grade, or withhold it if any check was our fault."""
    questions = tuple(scores)
    faults = [
        f"The grade is withheld: the check '{check.name}' of {question.id} could not be run, "
        "through no fault of the submission. The course staff will look at it."
        for question in questions
        for check in question.checks
        if check.verdict is Verdict.GRADER_ERROR
    ]
    known = sum(question.score or 0.0 for question in questions)
    return Grade(
        assignment=assignment,
        status=Status.WITHHELD if faults else Status.GRADED,
        score=None if faults else round(known, 2),
        max_score=round(sum(question.max_score for question in questions), 2),
        extra_credit=round(sum(question.extra_credit for question in questions), 2),
        problems=(*problems, *faults),
        questions=questions,
    )
