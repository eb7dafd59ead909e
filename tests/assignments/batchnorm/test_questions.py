"""What the assignment asks, and for how many points."""

from __future__ import annotations

from autograder.course.course import Course
from autograder.course.questions import questions_of

POINTS = {
    "affine_forward": 4, "affine_backward": 6, "relu_forward": 2, "relu_backward": 3,
    "two_layer_net": 9, "train_two_layer_net": 6, "fully_connected_net": 10,
    "batchnorm_forward": 10, "batchnorm_backward": 14, "batchnorm_backward_alt": 0,
    "batchnorm_net": 14, "deep_net_report": 6, "weight_scale_report": 6,
    "explain_batchnorm": 4, "explain_weight_scale": 6,
}  # fmt: skip


def test_the_shipped_assignment_asks_the_published_questions_in_order(course: Course) -> None:
    questions = questions_of(course, "batchnorm")
    assert {q.id: q.points for q in questions} == POINTS
    assert [q.id for q in questions] == list(POINTS)
    assert sum(q.points for q in questions) == 100
    assert {q.id: q.bonus for q in questions if q.bonus} == {"batchnorm_backward_alt": 3}


def test_every_upstream_question_exists_and_comes_earlier(course: Course) -> None:
    ids = [q.id for q in questions_of(course, "batchnorm")]
    for question in questions_of(course, "batchnorm"):
        assert all(ids.index(up) < ids.index(question.id) for up in question.upstream)
