"""Visible checks leave no names behind, and tell a function that reads the notebook's."""

from __future__ import annotations

import re
import types

import numpy as np
import pytest
from student_folder import SECOND, SOURCE, code, run
from support.names import unmade
from support.visible import look_at

FIRST = SOURCE / "fully_connected_nets.ipynb"
TAKEN = {"x", "w", "b", "dout", "dx", "dw", "db", "out", "cache", "gamma", "beta", "eps", "X", "y",
         "dgamma", "dbeta", "bn_param", "mode", "rng", "net", "scores", "loss", "reg", "expected",
         "N", "D", "C", "check", "name", "inputs", "results", "again"}  # fmt: skip
READS_GAMMA = """
def batchnorm_backward(dout, cache):
    centred, xhat, inverse, std, _ = cache
    return gamma * dout, (xhat * dout).sum(0), dout.sum(0)
"""


@pytest.fixture(autouse=True)
def short_runs_in_the_notebooks_folder(monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(SOURCE)


@pytest.mark.parametrize("path", [FIRST, SECOND], ids=lambda path: path.stem)
def test_no_cell_leaves_the_names_of_an_answer_s_arguments(path):
    names = run(code(path), {}, code(path))
    assert TAKEN & names.keys() == set()


def test_a_backward_pass_without_its_cache_is_told():
    sources = code(FIRST)
    names = run(["setup", "affine_forward_answer"], {}, sources)
    answer = sources["affine_backward_answer"].replace("    x, w, _ = cache\n", "")
    run(["affine_backward_answer"], names, {"affine_backward_answer": answer})
    with pytest.raises(AssertionError) as told:
        run(["affine_backward"], names, sources)
    assert str(told.value) == (
        "affine_backward: `affine_backward` reads `w` and `x`, which are neither arguments nor "
        "made in it: take them from the cache."
    )


def test_what_is_returned_and_never_made_is_told():
    names = {"np": np, "dx": np.ones(3), "relu_forward": None}
    exec("def relu_backward(dout, cache):\n    db = 1\n    return dx, dw, db\n", names)
    seen = look_at("relu_backward", names)
    assert seen.sentence == "`relu_backward` returns `dx` and `dw`, which it never makes."


@pytest.mark.parametrize("own", [{}, {"gamma": np.ones(3)}])
def test_a_variable_of_one_s_own_is_told_too(own):
    names = run(["imports"], {**own}, code())
    exec(READS_GAMMA, names)
    with pytest.raises(AssertionError) as told:
        run(["batchnorm_backward"], names, code())
    assert str(told.value) == (
        "batchnorm_backward: `batchnorm_backward` reads `gamma`, which is neither an argument "
        "nor made in it: take it from the cache."
    )


def test_a_method_that_reads_a_variable_is_told():
    names = {"np": np}
    exec("class TwoLayerNet:\n    def loss(self, X):\n        return X @ w1\n", names)
    told = look_at("two_layer_net", names).sentence
    assert re.search(r"`loss` reads `w1`.*: make it in the function\.$", told)


def test_constants_functions_modules_and_calls_are_welcome():
    names = {"np": np, "eps": 1e-8, "FACTORS": [1, 2], "types": types, "rows": len}
    exec("def f(x):\n    return np.sqrt(x + eps) * FACTORS[0], rows(x), later(x), types\n", names)
    assert unmade(names["f"]) == []
