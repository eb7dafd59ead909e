"""Named mistakes of batch normalization's running averages and of its test mode."""

from __future__ import annotations

import numpy as np

from autograder.assignments.batchnorm.mistakes.batchnorm import BnParam, Result, inverse_root, layer
from autograder.assignments.batchnorm.reference import Array
from autograder.diagnosis.mistakes import misconception


@misconception(
    question="batchnorm_forward",
    sentence="running_var averages the variance divided by N − 1; the biased one is asked for.",
    hint="Some libraries keep the unbiased running variance; this layer keeps the one it uses.",
)
def unbiased_running_variance(x: Array, gamma: Array, beta: Array, bn_param: BnParam) -> Result:
    """Sample variance in the running average only."""
    unbiased = len(x) / (len(x) - 1)
    return layer(x, gamma, beta, bn_param, stored=lambda batch, _: (batch[0], batch[1] * unbiased))


@misconception(
    question="batchnorm_forward",
    sentence="eps is left out in test mode.",
    hint="Test mode exchanges the statistics and nothing else: eps stays under the root.",
)
def eps_left_out_at_test_time(x: Array, gamma: Array, beta: Array, bn_param: BnParam) -> Result:
    """Divide by √running_var in test mode."""
    return layer(x, gamma, beta, bn_param, test_inverse_std=lambda var, eps: inverse_root(var, 0.0))


@misconception(
    question="batchnorm_forward",
    sentence="The running averages weight old and new the wrong way round.",
    hint="momentum is the share of the old value that is kept.",
)
def momentum_swapped(x: Array, gamma: Array, beta: Array, bn_param: BnParam) -> Result:
    """PyTorch's convention."""
    return layer(x, gamma, beta, bn_param, keep=lambda momentum: 1 - momentum)


@misconception(
    question="batchnorm_forward",
    sentence="momentum is a fixed 0.9; the value in bn_param is not read.",
    hint="bn_param may hold `momentum`; the default stands in only when it does not.",
)
def momentum_fixed(x: Array, gamma: Array, beta: Array, bn_param: BnParam) -> Result:
    """Always 0.9."""
    return layer(x, gamma, beta, bn_param, default_momentum=0.9)


@misconception(
    question="batchnorm_forward",
    sentence="The running averages are replaced by the last batch's values instead of averaged.",
    hint="A share of the old value, momentum, stays.",
)
def running_averages_replaced(x: Array, gamma: Array, beta: Array, bn_param: BnParam) -> Result:
    """Momentum 0, whatever was asked for."""
    return layer(x, gamma, beta, bn_param, keep=lambda momentum: 0.0)


@misconception(
    question="batchnorm_forward",
    sentence="running_var averages the standard deviation, and test mode divides by it.",
    hint="Average the variance, as its name says; the root is taken when it is used.",
)
def std_stored_as_variance(x: Array, gamma: Array, beta: Array, bn_param: BnParam) -> Result:
    """Root before averaging, no root after."""
    return layer(
        x,
        gamma,
        beta,
        bn_param,
        stored=lambda batch, eps: (batch[0], np.sqrt(batch[1] + eps)),
        test_inverse_std=lambda std, eps: 1.0 / std,
    )


@misconception(
    question="batchnorm_forward",
    sentence="eps is added into running_var.",
    hint="eps belongs to the division, not to the variance that is remembered.",
)
def eps_in_running_var(x: Array, gamma: Array, beta: Array, bn_param: BnParam) -> Result:
    """Store variance + eps."""
    return layer(x, gamma, beta, bn_param, stored=lambda batch, eps: (batch[0], batch[1] + eps))


@misconception(
    question="batchnorm_forward",
    sentence="The running averages are computed but never stored back into bn_param.",
    hint="The caller keeps the dictionary: write running_mean and running_var into it.",
)
def running_averages_not_stored(x: Array, gamma: Array, beta: Array, bn_param: BnParam) -> Result:
    """Leave bn_param as it came."""
    start = {"running_mean": np.zeros(x.shape[1]), "running_var": np.zeros(x.shape[1])}
    result = layer(x, gamma, beta, dict(bn_param))
    bn_param.update(start | bn_param)
    return result


@misconception(
    question="batchnorm_forward",
    sentence="running_mean and running_var have shape (1, D) where (D,) is asked for.",
    hint="`keepdims=True` leaves an axis of length 1.",
)
def running_averages_as_rows(x: Array, gamma: Array, beta: Array, bn_param: BnParam) -> Result:
    """The right numbers with one axis too many."""
    result = layer(x, gamma, beta, bn_param)
    for name in {"running_mean", "running_var"} & bn_param.keys():
        bn_param[name] = np.reshape(bn_param[name], (1, -1))
    return result


