"""The notebooks' solutions and the reference were written apart, and agree to nine digits."""

import ast
import importlib
import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from check_runs import collected_checks, not_passed, outcomes

from autograder.assignments.batchnorm.checks import nets
from autograder.checking import compare

SOURCE = Path(__file__).parents[3] / "source" / "batchnorm"
FIRST = (
    "affine_forward", "affine_backward", "relu_forward", "relu_backward", "two_layer_net",
    "fully_connected_net",
)  # fmt: skip
SECOND = ("batchnorm_forward", "batchnorm_backward", "batchnorm_backward_alt", "batchnorm_net")


@pytest.fixture(scope="module")
def checks():
    return collected_checks()


@pytest.fixture
def softmax_loss(monkeypatch):
    """The loss that the notebooks are given."""
    monkeypatch.syspath_prepend(str(SOURCE))
    return importlib.import_module("support.layers").softmax_loss


def solved(notebook, cells, names):
    """The functions and classes that these cells of a notebook define, on top of `names`."""
    namespace = dict(names)
    sources = {
        cell["id"]: "".join(cell["source"])
        for cell in json.loads((SOURCE / f"{notebook}.ipynb").read_text())["cells"]
    }
    for cell in cells:
        tree = ast.parse(sources[cell])
        tree.body = [
            each
            for each in tree.body
            if isinstance(each, ast.FunctionDef | ast.ClassDef) and not each.decorator_list
        ]  # what is decorated is a visible check
        exec(compile(tree, cell, "exec"), namespace)
    return namespace


def test_they_agree(checks, softmax_loss, monkeypatch):
    monkeypatch.setattr(compare, "TOLERANCE", 1e-9)
    monkeypatch.setattr(nets, "NET_TOLERANCE", 1e-9)
    np.random.seed(0)
    answers = [f"{question}_answer" for question in FIRST]
    given = {"np": np, "softmax_loss": softmax_loss, "pairwise": pairwise}
    first = solved("fully_connected_nets", ["sandwich_layer", *answers], given)
    assert not_passed(outcomes(checks, first, FIRST)) == {}
    answers = [f"{question}_answer" for question in SECOND]
    second = solved("batch_normalization", ["net-given", *answers], first)
    assert not_passed(outcomes(checks, second, SECOND)) == {}
