"""Named mistakes of the forward pass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from autograder.assignments.dropout.reference import Array, Cache, draw, dropout_forward
from autograder.diagnosis.mistakes import misconception

FORWARD = "dropout_forward"
Param = Mapping[str, Any]


@misconception(
    question=FORWARD,
    sentence="What is kept is not scaled in training: on average out is only p times x.",
    hint="Test mode passes x on as it is; what must training do to agree with it on average?",
)
def not_scaled(x: Array, dropout_param: Param) -> tuple[Array, Cache]:
    """The mask alone."""
    out, cache = dropout_forward(x, dropout_param)
    return (out * cache.p if cache.training else out), cache


@misconception(
    question=FORWARD,
    sentence="What is kept is divided by 1 - p instead of by p.",
    hint="p is the share that is kept. Which factor makes up for what was dropped?",
)
def scaled_by_dropped_share(x: Array, dropout_param: Param) -> tuple[Array, Cache]:
    """The right mask with the other share's factor."""
    out, cache = dropout_forward(x, dropout_param)
    return (out * cache.p / (1 - cache.p) if cache.training else out), cache


@misconception(
    question=FORWARD,
    sentence="p is taken for the probability to drop an entry; here it is the one to keep it.",
    hint="With p = 0.9 nine entries in ten survive.",
)
def p_is_dropped(x: Array, dropout_param: Param) -> tuple[Array, Cache]:
    """Right for 1 - p."""
    return dropout_forward(x, {**dropout_param, "p": 1 - dropout_param["p"]})


@misconception(
    question=FORWARD,
    sentence="The mask keeps a share of 1 - p, while the scale is that of p.",
    hint="A uniform number is below p with probability p. Which way round is your comparison?",
)
def comparison_turned(x: Array, dropout_param: Param) -> tuple[Array, Cache]:
    """`rand > p` in place of `rand < p`."""
    out, cache = dropout_forward(x, {**dropout_param, "p": 1 - dropout_param["p"]})
    p = dropout_param["p"]
    return (out * (1 - p) / p if cache.training else out), cache._replace(p=p)


@misconception(
    question=FORWARD,
    sentence="One draw decides about a whole row: its entries are kept or dropped together.",
    hint="Which shape does your mask have?",
)
def mask_for_each_row(x: Array, dropout_param: Param) -> tuple[Array, Cache]:
    """A mask with one entry a row."""
    return _shared_mask(x, dropout_param, x[:, :1])


@misconception(
    question=FORWARD,
    sentence="All rows share one mask: a column is kept or dropped for the whole batch.",
    hint="Which shape does your mask have?",
)
def mask_for_each_column(x: Array, dropout_param: Param) -> tuple[Array, Cache]:
    """A mask with one entry a column."""
    return _shared_mask(x, dropout_param, x[:1])


def _shared_mask(x: Array, dropout_param: Param, like: Array) -> tuple[Array, Cache]:
    if dropout_param["mode"] == "test":
        return dropout_forward(x, dropout_param)
    kept = np.broadcast_to(draw(like, dropout_param), x.shape)
    return x * kept / dropout_param["p"], Cache(kept, dropout_param["p"], training=True)


@misconception(
    question=FORWARD,
    sentence="Entries are dropped in test mode too.",
    hint="In use nothing is left to chance: out is x.",
)
def drops_in_test_mode(x: Array, dropout_param: Param) -> tuple[Array, Cache]:
    """Training whatever the mode."""
    return dropout_forward(x, {**dropout_param, "mode": "train"})


@misconception(
    question=FORWARD,
    sentence="Test mode multiplies x with p, which training has made up for already.",
    hint="Inverted dropout scales in one of the two modes, not in both.",
)
def scaled_at_test(x: Array, dropout_param: Param) -> tuple[Array, Cache]:
    """The older form's test mode."""
    out, cache = dropout_forward(x, dropout_param)
    return (out if cache.training else out * cache.p), cache


@misconception(
    question=FORWARD,
    sentence="The seed in dropout_param is not used: the same seed gives different masks.",
    hint="Make a generator from the seed, if there is one, before you draw.",
)
def seed_ignored(x: Array, dropout_param: Param) -> tuple[Array, Cache]:
    """A new mask every time."""
    return dropout_forward(x, {**dropout_param, "seed": None})


@misconception(
    question=FORWARD,
    sentence="The seed 0 is treated as if there were no seed.",
    hint="`if seed:` is false for 0; compare with None.",
)
def seed_zero_ignored(x: Array, dropout_param: Param) -> tuple[Array, Cache]:
    """Truth in place of presence."""
    return dropout_forward(x, {**dropout_param, "seed": dropout_param.get("seed") or None})


@misconception(
    question=FORWARD,
    sentence="Without a seed every call draws the same mask.",
    hint="Without a seed the generator must not start anew in each call.",
)
def same_mask_without_seed(x: Array, dropout_param: Param) -> tuple[Array, Cache]:
    """A seed of its own."""
    return dropout_forward(x, {"seed": 1, **dropout_param})


@misconception(
    question=FORWARD,
    sentence="x is overwritten: after the call it holds what the next layer gets.",
    hint="`x *= mask` changes the caller's array; `x * mask` makes a new one.",
)
def input_overwritten(x: Array, dropout_param: Param) -> tuple[Array, Cache]:
    """In place."""
    x[...], cache = dropout_forward(x, dropout_param)
    return x, cache