@misconception(
    question="batchnorm_forward",
    sentence="Test mode normalizes with the batch's own mean and variance.",
    hint="At test time an answer must not depend on its neighbours: use the running averages.",
)
def batch_statistics_at_test_time(x: Array, gamma: Array, beta: Array, bn_param: BnParam) -> Result:
    """Train mode without its memory."""
    if bn_param["mode"] == "test":
        return layer(x, gamma, beta, {**bn_param, "mode": "train"})
    return layer(x, gamma, beta, bn_param)


@misconception(
    question="batchnorm_forward",
    sentence="Test mode leaves out gamma and beta.",
    hint="gamma and beta are part of the trained layer, in both modes.",
)
def test_mode_without_gamma_and_beta(
    x: Array, gamma: Array, beta: Array, bn_param: BnParam
) -> Result:
    """Only normalize in test mode."""
    if bn_param["mode"] == "test":
        return layer(x, np.ones_like(gamma), np.zeros_like(beta), bn_param)
    return layer(x, gamma, beta, bn_param)


@misconception(
    question="batchnorm_forward",
    sentence="Test mode raises an exception.",
    hint="Run the layer once in train mode and once in test mode, with the same bn_param.",
)
def test_mode_raises(x: Array, gamma: Array, beta: Array, bn_param: BnParam) -> Result:
    """Test mode reads names that only train mode has set."""
    if bn_param["mode"] == "test":
        raise UnboundLocalError("mean")
    return layer(x, gamma, beta, bn_param)


@misconception(
    question="batchnorm_forward",
    sentence="Test mode goes on changing the running averages.",
    hint="In test mode they are read, never written.",
)
def test_mode_updates_averages(x: Array, gamma: Array, beta: Array, bn_param: BnParam) -> Result:
    """Update in both modes."""
    result = layer(x, gamma, beta, bn_param)
    if bn_param["mode"] == "test":
        learned = bn_param | {"mode": "train"}
        layer(x, gamma, beta, learned)
        bn_param.update(learned | {"mode": "test"})
    return result


@misconception(
    question="batchnorm_forward",
    sentence="In test mode eps is added outside the root.",
    hint="Test mode exchanges the statistics and nothing else: eps stays under the root.",
)
def eps_outside_root_at_test_time(x: Array, gamma: Array, beta: Array, bn_param: BnParam) -> Result:
    """Divide by √running_var + eps in test mode."""
    return layer(
        x, gamma, beta, bn_param, test_inverse_std=lambda var, eps: 1.0 / (np.sqrt(var) + eps)
    )


@misconception(
    question="batchnorm_forward",
    sentence="Test mode divides by running_var instead of by its root.",
    hint="Test mode exchanges the statistics and nothing else: the root stays.",
)
def root_left_out_at_test_time(x: Array, gamma: Array, beta: Array, bn_param: BnParam) -> Result:
    """Divide by running_var + eps in test mode."""
    return layer(x, gamma, beta, bn_param, test_inverse_std=lambda var, eps: 1.0 / (var + eps))


@misconception(
    question="batchnorm_forward",
    sentence="Test mode leaves out beta.",
    hint="gamma and beta are part of the trained layer, in both modes.",
)
def test_mode_without_beta(x: Array, gamma: Array, beta: Array, bn_param: BnParam) -> Result:
    """Only scale in test mode."""
    if bn_param["mode"] == "test":
        return layer(x, gamma, np.zeros_like(beta), bn_param)
    return layer(x, gamma, beta, bn_param)


@misconception(
    question="batchnorm_forward",
    sentence="The running averages begin as the first batch's values instead of as zeros.",
    hint="Where bn_param holds no averages yet, the old value is zero.",
)
def averages_begin_with_first_batch(
    x: Array, gamma: Array, beta: Array, bn_param: BnParam
) -> Result:
    """No zeros at the start."""
    bn_param.setdefault("running_mean", x.mean(axis=0))
    bn_param.setdefault("running_var", x.var(axis=0))
    return layer(x, gamma, beta, bn_param)


@misconception(
    question="batchnorm_forward",
    sentence="running_var begins as ones instead of as zeros.",
    hint="Where bn_param holds no averages yet, the old value is zero, of the variance too.",
)
def running_var_begins_as_ones(x: Array, gamma: Array, beta: Array, bn_param: BnParam) -> Result:
    """PyTorch's start."""
    bn_param.setdefault("running_var", np.ones(x.shape[1]))
    return layer(x, gamma, beta, bn_param)
