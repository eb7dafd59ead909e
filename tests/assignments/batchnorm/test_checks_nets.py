"""Parameters are understood by their letters and their order, whatever a student calls them."""

import numpy as np
import pytest
from check_runs import MISTAKES, RELEASE, collected_checks, not_passed, outcomes, student_of
from handwritten import submission

from autograder.assignments.batchnorm import reference
from autograder.assignments.batchnorm.checks import nets, random_nets
from autograder.checking import collect
from autograder.checking.faults import CheckFailed

WANTED = ("W1", "b1", "gamma1", "beta1", "W2", "b2")


def named(keys):
    """What `names` makes of a dictionary with these keys."""
    student = student_of({})
    return nets.names(student.put("params", dict.fromkeys(keys, 0.0)), dict.fromkeys(WANTED))


def test_the_usual_names_stand_for_themselves():
    assert named(reversed(WANTED)) == {name: name for name in WANTED}


def test_counting_from_zero_is_understood():
    found = named(["W0", "b0", "gamma0", "beta0", "W1", "b1"])
    assert found == {
        "W1": "W0", "b1": "b0", "gamma1": "gamma0", "beta1": "beta0", "W2": "W1", "b2": "b1",
    }  # fmt: skip


def test_underscores_and_capitals_do_not_matter():
    found = named(["w_1", "B1", "Gamma_1", "BETA1", "w_2", "B2"])
    assert found["W2"] == "w_2"
    assert found["gamma1"] == "Gamma_1"


def test_layers_are_ordered_by_number_and_not_by_letter():
    student = student_of({})
    wanted = [f"W{layer}" for layer in range(1, 13)]
    held = student.put("params", dict.fromkeys(sorted(wanted), 0.0))
    assert nets.names(held, dict.fromkeys(wanted)) == {name: name for name in wanted}


def test_a_missing_parameter_is_named_with_all_that_is_asked_for():
    with pytest.raises(CheckFailed, match="has no `gamma1`; it should hold W1, b1, gamma1, beta1"):
        named(["W1", "b1", "W2", "b2"])


def test_gamma_is_not_mistaken_for_beta_or_bias():
    with pytest.raises(CheckFailed, match="has no `b1`"):
        named(["W1", "beta1", "gamma1", "W2"])


def test_absurd_names_are_just_not_found():
    with pytest.raises(CheckFailed, match="has no `W1`"):
        named(["W" + "9" * 5000, "W-1", "W1.5", "", "W", "weights", "W1 "])


def test_hidden_parameters_hide_nothing():
    """No bias or beta of zero, no gamma of one: every gradient is there to be seen."""
    net = reference.FullyConnectedNet([5, 7], 6, 4, use_batchnorm=True)
    random_nets.randomize(np.random.RandomState(3), net)
    for name, value in net.params.items():
        assert np.abs(value).min() > 0
        assert not name.startswith("gamma") or np.abs(value - 1).min() > 0


# What a net makes itself.

SECOND = 'self.params["b%d" % last] = np.zeros(num_classes)'
OWN_SIZES = {"loss_matches", "gradients_match", "initialization"}


@pytest.fixture(scope="module")
def checks():
    return collected_checks()


def failed(checks, question, *changes):
    """The checks that a net made wrong by these changes does not pass."""
    np.random.seed(2)
    return {name for _, name in not_passed(outcomes(checks, submission(*changes), [question]))}


def test_a_gamma_that_does_not_fit_is_not_mended_by_what_checks_put_in(checks):
    found = failed(checks, "batchnorm_net", ("np.ones(units)", "np.ones(input_dim)"))
    assert found == OWN_SIZES | {"test_mode_scores"}


@pytest.mark.parametrize("question", ["fully_connected_net", "batchnorm_net"])
def test_num_classes_ignored_costs_most_of_the_question(checks, question):
    changes = ("np.random.randn(fan_in, num_classes)", "np.random.randn(fan_in, 10)"), (
        SECOND, SECOND.replace("num_classes", "10"))  # fmt: skip
    assert failed(checks, question, *changes) > OWN_SIZES


@pytest.mark.parametrize("question", ["fully_connected_net", "batchnorm_net"])
def test_biases_made_as_rows_cost_a_share(checks, question):
    changes = (
        ('self.params["b%d" % (i + 1)] = np.zeros(units)',
         'self.params["b%d" % (i + 1)] = np.zeros((1, units))'),
        (SECOND, SECOND.replace("(num_classes)", "((1, num_classes))")),
    )  # fmt: skip
    assert failed(checks, question, *changes) == {"initialization"}


@pytest.mark.parametrize(
    ("question", "check"),
    [
        ("two_layer_net", "gradients_with_regularization"),
        ("fully_connected_net", "gradients_with_regularization"),
        ("batchnorm_net", "regularization"),
    ],
)
def test_bias_gradients_as_rows_cost_a_share(checks, question, check):
    change = ("np.sum(dout, axis=0)\n    dx", "np.sum(dout, axis=0, keepdims=True)\n    dx")
    assert failed(checks, question, change) == {check}


def test_gamma_and_beta_without_the_flag_fail(checks):
    change = (
        "            if self.use_batchnorm:\n                self.params",
        "            if hidden_dims:\n                self.params",
    )
    assert failed(checks, "batchnorm_net", change) == {"without_the_flag"}


@pytest.mark.parametrize("question", ["two_layer_net", "fully_connected_net", "batchnorm_net"])
def test_what_only_agrees_with_itself_earns_no_points(checks, question):
    """No relu, forwards and backwards: the gradients follow, and no value is right."""
    linear = ("np.maximum(0, x)", "x + 0"), ("    dx[x <= 0] = 0\n", "")
    found = failed(checks, question, *linear)
    assert "gradients_follow_own_loss" in found
    if question == "batchnorm_net":
        assert "neighbours_do_not_matter" in found


def test_where_chance_leaves_no_unit_alive_a_net_is_drawn_again():
    def drawn_once(seed):
        rng, net = np.random.RandomState(seed), reference.TwoLayerNet(6, 5, 4)
        random_nets.randomize(rng, net)
        return net, random_nets.random_batch(rng, 7, 6, 4)

    def shows(net, batch):
        scores = net.loss(batch.X)
        return scores.min() < 0 < scores.max() and np.ptp(scores, axis=0).all()

    dull = next(seed for seed in range(10_000) if not shows(*drawn_once(seed)))
    for seed in (dull, dull + 1):
        rng, net = np.random.RandomState(seed), reference.TwoLayerNet(6, 5, 4)
        batch = random_nets.random_net(rng, net, 7)
        assert shows(net, batch)
        assert np.array_equal(batch.X, drawn_once(seed)[1].X) == shows(*drawn_once(seed))


def test_a_loss_that_a_large_penalty_hides_is_not_called_blind():
    mistake = next(m for m in MISTAKES.of("fully_connected_net") if m.name == "loss_averaged_twice")
    (check,) = (
        c for c in collected_checks().of(mistake.question) if c.name == "gradients_follow_own_loss"
    )
    unlucky = b"gamma: a third of them, longer"
    said = collect.run(check, student_of(MISTAKES.namespace(mistake)), unlucky, RELEASE).outcome
    assert "whatever the" not in said.message
