"""A numeric gradient is right where it answers, and refuses where it would mislead."""

from __future__ import annotations

import numpy as np
import pytest
import student_folder  # noqa: F401 - makes `support` importable
from support.gradient_check import network_errors, numeric_gradient, relative_error
from support.layers import softmax_loss


class Line:
    """A network of one weight matrix; `wrong` is added to its gradient."""

    def __init__(self, dtype=np.float64, wrong=0.0):
        self.params = {"W1": np.sin(np.arange(6)).reshape(3, 2).astype(dtype)}
        self.wrong = wrong

    def loss(self, X, y=None):
        scores = X @ self.params["W1"]
        if y is None:
            return scores
        loss, dscores = softmax_loss(scores, y)
        return loss, {"W1": X.T @ dscores + self.wrong}


X, y = np.cos(np.arange(12)).reshape(4, 3), np.array([0, 1, 1, 0])


class TestNumericGradient:
    def test_is_the_derivative_times_the_upstream_gradient(self):
        x, dout = np.linspace(-2, 2, 6).reshape(2, 3), np.cos(np.arange(6)).reshape(2, 3)
        found = numeric_gradient(lambda x: x**3, x, dout)
        assert found == pytest.approx(3 * x**2 * dout, abs=1e-8)

    def test_of_a_number_is_a_number(self):
        assert numeric_gradient(lambda s: s * s, 3.0) == pytest.approx(6)

    def test_of_integers_is_right(self):
        found = numeric_gradient(lambda x: np.sum(x**2), np.array([1, 2, 3]))
        assert found == pytest.approx([2, 4, 6])

    def test_leaves_its_input_alone_even_if_the_function_does_not(self):
        def squares(x):
            x *= x
            return x

        x = np.array([1.0, 2.0])
        assert numeric_gradient(squares, x, np.ones(2)) == pytest.approx([2, 4])
        assert x.tolist() == [1, 2]

    def test_of_a_float32_function_is_refused(self):
        with pytest.raises(TypeError, match="need float64"):
            numeric_gradient(lambda x: x.astype(np.float32), np.ones(3))

    def test_with_an_upstream_gradient_of_another_shape_is_refused(self):
        with pytest.raises(
            ValueError, match=r"f\(x\) has shape \(3,\) and dout has shape \(3, 1\)"
        ):
            numeric_gradient(lambda x: x, np.ones(3), np.ones((3, 1)))


class TestRelativeError:
    def test_shapes_that_only_broadcast_are_refused(self):
        with pytest.raises(ValueError, match="shapes differ"):
            relative_error(np.ones(3), np.ones((3, 1)))

    def test_zero_against_zero_is_no_error_and_nan_is_no_success(self):
        assert relative_error(np.zeros(2), np.zeros(2)) == 0
        assert not relative_error(np.array([np.nan]), np.array([1.0])) < 1

    def test_is_one_for_a_missing_gradient(self):
        assert relative_error(np.zeros(2), np.ones(2)) == 1


class TestNetworkErrors:
    def test_a_right_gradient_has_a_small_error_and_a_wrong_one_has_not(self):
        assert network_errors(Line(), X, y)["W1"] < 1e-8
        assert network_errors(Line(wrong=0.01), X, y)["W1"] > 1e-2

    def test_parameters_and_the_generator_are_as_before(self):
        net = Line()
        before, state = net.params["W1"].copy(), np.random.get_state()[1].copy()
        network_errors(net, X, y, entries=2)
        assert (net.params["W1"] == before).all()
        assert (np.random.get_state()[1] == state).all()

    def test_float32_parameters_are_refused(self):
        with pytest.raises(TypeError, match="W1 is float32"):
            network_errors(Line(np.float32), X, y)

    def test_a_missing_gradient_is_named(self):
        net = Line()
        net.params["b1"] = np.zeros(2)
        with pytest.raises(KeyError, match="no gradient for b1"):
            network_errors(net, X, y)
