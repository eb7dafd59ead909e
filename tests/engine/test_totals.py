"""What the feedback page says a student has, so far and after a late penalty."""

from __future__ import annotations

import pytest

from autograder.gradebook.settled import Entered, Standing
from autograder.outputs.totals import total

STANDING = Standing(
    {
        ("layers", "weigh"): Entered(23.86, None, None, False, 30.0),
        ("layers", "clip"): Entered(0.0, None, 3.0, False, 0.0),
        ("layers", "explain"): Entered(None, None, None, True, 10.0),
        ("deeper", "net"): Entered(4.0, 7.5, None, False, 8.0),
    },
    penalty=2.0,
)


def test_what_nobody_has_scored_is_not_counted_as_lost():
    own = total(STANDING, "layers", 0.0)
    assert (own.score, own.graded, own.open_points, own.max_score) == (23.86, 30, 10, 40)


def test_the_assignments_total_has_hand_grades_and_the_penalty():
    whole = total(STANDING)
    assert (whole.earned, whole.score, whole.graded) == (31.36, 29.36, 38)
    assert whole.extra_credit == 3


@pytest.mark.parametrize(("penalty", "score", "bonus"), [(5, 18.86, 3), (25, 0, 1.86), (99, 0, 0)])
def test_a_penalty_takes_from_the_bonus_what_points_do_not_suffice_for(penalty, score, bonus):
    own = total(STANDING, "layers", penalty)
    assert (own.score, own.extra_credit) == (score, bonus)
