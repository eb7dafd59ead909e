"""A submission goes in, a grade comes out: the laws of the whole way, in the real sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from graded import BY_HAND, CODE_POINTS, GradeIt, code_points, hand_in_and_grade, short, verdicts
from limits import HASTY
from msgspec.structs import replace
from submissions import Raw, add_cell, blank, hand_in

from autograder.course.course import Course
from autograder.grading.grade import Grader
from autograder.grading.graded import GradedSubmission
from autograder.model import Status, Verdict


def test_the_solution_earns_all_code_points_and_the_bonus(grade: GradeIt) -> None:
    got = grade()
    assert code_points(got) == CODE_POINTS
    assert got.extra_credit == 3.0
    assert got.max_score == 100.0
    assert short(got) == set()
    assert got.problems == ()


def test_written_answers_wait_for_a_person(grade: GradeIt) -> None:
    waiting = {q.id: q for q in grade().questions if q.id in BY_HAND}
    assert set(waiting) == BY_HAND
    assert all(q.score is None and q.needs_review for q in waiting.values())


def test_the_untouched_release_scores_nothing_and_says_what_is_missing(grade: GradeIt) -> None:
    got = grade(start=blank)
    assert got.score == 0.0
    assert got.extra_credit == 0.0
    assert got.status is Status.GRADED
    assert verdicts(got, "affine_forward") == {Verdict.MISSING}
    assert verdicts(got, "batchnorm_net") == {Verdict.MISSING}


def test_the_same_submission_always_gives_the_same_json(
    grader: Grader, hasty: Grader, tmp_path: Path
) -> None:
    mistake = {"batchnorm_backward_alt_answer": ("m * dout - dbeta", "m * dout")}
    folder = hand_in(tmp_path / "s", replace=mistake)
    first = grader.grade(folder).grade.to_json()
    assert grader.grade(folder).grade.to_json() == first
    assert hasty.grade(folder).grade.to_json() == first


def test_one_notebook_can_be_graded_by_itself(course: Course, tmp_path: Path) -> None:
    folder = hand_in(tmp_path / "s")
    with Grader(course, "batchnorm", only="fully_connected_nets") as part:
        got = part.grade(folder).grade
    assert (got.score, got.max_score) == (40.0, 40.0)


@pytest.mark.parametrize(
    ("answer", "old", "new", "breaks", "named"),
    [
        ("batchnorm_forward_answer", "np.sqrt(var + eps)", "np.sqrt(var) + eps",
         {"batchnorm_forward", "batchnorm_backward", "batchnorm_backward_alt"},
         "batchnorm_forward"),
        ("batchnorm_backward_alt_answer", "m * dout - dbeta", "m * dout",
         {"batchnorm_backward_alt"}, "batchnorm_backward_alt"),
        ("two_layer_net_answer", "(np.sum(W1 * W1) + np.sum(W2 * W2))", "np.sum(W1 * W1)",
         {"two_layer_net"}, None),
        ("affine_backward_answer", "dout.sum(axis=0)", "dout.mean(axis=0)",
         {"affine_backward", "two_layer_net", "fully_connected_net", "batchnorm_net"},
         "affine_backward"),
        ("relu_backward_answer", "(cache > 0)", "(cache > 0).reshape(len(cache), -1)",
         {"relu_backward"}, None),
    ],
    ids=["eps-outside", "alt-sum-dropped", "last-layer-unregularized", "db-mean", "mask-2d"],
)  # fmt: skip
def test_a_mistake_costs_exactly_what_it_breaks_and_is_named(
    grade: GradeIt, answer: str, old: str, new: str, breaks: set[str], named: str | None
) -> None:
    got = grade(replace={answer: (old, new)})
    assert short(got) <= breaks
    assert answer.removesuffix("_answer") in short(got)
    if named:
        checks = [check for q in got.questions if q.id == named for check in q.checks]
        assert any(check.misconception for check in checks)
        assert all(check.message and check.hint for check in checks if check.points == 0)


def noisy(name: str, notebook: Raw) -> None:
    source = (
        "import sys, warnings\n"
        "for i in range(10_000):\n    print('line', i)\n"
        "warnings.warn('a right answer may warn')\nprint('oops', file=sys.stderr)\n"
    )
    add_cell(notebook, source)


NOISY_AFFINE = """
import sys, warnings
def affine_forward(x, w, b):
    print("shape", x.shape)
    print("on stderr", file=sys.stderr)
    warnings.warn("still right", RuntimeWarning)
    np.float64(1) / np.float64(0)
    x = np.asarray(x, dtype=np.float32)
    out = x.reshape(len(x), -1).dot(np.asarray(w, np.float32)) + np.float32(b)
    return out, [x, w, b]
def affine_backward(dout, cache):
    x, w, b = cache
    dx = dout.dot(w.T).reshape(x.shape)
    db = dout.sum(axis=0)
    dw = x.reshape(len(x), -1).T.dot(dout)
    dout *= 0
    return dx, dw, db
