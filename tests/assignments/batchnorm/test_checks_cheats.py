"""Who computes nothing, or lets given tools compute, gets no more than an honest wrong answer."""

import numpy as np
import pytest
from check_runs import collected_checks, not_passed, outcomes

from autograder.assignments.batchnorm import reference

NETS = ("two_layer_net", "fully_connected_net", "batchnorm_net")


@pytest.fixture(scope="module")
def checks():
    return collected_checks()


def passed(checks, question, namespace):
    """The names of the question's checks that this answer passes."""
    ran = outcomes(checks, namespace, [question])
    return {name for _, name in ran.keys() - not_passed(ran).keys()}


def nets_with(loss):
    """Both nets, their parameters as they should be, with this loss and its gradients."""

    def answer(net, X, y=None):
        return np.zeros((len(X), 4)) if y is None else loss(net.params, X, y)

    bases = reference.FullyConnectedNet, reference.TwoLayerNet
    return {base.__name__: type(base.__name__, (base,), {"loss": answer}) for base in bases}


def linear(params, X, y):
    """The sum of all parameters, whose slope is one everywhere."""
    total = sum(float(value.sum()) for value in params.values())
    return total, {name: np.ones_like(value) for name, value in params.items()}


def linear_in(what):
    """The same, with a term that looks at one of X and y."""

    def loss(params, X, y):
        total, gradients = linear(params, X, y)
        return total + float(np.sin({"X": X, "y": y}[what]).sum()), gradients

    return loss


@pytest.mark.parametrize("question", NETS)
@pytest.mark.parametrize("loss", [linear, linear_in("X"), linear_in("y")])
def test_a_loss_that_is_blind_to_its_batch_earns_nothing_but_the_initialization(
    checks, question, loss
):
    assert passed(checks, question, nets_with(loss)) == {"initialization"}


@pytest.mark.parametrize("question", NETS)
def test_a_wrong_loss_with_its_own_gradients_keeps_its_points(checks, question):
    """Twice the softmax loss, and twice its gradients: wrong, and walked back rightly."""

    class TwiceAll:
        def loss(self, X, y=None):
            answer = super().loss(X, y)
            if y is None:
                return answer
            return 2 * answer[0], {name: 2 * value for name, value in answer[1].items()}

    bases = reference.FullyConnectedNet, reference.TwoLayerNet
    nets = {base.__name__: type(base.__name__, (TwiceAll, base), {}) for base in bases}
    assert "gradients_follow_own_loss" in passed(checks, question, nets)


@pytest.mark.parametrize("out", [np.ones_like, lambda x: np.arange(x.size) * np.ones(1)])
def test_a_batchnorm_that_computes_nothing_earns_nothing(checks, out):
    def batchnorm_forward(x, gamma, beta, bn_param):
        bn_param["running_mean"] = bn_param["running_var"] = np.arange(1.0, 1.0 + x.shape[1])
        return out(x).reshape(x.shape), None

    namespace = {"batchnorm_forward": batchnorm_forward}
    assert passed(checks, "batchnorm_forward", namespace) == set()


def test_passing_dout_on_earns_the_sum_that_is_right_and_no_more(checks):
    def batchnorm_backward(dout, cache):
        return dout, dout.sum(axis=0), dout.sum(axis=0)

    namespace = dict.fromkeys(("batchnorm_backward", "batchnorm_backward_alt"), batchnorm_backward)
    assert passed(checks, "batchnorm_backward", namespace) == {"dbeta_matches"}
    assert passed(checks, "batchnorm_backward_alt", namespace) == set()
