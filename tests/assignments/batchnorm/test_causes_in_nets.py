"""What a student reads of an accident: its cause, in either notebook, in words that help."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from graded import GradeIt, code_points
from submissions import Raw, add_cell, blank, hand_in, solved

from autograder.grading.grade import Grader
from autograder.model import CheckResult, Grade, Verdict

MISSING, RAISED, FAILED = Verdict.MISSING, Verdict.RAISED, Verdict.FAILED
FIRST = "fully_connected_nets"
FORWARD = "out = x.reshape(x.shape[0], -1) @ w + b  # (N, M)"


LOSS = ("loss, dscores = softmax_loss(scores, y)", "loss, dscores = softmax_loss(2 * scores, y)")
NETS_WRONG_TOO = {"two_layer_net_answer": LOSS, "batchnorm_net_answer": LOSS}
"""Nets that fail on right layers as well, so that nothing is carried and the cause is told."""


def checks(grade: Grade, question: str) -> list[CheckResult]:
    (asked,) = (q for q in grade.questions if q.id == question)
    return list(asked.checks)


def said(grade: Grade, question: str) -> set[tuple[Verdict, str]]:
    return {(c.verdict, c.message) for c in checks(grade, question) if c.verdict != "passed"}


def own_cell(source: str, before: str) -> Callable[[str, Raw], None]:
    """A cell of the student's own in the first notebook."""

    def rearrange(name: str, notebook: Raw) -> None:
        if name == FIRST:
            add_cell(notebook, source, before=before)

    return rearrange


def test_a_layer_that_does_not_compile_is_told_in_both_notebooks(grade: GradeIt) -> None:
    source = "def relu_forward(x):\n    print x\n    return x, x"
    graded = grade({"relu_forward_answer": source}, replace=NETS_WRONG_TOO)
    cell = "cell does not compile: SyntaxError in line 2, `print x`."
    assert said(graded, "relu_forward") == {
        (MISSING, f"`relu_forward` is not defined, because its {cell}")
    }
    assert (RAISED, f"`FullyConnectedNet.loss` needs `relu_forward`, whose {cell}") in said(
        graded, "batchnorm_net"
    )
    hints = {check.hint for check in checks(graded, "relu_forward")}
    assert hints == {"This is Python 2; in Python 3 it is `print(…)`, with brackets."}


def test_a_complete_net_on_an_empty_layer_is_not_called_empty(grade: GradeIt) -> None:
    stub = next(c["source"] for c in blank(FIRST)["cells"] if c["id"] == "affine_forward_answer")
    graded = grade({"affine_forward_answer": stub}, replace=NETS_WRONG_TOO)
    assert said(graded, "affine_forward") == {(MISSING, "`affine_forward` is not answered yet.")}
    for question, net in (("two_layer_net", "TwoLayerNet"), ("batchnorm_net", "FullyConnectedNet")):
        needs = f"`{net}.loss` needs `affine_forward`, which is not answered yet."
        assert (RAISED, needs) in said(graded, question)


def test_nothing_answered_is_nothing_answered(grade: GradeIt) -> None:
    graded = grade(start=blank)
    for question in ("affine_forward", "two_layer_net", "batchnorm_forward", "batchnorm_net"):
        for verdict, message in said(graded, question):
            assert (verdict, message.endswith("is not answered yet.")) == (MISSING, True)


def test_names_a_stub_never_set_are_no_answer(grade: GradeIt) -> None:
    stub = next(c["source"] for c in blank(FIRST)["cells"] if c["id"] == "affine_forward_answer")
    lines = [line for line in stub.splitlines() if "raise" not in line]
    rearrange = own_cell("out, cache = np.ones((2, 3)), None", "affine_forward_answer")
    graded = grade({"affine_forward_answer": "\n".join(lines)}, rearrange=rearrange)
    assert said(graded, "affine_forward") == {(MISSING, "`affine_forward` is not answered yet.")}


