"""What one early mistake costs a submission that is right but for it, in the real sandbox."""

from __future__ import annotations

import pytest
from check_runs import ASSIGNMENT
from graded import GradeIt, code_points, short

from autograder.grading.carry import about_record
from autograder.model import CheckResult, Grade, QuestionScore, Verdict

ALL = 78.0
PLUS_B = ("@ w + b", "@ w")
BLANK = "raise NotImplementedError"


def text(name: str, arguments: str, *lines: str) -> str:
    """A function."""
    return "\n    ".join([f"def {name}({arguments}):", *lines])


def carried(grade: Grade) -> set[str]:
    return {question.id for question in grade.questions if question.carried_forward}


@pytest.mark.parametrize(
    ("cell", "piece", "cost", "wrong"),
    [
        ("affine_forward_answer", PLUS_B, 4, {"affine_forward"}),
        (
            "affine_forward_answer",
            ("def ", "import torch_is_not_here\n\n\ndef "),
            4,
            {"affine_forward"},
        ),
        ("relu_forward_answer", ("def ", 'print "x"\n\n\ndef '), 2, {"relu_forward"}),
        ("relu_forward_answer", ("np.maximum", "np.minimum"), 2, {"relu_forward"}),
        ("relu_backward_answer", ("def ", "def renamed_"), 3, {"relu_backward"}),
        ("affine_backward_answer", ("def ", "if\n\n\ndef "), 6, {"affine_backward"}),
    ],
)
def test_an_early_mistake_costs_its_own_question(
    grade: GradeIt, cell: str, piece: tuple[str, str], cost: float, wrong: set[str]
) -> None:
    graded = grade(replace={cell: piece})
    assert code_points(graded) == ALL - cost
    assert graded.extra_credit == 3.0
    assert {"two_layer_net", "fully_connected_net", "batchnorm_net"} <= carried(graded)
    earned = {q.id for q in graded.questions for c in q.checks if c.verdict is Verdict.PASSED}
    assert short(graded) == wrong
    assert not wrong & earned


def test_a_mistake_in_batch_normalization_costs_its_own_question(grade: GradeIt) -> None:
    graded = grade(
        {
            "batchnorm_forward_answer": text(
                "batchnorm_forward",
                "x, gamma, beta, bn_param",
                "momentum, eps = bn_param.get('momentum', 0.9), bn_param.get('eps', 1e-5)",
                "mean, var = x.mean(axis=0), x.var(axis=0, ddof=1)",
                "if bn_param['mode'] == 'test':",
                "    mean, var = bn_param['running_mean'], bn_param['running_var']",
                "else:",
                "    for name, new in (('running_mean', mean), ('running_var', var)):",
                "        old = bn_param.get(name, np.zeros(x.shape[1]))",
                "        bn_param[name] = momentum * old + (1 - momentum) * new",
                "std = np.sqrt(var + eps)",
                "xhat = (x - mean) / std",
                "return gamma * xhat + beta, (xhat, std, gamma)",
            ),
            **{
                f"{name}_answer": text(
                    name,
                    "dout, cache",
                    "xhat, std, gamma = cache",
                    "d, n = dout * gamma, len(dout)",
                    "dx = (d - d.mean(axis=0) - xhat * (d * xhat).sum(axis=0) / (n - 1)) / std",
                    "return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)",
                )
                for name in ("batchnorm_backward", "batchnorm_backward_alt")
            },
        }
    )
    assert {q.id: q.score for q in graded.questions if q.id.startswith("batchnorm")} == {
        "batchnorm_forward": 4.0,
        "batchnorm_backward": 12.25,  # where eps stands is not carried
        "batchnorm_backward_alt": 0.0,
        "batchnorm_net": 14.0,
    }
    assert carried(graded) == {"batchnorm_backward", "batchnorm_backward_alt", "batchnorm_net"}


def test_layers_left_out_on_purpose_earn_nothing(grade: GradeIt) -> None:
    layers = ("affine", "relu", "batchnorm")
    cells = [f"{layer}_{way}_answer" for layer in layers for way in ("forward", "backward")]
    blank = dict.fromkeys([*cells, "batchnorm_backward_alt_answer"], BLANK)
    graded = grade(blank)
    assert code_points(graded) == ALL - 4 - 6 - 2 - 3 - 10 - 14
    assert graded.extra_credit == 0.0
    assert not {id_ for id_ in carried(graded) if not id_.endswith("_net")}


def test_what_is_right_is_not_run_again(grade: GradeIt) -> None:
    graded = grade()
    assert carried(graded) == set()
    assert '"carried":' not in graded.to_json()


def test_a_layer_that_ends_the_process_in_a_given_example_costs_its_own_question(
    grade: GradeIt,
) -> None:
    """The given cell also defines the layer that the nets are made of."""
    graded = grade(
        {"relu_backward_answer": text("relu_backward", "dout, cache", "import os", "os._exit(0)")}
    )
    assert code_points(graded) == ALL - 3


@pytest.mark.parametrize(
    ("verdict", "says"),
    [(Verdict.FAILED, True), (Verdict.PASSED, False), (Verdict.MISSING, False)],
)
def test_a_person_sees_that_a_record_was_made_with_a_wrong_net(
    verdict: Verdict, says: bool
) -> None:
    wrong = CheckResult("a", 0.0, 1.0, Verdict.FAILED)
    form = next(q for q in ASSIGNMENT.questions if q.id == "deep_net_report")
    scores = {
        "batchnorm_net": QuestionScore("batchnorm_net", "", 0.0, 1.0, checks=(wrong,)),
        form.id: QuestionScore(
            form.id, "", 0.0, 1.0, checks=(CheckResult("a", 0.0, 1.0, verdict),)
        ),
    }
    told = (
        "deep_net_report: its record was made with an answer to batchnorm_net that is not fully "
        "right, and is judged as it is."
    )
    assert list(about_record(form, scores)) == [told] * says
