"""Gradients measured in the graph are the right ones, and each is told by its gate."""

from __future__ import annotations

import numpy as np
import pytest
import student_folder  # noqa: F401 - makes `support` importable
from support import graph
from support.signals import measure

from autograder.assignments.batchnorm import reference


@pytest.fixture
def inputs():
    rng = np.random.default_rng(3)
    return {
        "x": 2 * rng.standard_normal((7, 3)) + 1,
        "gamma": rng.standard_normal(3),
        "beta": rng.standard_normal(3),
        "eps": np.array(0.3),
    }


@pytest.fixture
def dout():
    return np.random.default_rng(4).standard_normal((7, 3))


@pytest.fixture
def forward(inputs):
    bn_param = {"mode": "train", "eps": 0.3}
    return reference.batchnorm_forward(inputs["x"], inputs["gamma"], inputs["beta"], bn_param)


def test_there_are_nine_gates():
    assert [gate.number for gate in graph.GATES] == list(range(1, 10))


def test_the_graph_computes_batch_normalization(inputs, forward):
    np.testing.assert_allclose(graph.run(inputs)["out"], forward[0], rtol=1e-12)


def test_measured_gradients_are_the_derived_ones(inputs, dout, forward):
    measured = graph.measured_gradients(inputs, dout)
    derived = reference.batchnorm_backward(dout, forward[1])
    for name, gradient in zip(("dx", "dgamma", "dbeta"), derived, strict=True):
        np.testing.assert_allclose(measured[name], gradient, rtol=1e-10, atol=1e-14)


def test_the_walk_meets_the_outputs_of_all_gates_from_the_eighth_to_the_first():
    assert " ".join(graph.WALK) == "dscaled dxhat dinverse dstd dvar dsquare dcentred dmean"


def test_a_gradient_is_told_by_the_gates_it_comes_through():
    assert graph.where_from("dvar") == "It comes back through gate 5."
    assert graph.where_from("dcentred") == "It comes back through gates 3 and 7, added."


def test_a_gradient_of_the_layer_is_told_by_its_gates_too():
    assert graph.where_from("dx") == "It comes back through gates 1 and 2, added."
    assert graph.where_from("dgamma") == "It comes back through gate 8, summed over the rows."


def test_a_trace_keeps_each_gradient_as_it_was():
    trace, dcentred = graph.Trace(), np.ones((2, 3))
    trace["dcentred"] = dcentred
    trace.update(dx=dcentred)
    dcentred += 5
    assert trace["dcentred"].max() == trace["dx"].max() == 1


def test_what_was_traced_is_there_although_the_walk_raised(dout):
    def backward(dout, cache, trace):
        trace["dscaled"] = dout
        raise ValueError("shapes")

    walk = graph.walk_back(backward, dout, None)
    assert list(walk.trace) == ["dscaled"]
    assert isinstance(walk.error, ValueError)


@pytest.mark.parametrize(
    ("right", "green", "red"),
    [
        ({}, set(), set()),
        ({"dx": True, "dgamma": True, "dbeta": True}, set(range(1, 10)), set()),
        ({"dx": False, "dgamma": True, "dbeta": True}, {8, 9}, set()),
        ({"dscaled": True, "dxhat": False, "dinverse": False}, {9}, {8}),
        ({"dstd": True, "dvar": False, "dx": False}, {6, 7, 8, 9}, {5}),
        ({"dxhat": True, "dsquare": True, "dcentred": False}, {4, 5, 6, 8, 9}, {3, 7}),
        ({"dmean": True, "dcentred": True, "dx": False}, {3, 4, 5, 6, 7, 8, 9}, {1, 2}),
        ({"dstd": True, "dvar": False, "dmean": True, "dgamma": True}, {6, 7, 8, 9}, {5}),
        ({"dmean": True}, {2, 7, 8, 9}, set()),
        ({"dbeta": True, "dgamma": False, "dx": True}, {9}, {8}),
    ],
)
def test_gates_light_up_as_far_as_the_trace_tells(right, green, red):
    lights = graph.lights(right)
    assert {number for number, light in lights.items() if light == graph.GREEN} == green
    assert {number for number, light in lights.items() if light == graph.RED} == red


def test_a_row_will_do_for_a_vector_on_the_way():
    assert graph.in_shape(np.ones((1, 3)), np.ones(3)).shape == (3,)
    assert graph.in_shape(np.ones((2, 3)), np.ones(3)).shape == (2, 3)
    assert graph.in_shape(None, np.ones(3)) is None


@pytest.mark.parametrize("normalized", [False, True])
def test_signals_have_the_gradient_norms_of_a_backward_pass(normalized):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((30, 12)), rng.integers(10, size=30)
    signals = measure(x, y, [8, 8], 0.3, normalized, seed=1)
    net = reference.FullyConnectedNet(
        [8, 8], 12, 10, weight_scale=0.3, dtype=np.float64, use_batchnorm=normalized
    )
    weights = np.random.default_rng(1)
    for layer, shape in enumerate([(12, 8), (8, 8), (8, 10)], start=1):
        net.params[f"W{layer}"] = 0.3 * weights.standard_normal(shape)
    _, grads = net.loss(x, y)
    # Twenty random directions know a norm to about 16 percent; three times that is allowed.
    for layer, norm in enumerate(signals.gradient_norms, start=1):
        assert norm == pytest.approx(np.linalg.norm(grads[f"W{layer}"]), rel=0.5)