"""


def test_noise_float32_and_a_changed_dout_cost_nothing(grade: GradeIt) -> None:
    got = grade(
        {"affine_forward_answer": NOISY_AFFINE, "affine_backward_answer": "pass"}, rearrange=noisy
    )
    assert code_points(got) == CODE_POINTS


@pytest.fixture(scope="module")
def hasty(course: Course) -> Iterator[Grader]:
    """A grader that does not wait as long as in production."""
    with Grader(course, "batchnorm", policy=HASTY) as warm:
        yield warm


@pytest.fixture
def grade_hastily(hasty: Grader, tmp_path: Path) -> GradeIt:
    """Hand in with some changes, and grade within short limits."""
    return partial(hand_in_and_grade, hasty, tmp_path / "submission")


def test_short_limits_are_long_enough_for_a_right_answer(grade_hastily: GradeIt) -> None:
    got = grade_hastily()
    assert code_points(got) == CODE_POINTS
    assert got.problems == ()


def test_an_endless_cell_costs_itself(grade_hastily: GradeIt) -> None:
    def endless(name: str, notebook: Raw) -> None:
        if name == "fully_connected_nets":
            add_cell(notebook, "while True:\n    pass", before="relu_forward_answer")

    got = grade_hastily(rearrange=endless)
    assert code_points(got) == CODE_POINTS
    assert any("used up its time" in problem for problem in got.problems)


def test_a_cell_that_ends_the_interpreter_costs_itself(grade: GradeIt) -> None:
    def deadly(name: str, notebook: Raw) -> None:
        add_cell(notebook, "import os\nos._exit(0)", before=notebook["cells"][-1]["id"])

    got = grade(rearrange=deadly)
    assert code_points(got) == CODE_POINTS
    assert any("ended the Python process" in problem for problem in got.problems)


def test_a_missing_notebook_costs_its_questions_only(grader: Grader, tmp_path: Path) -> None:
    folder = hand_in(tmp_path / "s")
    (folder / "batch_normalization.ipynb").unlink()
    got = grader.grade(folder).grade
    assert got.score == 40.0
    assert verdicts(got, "batchnorm_forward") == {Verdict.MISSING}


def test_a_broken_notebook_costs_its_questions_only(grader: Grader, tmp_path: Path) -> None:
    folder = hand_in(tmp_path / "s")
    path = folder / "fully_connected_nets.ipynb"
    path.write_bytes(path.read_bytes()[:5000])
    got = grader.grade(folder).grade
    assert verdicts(got, "affine_forward") == {Verdict.MISSING}
    assert verdicts(got, "batchnorm_backward") == {Verdict.PASSED}
    assert any("fully_connected_nets" in problem for problem in got.problems)


def test_what_students_read_never_holds_an_array_or_our_code(grade: GradeIt) -> None:
    got = grade({"affine_forward_answer": "def affine_forward(x, w, b):\n    raise ValueError(x)"})
    (question,) = [q for q in got.questions if q.id == "affine_forward"]
    for check in question.checks:
        assert check.verdict is Verdict.RAISED
        assert "raise ValueError(x)" in check.message
        assert "[[" not in check.message


REPLACED = """
import sys, types
for name in [n for n in sys.modules if n.startswith("support")]:
    sys.modules[name] = types.ModuleType(name)
class dict(dict):
    def __getitem__(self, key): return 10**18
"""


def test_support_that_is_replaced_and_settings_that_change_give_no_point(grade: GradeIt) -> None:
    def replaced(name: str, notebook: Raw) -> None:
        own = "settings = dict(settings)\n" if name == "fully_connected_nets" else ""
        add_cell(notebook, REPLACED + own)

    wrong = {"batchnorm_backward_alt_answer": ("m * dout - dbeta", "m * dout")}
    got = grade(replace=wrong, rearrange=replaced)
    assert got.status is Status.GRADED
    assert code_points(got) <= CODE_POINTS
    assert got.extra_credit < 3.0


def test_cells_keep_what_they_showed(grader: Grader, tmp_path: Path) -> None:
    graded: GradedSubmission = grader.grade(hand_in(tmp_path / "s"))
    runs = {run.id: run for run in graded.runs["fully_connected_nets"]}
    assert runs["affine_forward"].status == "ok"
    assert runs["affine_forward"].outputs


def test_one_notebook_cannot_use_up_the_other_s_time(course: Course, tmp_path: Path) -> None:
    def sleepy(name: str, notebook: Raw) -> None:
        if name == "fully_connected_nets":
            for _ in range(3):
                add_cell(notebook, "import time\ntime.sleep(1000)", before="affine_forward_answer")

    with Grader(course, "batchnorm", policy=replace(HASTY, submission_wall=12)) as grader:
        got = hand_in_and_grade(grader, tmp_path / "submission", rearrange=sleepy)
    assert verdicts(got, "affine_forward") == {Verdict.TIMEOUT}
    assert verdicts(got, "batchnorm_forward") == {Verdict.PASSED}
    assert any("were not run" in problem for problem in got.problems)