def test_a_notebook_that_was_not_handed_in_is_told(grader: Grader, tmp_path: Path) -> None:
    hand_in(tmp_path / "ada", replace=NETS_WRONG_TOO)
    (tmp_path / "ada" / f"{FIRST}.ipynb").unlink()
    graded = grader.grade(tmp_path / "ada").grade
    told = "but fully_connected_nets.ipynb was not handed in, or cannot be read."
    assert (RAISED, f"`FullyConnectedNet.loss` needs `affine_forward`, {told}") in said(
        graded, "batchnorm_net"
    )


@pytest.mark.parametrize("own", [None, "gamma = np.ones(3)"])
def test_a_backward_pass_that_reads_the_notebook_s_gamma_is_told(
    grade: GradeIt, own: str | None
) -> None:
    source = next(
        c["source"]
        for c in solved("batch_normalization")["cells"]
        if c["id"] == "batchnorm_backward_answer"
    )

    def rearrange(name: str, notebook: Raw) -> None:
        if name != FIRST and own:
            add_cell(notebook, own, before="batchnorm_backward_answer")

    source = source.replace("inverse, std, gamma = cache", "inverse, std, _ = cache")
    graded = grade({"batchnorm_backward_answer": source}, rearrange=rearrange)
    hint = (
        "`batchnorm_backward` reads `gamma`, which is neither an argument nor made in it: "
        "take it from the cache."
    )
    assert hint in {check.hint for check in checks(graded, "batchnorm_backward")}
    if own is None:
        assert said(graded, "batchnorm_backward") == {
            (
                RAISED,
                "`batchnorm_backward` raised NameError in your line "
                "`dxhat = gamma * dscaled  # (N, D)`: `gamma` is not defined.",
            )
        }


def test_a_helper_in_a_cell_of_one_s_own_costs_nothing(grade: GradeIt) -> None:
    helper = "FLAT = -1\ndef rows(x):\n    return x.reshape(x.shape[0], FLAT)\n"
    graded = grade(
        replace={"affine_forward_answer": ("x.reshape(x.shape[0], -1)", "rows(x)")},
        rearrange=own_cell(helper, "affine_forward_answer"),
    )
    assert code_points(graded) == 78


def test_a_line_of_the_first_notebook_is_quoted_in_the_second(grade: GradeIt) -> None:
    graded = grade(
        replace=NETS_WRONG_TOO | {"affine_forward_answer": (FORWARD, "out = (x @ w)['a']")}
    )
    message = "`FullyConnectedNet.loss` raised IndexError in your line `out = (x @ w)['a']`."
    assert (RAISED, message) in said(graded, "batchnorm_net")


def test_a_line_of_a_helper_is_quoted_in_the_second_notebook(grade: GradeIt) -> None:
    graded = grade(
        replace=NETS_WRONG_TOO
        | {"affine_forward_answer": ("x.reshape(x.shape[0], -1)", "rows(x)")},
        rearrange=own_cell("\ndef rows(x):\n    return x['a']", "affine_forward_answer"),
    )
    for question in ("two_layer_net", "batchnorm_net"):
        messages = " ".join(message for _, message in said(graded, question))
        assert "in your line `return x['a']`" in messages


def test_a_module_of_the_course_s_is_not_called_the_student_s(grade: GradeIt) -> None:
    line = "loss, dscores = softmax_loss(scores, y)"
    graded = grade(
        replace={"two_layer_net_answer": (line, "loss, dscores = softmax_loss(None, y)")}
    )
    called = "called from your line `loss, dscores = softmax_loss(None, y)`"
    messages = {message for _, message in said(graded, "two_layer_net")}
    assert any(
        "in the course's own `support/layers.py`" in m and m.endswith(f"{called}.")
        for m in messages
    )  # fmt: skip


def test_a_line_that_was_given_is_not_called_the_student_s(grade: GradeIt) -> None:
    ones = 'self.params[f"gamma{layer}"] = np.ones(units)'
    graded = grade(replace={"batchnorm_net_answer": (ones, ones.replace("np.ones(units)", "1.0"))})
    given = "`self.params = {name: value.astype(dtype) for name, value in self.params.items()}`"
    told = f"`FullyConnectedNet` raised AttributeError in the line that was given, {given}."
    assert (RAISED, told) in said(graded, "batchnorm_net")
