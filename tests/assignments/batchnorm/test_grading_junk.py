"""Junk is the student's verdict with a sentence, never an error of ours."""

from __future__ import annotations

import pytest
from graded import BY_HAND, FORMS, GradeIt, code_points, verdicts
from submissions import Raw, add_cell

from autograder.model import Status, Verdict

JUNK = {
    "None": "None", "wrong arity": "(1, 2, 3, 4, 5, 6, 7)", "dict": "{'out': 1}",
    "huge": "np.zeros(10**8)", "nested": "[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]",
    "NaN": "(np.nan,) * 3", "objects": "(object(), object())",
    "object array": "(np.array([None, 'a'], dtype=object),) * 2",
    "generator": "(i for i in range(3))", "big int": "10**400", "module": "np",
    "datetime": "(np.array(['2020'], 'M8[Y]'),) * 3",
}  # fmt: skip
"""What the process could stumble over; test_checks_junk.py has each kind in each answer, without a
process, and test_tiny.py more kinds in one."""

FUNCTIONS = (
    "affine_forward", "affine_backward", "relu_forward", "relu_backward",
    "batchnorm_forward", "batchnorm_backward", "batchnorm_backward_alt",
)  # fmt: skip


ROUNDS = 4
"""In each, every answer is other junk; over all, every kind stands in three answers."""


@pytest.mark.parametrize("first", range(ROUNDS))
def test_junk_replies_are_the_student_s_verdict_with_a_sentence(grade: GradeIt, first: int) -> None:
    kinds = list(JUNK.values())
    kinds = kinds[3 * first :] + kinds[: 3 * first]
    lines = [
        f"def {name}(*args, **kwargs): return {junk}"
        for name, junk in zip(FUNCTIONS, kinds, strict=False)
    ]
    nets = [
        f"class {name}:\n"
        f"    def __init__(self, *args, **kwargs): self.params = {{'W1': 0}}; self.reg = 0\n"
        f"    def loss(self, *args): return {junk}"
        for name, junk in zip(("TwoLayerNet", "FullyConnectedNet"), kinds[7:], strict=False)
    ]
    junk_cell = "\n".join([*lines, *nets, f"settings = {kinds[9]}"])

    def spoil(name: str, notebook: Raw) -> None:
        add_cell(notebook, junk_cell)

    got = grade(rearrange=spoil)
    checks = [check for q in got.questions if q.id not in FORMS | BY_HAND for check in q.checks]
    assert got.status is Status.GRADED, got.problems
    assert all(check.message for check in checks if check.verdict is not Verdict.PASSED)
    assert code_points(got) == 0.0


PARAMS = {"none": "None", "list": "[1]", "odd keys": "{1: 2, None: 3}", "strings": "{'W1': 'a'}",
          "missing": "{}", "huge": "{f'W{i}': 0 for i in range(10**4)}"}  # fmt: skip


@pytest.mark.parametrize("params", PARAMS.values(), ids=PARAMS.keys())
def test_junk_params_are_the_student_s_verdict(grade: GradeIt, params: str) -> None:
    nets = "\n".join(
        f"class {name}:\n"
        f"    def __init__(self, *args, **kwargs): self.params = {params}\n"
        "    def loss(self, X, y=None): return 1.0, {}"
        for name in ("TwoLayerNet", "FullyConnectedNet")
    )

    def spoil(name: str, notebook: Raw) -> None:
        add_cell(notebook, nets)

    got = grade(rearrange=spoil)
    assert got.status is Status.GRADED, got.problems
    assert Verdict.PASSED not in verdicts(got, "two_layer_net") | verdicts(got, "batchnorm_net")


def test_a_notebook_larger_than_we_read_costs_the_other_one_nothing(grade: GradeIt) -> None:
    def print_without_end(name: str, notebook: Raw) -> None:
        if name == "fully_connected_nets":
            (cell,) = [cell for cell in notebook["cells"] if cell["id"] == "affine_forward"]
            printed = {"output_type": "stream", "name": "stdout", "text": "x" * 40_000_000}
            cell["outputs"] = [printed]

    got = grade(rearrange=print_without_end)
    scores = {q.id: q.score for q in got.questions}
    assert (scores["batchnorm_net"], scores["batchnorm_backward"]) == (14.0, 14.0)
    assert verdicts(got, "affine_forward") == {Verdict.SKIPPED}
    assert scores["affine_forward"] is None
