"""What a student has so far: in a notebook, and in the assignment, after what being late costs."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from autograder.gradebook.settled import Entered, Standing


class Total(msgspec.Struct, frozen=True):
    """The sum of some questions of one student."""

    score: float
    """Of what is graded, after the late penalty and without bonus."""
    earned: float
    """The same before the penalty."""
    max_score: float
    """Of all the questions."""
    open_points: float
    """Of those that nobody has scored yet."""
    extra_credit: float
    """After the penalty, which takes from it what points do not suffice for."""
    penalty: float

    @property
    def graded(self) -> float:
        """Points of the questions that are scored."""
        return round(self.max_score - self.open_points, 2)


def total(standing: Standing, notebook: str | None = None, penalty: float | None = None) -> Total:
    """Sum up a submission, or one notebook of it.

    Args:
        standing: the submission in the gradebook.
        notebook: only this one.
        penalty: of that notebook; the whole submission's by default.
    """
    own = [e for (name, _), e in standing.questions.items() if notebook in (None, name)]
    return _total(own, standing.penalty if penalty is None else penalty)


def _total(questions: Iterable[Entered], penalty: float) -> Total:
    questions = list(questions)
    scores = [e.auto if e.by_hand is None else e.by_hand for e in questions]
    earned = sum(score or 0.0 for score in scores)
    extra = sum(e.extra or 0.0 for e in questions)
    beyond = max(0.0, penalty - earned)
    return Total(
        score=round(max(0.0, earned - penalty), 2),
        earned=round(earned, 2),
        max_score=round(sum(e.worth for e in questions), 2),
        open_points=round(
            sum(e.worth for e, score in zip(questions, scores, strict=True) if score is None), 2
        ),
        extra_credit=round(max(0.0, extra - beyond), 2),
        penalty=penalty,
    )
