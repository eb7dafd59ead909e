"""A course declares its questions once, in the notebooks."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.course.course import Course
from autograder.errors import UsageError

ROOT = Path(__file__).parents[2]
POINTS = {
    "affine_forward": 4, "affine_backward": 6, "relu_forward": 2, "relu_backward": 3,
    "two_layer_net": 9, "train_two_layer_net": 6, "fully_connected_net": 10,
    "batchnorm_forward": 10, "batchnorm_backward": 14, "batchnorm_backward_alt": 0,
    "batchnorm_net": 14, "deep_net_report": 6, "weight_scale_report": 6,
    "explain_batchnorm": 4, "explain_weight_scale": 6,
}  # fmt: skip


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    """An empty course whose secret is its own."""
    monkeypatch.delenv("AUTOGRADER_SECRET")
    (tmp_path / "nbgrader_config.py").write_text("")
    return Course.find(tmp_path)


def test_the_shipped_assignment_asks_the_published_questions_in_order() -> None:
    questions = Course.find(ROOT).questions("batchnorm")
    assert {q.id: q.points for q in questions} == POINTS
    assert [q.id for q in questions] == list(POINTS)
    assert sum(q.points for q in questions) == 100
    assert {q.id: q.bonus for q in questions if q.bonus} == {"batchnorm_backward_alt": 3}


def test_every_upstream_question_exists_and_comes_earlier() -> None:
    ids = [q.id for q in Course.find(ROOT).questions("batchnorm")]
    for question in Course.find(ROOT).questions("batchnorm"):
        assert all(ids.index(up) < ids.index(question.id) for up in question.upstream)


def test_a_folder_without_a_config_is_not_a_course(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"holds no nbgrader_config\.py"):
        Course.find(tmp_path)


@pytest.mark.parametrize("name", ["nope", "..", "", "a/b", "/etc"])
def test_an_unknown_assignment_is_one_sentence(course: Course, name: str) -> None:
    with pytest.raises(UsageError, match=r"^[^\n]+$"):
        course.source(name)


def test_the_secret_is_made_once_and_for_the_owner_only(course: Course) -> None:
    first = course.secret()
    path = course.root / ".autograder" / "secret"
    assert course.secret() == first
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_damaged_secret_is_not_used(course: Course) -> None:
    course.secret()
    (course.root / ".autograder" / "secret").write_bytes(b"short")
    with pytest.raises(UsageError, match="damaged"):
        course.secret()


def test_the_environment_overrides_the_secret(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTOGRADER_SECRET", "sent along with the job")
    assert course.secret() == b"sent along with the job"
    assert not (course.root / ".autograder").exists()


@pytest.mark.parametrize("short", ["", "a" * 15])
def test_a_secret_that_can_be_guessed_is_one_sentence(
    course: Course, monkeypatch: pytest.MonkeyPatch, short: str
) -> None:
    monkeypatch.setenv("AUTOGRADER_SECRET", short)
    with pytest.raises(UsageError, match=r"^AUTOGRADER_SECRET has \d+ characters; [^\n]+$"):
        course.secret()
    assert not (course.root / ".autograder").exists()
