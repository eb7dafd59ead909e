"""The reference agrees with PyTorch, with slopes measured on itself, and with the known figures."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.testing import assert_allclose

from autograder.assignments.batchnorm import reference

EXACT = {"rtol": 1e-9, "atol": 1e-9}


@pytest.fixture
def rng():
    return np.random.RandomState(7)


def slope(f: Callable[[np.ndarray], np.ndarray], x: np.ndarray, dout: np.ndarray, h: float = 1e-5):
    """Centred difference of Σ f(x)·dout, entry by entry."""
    gradient = np.zeros_like(x)
    for index in np.ndindex(*x.shape):
        above, below = x.copy(), x.copy()
        above[index] += h
        below[index] -= h
        gradient[index] = ((f(above) - f(below)) * dout).sum() / (2 * h)
    return gradient


def worst_relative_error(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.max(np.abs(one - other) / np.maximum(1e-8, np.abs(one) + np.abs(other))))


# Slopes


def test_affine_gradients_are_slopes(rng):
    x, w, b = rng.randn(4, 2, 3), rng.randn(6, 5), rng.randn(5)
    dout = rng.randn(4, 5)
    dx, dw, db = reference.affine_backward(dout, reference.affine_forward(x, w, b)[1])
    assert_allclose(dx, slope(lambda x: reference.affine_forward(x, w, b)[0], x, dout), **EXACT)
    assert_allclose(dw, slope(lambda w: reference.affine_forward(x, w, b)[0], w, dout), **EXACT)
    assert_allclose(db, slope(lambda b: reference.affine_forward(x, w, b)[0], b, dout), **EXACT)


def test_relu_gradient_is_a_slope(rng):
    x, dout = rng.randn(5, 4) + 0.01, rng.randn(5, 4)
    dx = reference.relu_backward(dout, reference.relu_forward(x)[1])
    assert_allclose(dx, slope(lambda x: reference.relu_forward(x)[0], x, dout), **EXACT)


@pytest.mark.parametrize("eps", [1e-5, 0.5])
@pytest.mark.parametrize(
    "backward", [reference.batchnorm_backward, reference.batchnorm_backward_alt]
)
def test_batchnorm_gradients_are_slopes(rng, backward, eps):
    x, gamma, beta, dout = 5 * rng.randn(7, 3) + 12, rng.randn(3), rng.randn(3), rng.randn(7, 3)

    def out(x, gamma, beta):
        return reference.batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": eps})

    dx, dgamma, dbeta = backward(dout, out(x, gamma, beta)[1])
    loose = {"rtol": 1e-7, "atol": 1e-8}
    assert_allclose(dx, slope(lambda x: out(x, gamma, beta)[0], x, dout), **loose)
    assert_allclose(dgamma, slope(lambda gamma: out(x, gamma, beta)[0], gamma, dout), **loose)
    assert_allclose(dbeta, slope(lambda beta: out(x, gamma, beta)[0], beta, dout), **loose)


@pytest.mark.parametrize("use_batchnorm", [False, True])
@pytest.mark.parametrize("reg", [0.0, 3.14])
def test_net_gradients_are_slopes(rng, use_batchnorm, reg):
    X, y = rng.randn(6, 5), rng.randint(3, size=6)
    net = reference.FullyConnectedNet(
        [7, 4], 5, 3, reg=reg, weight_scale=0.5, seed=1, use_batchnorm=use_batchnorm
    )
    _, grads = net.loss(X, y)
    assert set(grads) == set(net.params)
    for name, value in list(net.params.items()):

        def loss(changed, name=name):
            net.params[name] = changed
            return np.array(net.loss(X, y)[0])

        assert_allclose(grads[name], slope(loss, value, np.array(1.0)), rtol=1e-6, atol=1e-8)
        net.params[name] = value


# PyTorch


def test_layers_agree_with_pytorch(rng):
    torch = pytest.importorskip("torch")
    x, w, b, dout = rng.randn(4, 6), rng.randn(6, 5), rng.randn(5), rng.randn(4, 5)
    tx, tw, tb = (torch.tensor(value, requires_grad=True) for value in (x, w, b))
    out = torch.relu(torch.nn.functional.linear(tx, tw.T, tb))
    out.backward(torch.tensor(dout))
    ours, affine_cache = reference.affine_forward(x, w, b)
    ours, relu_cache = reference.relu_forward(ours)
    gradients = reference.affine_backward(reference.relu_backward(dout, relu_cache), affine_cache)
    assert_allclose(ours, out.detach().numpy(), **EXACT)
    for ours, theirs in zip(gradients, (tx, tw, tb), strict=True):
        assert_allclose(ours, theirs.grad.numpy(), **EXACT)


@pytest.mark.parametrize("eps", [1e-5, 0.5])
def test_batchnorm_agrees_with_pytorch(rng, eps):
    torch = pytest.importorskip("torch")
    x, gamma, beta = 3 * rng.randn(8, 3) + 2, rng.randn(3), rng.randn(3)
    dout = rng.randn(8, 3)
    layer = torch.nn.BatchNorm1d(3, eps=eps, momentum=0.3, dtype=torch.float64)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(gamma))
        layer.bias.copy_(torch.tensor(beta))
    tx = torch.tensor(x, requires_grad=True)
    out = layer(tx)
    out.backward(torch.tensor(dout))
    bn_param = {"mode": "train", "eps": eps, "momentum": 0.7, "running_var": np.ones(3)}
    ours, cache = reference.batchnorm_forward(x, gamma, beta, bn_param)
    assert_allclose(ours, out.detach().numpy(), **EXACT)
    for backward in (reference.batchnorm_backward, reference.batchnorm_backward_alt):
        gradients = backward(dout, cache)
        for ours, theirs in zip(gradients, (tx, layer.weight, layer.bias), strict=True):
            assert_allclose(ours, theirs.grad.numpy(), **EXACT)
    assert_allclose(bn_param["running_mean"], layer.running_mean.numpy(), **EXACT)
    # PyTorch keeps the unbiased running variance, and counts momentum from the other side.
    unbiased = 0.7 + (bn_param["running_var"] - 0.7) * 8 / 7
    assert_allclose(unbiased, layer.running_var.numpy(), **EXACT)


@pytest.mark.parametrize("use_batchnorm", [False, True])
def test_net_agrees_with_pytorch(rng, use_batchnorm):
    torch = pytest.importorskip("torch")
    X, y = rng.randn(9, 6), rng.randint(4, size=9)
    net = reference.FullyConnectedNet(
        [5, 7], 6, 4, reg=0.8, weight_scale=0.4, seed=3, use_batchnorm=use_batchnorm
    )
    params = {name: torch.tensor(v, requires_grad=True) for name, v in net.params.items()}
    a = torch.tensor(X)
    for layer in (1, 2, 3):
        a = a @ params[f"W{layer}"] + params[f"b{layer}"]
        if layer < 3 and use_batchnorm:
            a = torch.nn.functional.batch_norm(
                a, None, None, params[f"gamma{layer}"], params[f"beta{layer}"], training=True
            )
        a = torch.relu(a) if layer < 3 else a
    loss = torch.nn.functional.cross_entropy(a, torch.tensor(y))
    loss = loss + 0.4 * sum((params[f"W{layer}"] ** 2).sum() for layer in (1, 2, 3))
    loss.backward()
    ours, grads = net.loss(X, y)
    assert_allclose(ours, loss.item(), **EXACT)
    for name, gradient in grads.items():
        assert_allclose(gradient, params[name].grad.numpy(), **EXACT)


# Figures


def three_layer_activations(seed_weights_first: bool = False):
    """The seeded activations of the figures: 200 rows, three features."""
    X = None if seed_weights_first else np.random.randn(200, 50)
    W1, W2 = np.random.randn(50, 60), np.random.randn(60, 3)
    return (lambda X: np.maximum(0, X @ W1) @ W2), X


def test_figure_1_forward_in_train_mode():
    np.random.seed(231)
    activations, X = three_layer_activations()
    a = activations(X)
    assert_allclose(a.mean(axis=0), [-2.3814598, -13.18038246, 1.91780462], atol=5e-9)
    assert_allclose(a.std(axis=0), [27.18502186, 34.21455511, 37.68611762], atol=5e-9)
    out, _ = reference.batchnorm_forward(a, np.ones(3), np.zeros(3), {"mode": "train"})
    assert np.abs(out.mean(axis=0)).max() < 1e-15
    assert_allclose(out.std(axis=0), [0.99999999, 1.0, 1.0], atol=5e-9)
    out, _ = reference.batchnorm_forward(a, [1.0, 2, 3], [11.0, 12, 13], {"mode": "train"})
    assert_allclose(out.mean(axis=0), [11, 12, 13], atol=5e-9)
    assert_allclose(out.std(axis=0), [0.99999999, 1.99999999, 2.99999999], atol=5e-9)


def test_figure_2_forward_in_test_mode():
    np.random.seed(231)
    activations, _ = three_layer_activations(seed_weights_first=True)
    bn_param = {"mode": "train"}
    for _ in range(50):
        a = activations(np.random.randn(200, 50))
        reference.batchnorm_forward(a, np.ones(3), np.zeros(3), bn_param)
    bn_param["mode"] = "test"
    a = activations(np.random.randn(200, 50))
    out, _ = reference.batchnorm_forward(a, np.ones(3), np.zeros(3), bn_param)
    assert_allclose(out.mean(axis=0), [-0.03927354, -0.04349152, -0.10452688], atol=5e-9)
    assert_allclose(out.std(axis=0), [1.01531428, 1.01238373, 0.97819988], atol=5e-9)


def test_figure_3_backward_against_slopes():
    np.random.seed(231)
    x = 5 * np.random.randn(4, 5) + 12
    gamma, beta, dout = np.random.randn(5), np.random.randn(5), np.random.randn(4, 5)

    def out(x, gamma, beta):
        return reference.batchnorm_forward(x, gamma, beta, {"mode": "train"})

    dx, dgamma, dbeta = reference.batchnorm_backward(dout, out(x, gamma, beta)[1])
    dx_slope = slope(lambda x: out(x, gamma, beta)[0], x, dout)
    assert worst_relative_error(dx, dx_slope) == pytest.approx(1.7e-9, rel=0.5)
    dgamma_slope = slope(lambda gamma: out(x, gamma, beta)[0], gamma, dout)
    assert worst_relative_error(dgamma, dgamma_slope) < 1e-11
    dbeta_slope = slope(lambda beta: out(x, gamma, beta)[0], beta, dout)
    assert worst_relative_error(dbeta, dbeta_slope) < 1e-10


def test_figure_4_simplified_backward_is_the_staged_one():
    np.random.seed(231)
    x = 5 * np.random.randn(100, 500) + 12
    gamma, beta, dout = np.random.randn(500), np.random.randn(500), np.random.randn(100, 500)
    _, cache = reference.batchnorm_forward(x, gamma, beta, {"mode": "train"})
    staged = reference.batchnorm_backward(dout, cache)
    simplified = reference.batchnorm_backward_alt(dout, cache)
    assert worst_relative_error(staged[0], simplified[0]) < 5e-9
    assert worst_relative_error(staged[1], simplified[1]) < 1e-13
    assert np.array_equal(staged[2], simplified[2])


@pytest.mark.parametrize(
    ("use_batchnorm", "losses"),
    [
        (True, (2.2611955101340957, 6.996533220108303)),
        (False, (2.3004790897684924, 7.052114776533016)),
    ],
)
def test_figure_5_network_losses(use_batchnorm, losses):
    np.random.seed(231)
    X, y = np.random.randn(2, 15), np.random.randint(10, size=2)
    for reg, loss in zip((0, 3.14), losses, strict=True):
        net = reference.FullyConnectedNet(
            [20, 30], 15, 10, reg=reg, weight_scale=5e-2, use_batchnorm=use_batchnorm
        )
        assert net.loss(X, y)[0] == pytest.approx(loss, rel=1e-12)


# Edges


def test_callers_arrays_are_never_changed(rng):
    x, gamma, beta, dout = rng.randn(5, 3), rng.randn(3), rng.randn(3), rng.randn(5, 3)
    before = [value.copy() for value in (x, gamma, beta, dout)]
    _, cache = reference.batchnorm_forward(x, gamma, beta, {"mode": "train"})
    reference.batchnorm_backward(dout, cache)
    for value, copy in zip((x, gamma, beta, dout), before, strict=True):
        assert np.array_equal(value, copy)


def test_softmax_does_not_overflow():
    loss, gradient = reference.softmax_loss([[1e4, 0.0], [0.0, 1e4]], [0, 0])
    assert loss == pytest.approx(5e3)
    assert np.isfinite(gradient).all()


def test_test_mode_leaves_the_running_averages_alone(rng):
    bn_param = {"mode": "test", "running_mean": np.ones(3), "running_var": np.full(3, 2.0)}
    reference.batchnorm_forward(rng.randn(4, 3), np.ones(3), np.zeros(3), bn_param)
    assert np.array_equal(bn_param["running_mean"], np.ones(3))
    assert np.array_equal(bn_param["running_var"], np.full(3, 2.0))


def test_an_unknown_mode_is_refused(rng):
    with pytest.raises(ValueError, match="unknown batch normalization mode 'eval'"):
        reference.batchnorm_forward(rng.randn(4, 3), np.ones(3), np.zeros(3), {"mode": "eval"})


def test_two_layer_net_is_the_net_of_one_hidden_layer(rng):
    net = reference.TwoLayerNet(input_dim=6, hidden_dim=5, num_classes=3)
    assert {name: value.shape for name, value in net.params.items()} == {
        "W1": (6, 5), "b1": (5,), "W2": (5, 3), "b2": (3,),
    }  # fmt: skip
    assert net.loss(rng.randn(4, 6), [0, 1, 2, 0])[0] == pytest.approx(np.log(3), rel=1e-3)
