"""Scoring is arithmetic: these are its laws."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.course.course import Question
from autograder.grading.scoring import Outcome, score_question, score_submission, shares
from autograder.model import Grade, Status, Verdict

QUESTION = Question("q", "nb", 10.0, 0.0, "code", (), "q")
BONUS = Question("b", "nb", 0.0, 3.0, "code", (), "b")

outcomes = st.lists(
    st.builds(
        Outcome,
        name=st.text(min_size=1, max_size=5),
        weight=st.floats(0.5, 4),
        verdict=st.sampled_from([v for v in Verdict if v is not Verdict.GRADER_ERROR]),
    ),
    min_size=1,
    max_size=8,
)


def outcome(verdict: Verdict, weight: float = 1.0) -> Outcome:
    return Outcome("check", weight, verdict)


@given(outcomes)
def test_a_score_lies_between_nothing_and_the_question_s_points(results: list[Outcome]) -> None:
    score = score_question(QUESTION, results).score
    assert score is not None
    assert 0 <= score <= QUESTION.points


@given(outcomes)
def test_only_passed_checks_earn_points(results: list[Outcome]) -> None:
    checks = score_question(QUESTION, results).checks
    assert all((check.points > 0) == (check.verdict is Verdict.PASSED) for check in checks)


def test_weights_share_a_question_s_points() -> None:
    scored = score_question(QUESTION, [outcome(Verdict.PASSED, 3), outcome(Verdict.FAILED, 1)])
    assert scored.score == 7.5


@given(st.floats(0.5, 20), st.lists(st.floats(0.5, 4), min_size=1, max_size=8))
def test_the_checks_shares_add_up_to_the_question_s_points(
    worth: float, weights: list[float]
) -> None:
    assert sum(shares(round(worth, 2), weights)) == pytest.approx(round(worth, 2), abs=1e-9)


@given(st.sampled_from([2.0, 3.0, 4.0, 6.0, 9.0, 10.0, 14.0]), outcomes)
def test_a_score_is_the_sum_of_the_lines_a_student_sees(
    worth: float, results: list[Outcome]
) -> None:
    for points, bonus in ((worth, 0.0), (0.0, worth)):
        scored = score_question(Question("q", "nb", points, bonus, "code", (), "q"), results)
        if not scored.needs_review:
            shown = round(sum(check.points for check in scored.checks), 2)
            assert (scored.score if points else scored.extra_credit) == shown


def test_all_checks_passed_are_all_the_points() -> None:
    for count in range(1, 12):
        scored = score_question(QUESTION, [outcome(Verdict.PASSED)] * count)
        assert scored.score == QUESTION.points


def test_one_grader_error_withholds_the_grade_and_calls_a_person() -> None:
    scored = score_question(QUESTION, [outcome(Verdict.PASSED), outcome(Verdict.GRADER_ERROR)])
    grade = score_submission("a", [scored, score_question(BONUS, [outcome(Verdict.PASSED)])])
    assert scored.score is None
    assert scored.needs_review
    assert grade.status is Status.WITHHELD
    assert grade.score is None
    assert "withheld" in grade.problems[0]


def test_a_question_without_checks_waits_for_a_person() -> None:
    scored = score_question(QUESTION, [])
    assert scored.score is None
    assert scored.needs_review
    assert score_submission("a", [scored]).status is Status.GRADED


def test_bonus_is_extra_credit_and_never_score() -> None:
    grade = score_submission("a", [score_question(BONUS, [outcome(Verdict.PASSED)])])
    assert (grade.score, grade.max_score, grade.extra_credit) == (0.0, 0.0, 3.0)


def test_a_grade_survives_its_own_json() -> None:
    grade = score_submission("a", [score_question(QUESTION, [outcome(Verdict.TIMEOUT)])], ["p"])
    assert Grade.from_json(grade.to_json()) == grade


def test_json_that_is_not_a_grade_is_refused() -> None:
    with pytest.raises(ValueError, match="status"):
        Grade.from_json('{"assignment": "a"}')
