"""What a grader reads under an answer in formgrader: nbgrader's automatic comment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from autograder.gradebook.noticed import Noticed, by_mistake, hint, sentences
from autograder.model import CheckResult, Grade, QuestionScore, Status, Verdict

WITHHELD = "Withheld:"
"""How the comment of a withheld question starts; exports look for it."""
WITHHELD_COMMENT = (
    f"{WITHHELD} this question could not be graded, through no fault of the submission. "
    "A person will look at it."
)
NO_RESPONSE = "No response."
"""nbgrader's comment on an answer that is as it was handed out."""
REVIEW_COMMENT = "A person still has to grade or confirm this answer."


def is_withheld(score: QuestionScore | None, grade: Grade) -> bool:
    """Whether a question has no score because of us, not because a person grades it anyway."""
    if score is None:
        return True
    if score.score is not None or grade.status is Status.GRADED:
        return False
    faults = [
        question
        for question in grade.questions
        if any(check.verdict is Verdict.GRADER_ERROR for check in question.checks)
    ]
    return score in faults or not faults


def comment_on(score: QuestionScore | None, grade: Grade) -> str | None:
    """Say in plain text what a grader sees under the answer; None if all is well."""
    if score is None or is_withheld(score, grade):
        return WITHHELD_COMMENT
    lines = lines_on(score.id, score.checks)
    if score.carried_forward:
        lines.append("Checked with trusted versions of the questions it builds on.")
    if score.needs_review:
        lines.append(REVIEW_COMMENT)
    return "\n".join(lines) or None


def lines_on(question: str, checks: Iterable[CheckResult]) -> list[str]:
    """One line for each mistake, with the checks that noticed it."""
    wrong = (Noticed(question, check) for check in checks if check.verdict is not Verdict.PASSED)
    return [_line(group) for group in by_mistake(wrong)]


def _line(group: Sequence[Noticed]) -> str:
    checks = [each.check for each in group]
    names = ", ".join(check.name for check in checks)
    earned, most = sum(c.points for c in checks), sum(c.max_points for c in checks)
    told = " ".join(filter(None, (*sentences(group), hint(group))))
    return f"{names} ({earned:g}/{most:g}): {told}"
