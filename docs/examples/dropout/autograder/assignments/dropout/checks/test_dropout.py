"""Hidden checks of the two functions and the class. No check asks for one particular draw."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.assignments.dropout.checks import masks
from autograder.checking import compare
from autograder.checking.compare import Array
from autograder.checking.inputs import away_from_zero
from autograder.checking.student import Student

ROWS, COLUMNS = 400, 30
KEEP = 0.3
"""Not a half, so that p and 1 - p differ; every known mistake then has a spread of its own."""

IDENTITY = "In test mode nothing is dropped and nothing is scaled."
Generator = np.random.RandomState


def batch(rng: Generator) -> Array:
    """Numbers of both signs, none of them zero: what is 0 afterwards was dropped."""
    return away_from_zero(rng, ROWS, COLUMNS)


def param(mode: str = "train", **more: Any) -> dict[str, Any]:
    """A dropout_param."""
    return {"p": KEEP, "mode": mode, **more}


@pytest.mark.question("dropout_forward", weight=2, draws=True)
def test_kept_entries(student: Student, rng: Generator) -> None:
    """Looks at what is kept in training: x divided by p, and 0 everywhere else."""
    x = batch(rng)
    out, _ = student.dropout_forward(x, param(seed=5))
    masks.is_masked(out, x, KEEP)


@pytest.mark.question("dropout_forward", weight=2, draws=True)
def test_share_kept(student: Student, rng: Generator) -> None:
    """Looks at how many entries are kept: a share of p, up to chance."""
    x = away_from_zero(rng, 250, 250)
    out, _ = student.dropout_forward(x, param(seed=6))
    masks.has_share(out, x, KEEP)


@pytest.mark.question("dropout_forward", draws=True)
def test_rows_of_the_mask(student: Student, rng: Generator) -> None:
    """Looks at whether the entries of a row are kept or dropped one by one."""
    x = batch(rng)
    out, _ = student.dropout_forward(x, param(seed=7))
    masks.is_drawn_for_each(out, x, axis=1)


@pytest.mark.question("dropout_forward", draws=True)
def test_columns_of_the_mask(student: Student, rng: Generator) -> None:
    """Looks at whether the rows of a batch have masks of their own."""
    x = batch(rng).reshape(COLUMNS, ROWS)
    out, _ = student.dropout_forward(x, param(seed=8))
    masks.is_drawn_for_each(out, x, axis=0)


@pytest.mark.question("dropout_forward", weight=2, draws=True)
def test_test_mode(student: Student, rng: Generator) -> None:
    """Looks at test mode, where out is x."""
    x = batch(rng)
    out, _ = student.dropout_forward(x, param("test", seed=9))
    compare.values("out", out, x, hint=IDENTITY)


@pytest.mark.question("dropout_forward", draws=True)
def test_same_seed(student: Student, rng: Generator) -> None:
    """Looks at whether the same seed gives the same mask; 0 is a seed too."""
    x = batch(rng)
    for seed in (12, 0):
        (one, _), (other, _) = (student.dropout_forward(x, param(seed=seed)) for _ in range(2))
        masks.are_same(one, other, x, "Draw with a generator that starts from the seed.")


@pytest.mark.question("dropout_forward", draws=True)
def test_no_seed(student: Student, rng: Generator) -> None:
    """Looks at whether two calls without a seed draw different masks."""
    x = batch(rng)
    (one, _), (other, _) = (student.dropout_forward(x, param()) for _ in range(2))
    hint = "Start a generator from a seed only where there is one."
    masks.differ(one, other, x, "Without a seed two calls give the same mask.", hint)


@pytest.mark.question("dropout_forward", draws=True)
def test_x_stays(student: Student, rng: Generator) -> None:
    """Looks at whether x is the same after the call."""
    x = batch(rng)
    held = student.put("arguments", {"x": x})
    out, _ = student.dropout_forward(held.items(["x"])[0].handle, param(seed=10))
    masks.drawn(out, x)
    compare.values("x after the call", held["x"], x, hint="`*=` changes the caller's array.")


@pytest.mark.question("dropout_backward", weight=2, draws=True)
def test_dx_matches(student: Student, rng: Generator) -> None:
    """Looks at dx after a training pass: the same mask and the same scale."""
    x = batch(rng)
    out, cache = student.dropout_forward(x, param(seed=15))
    dout = masks.upstream(out, x, rng)
    masks.passes_back(student.dropout_backward(dout, cache), dout, out, x)


@pytest.mark.question("dropout_backward", draws=True)
def test_dx_of_images(student: Student, rng: Generator) -> None:
    """Looks at dx when each example has several axes, as (N, 3, 10, 2)."""
    x = batch(rng).reshape(ROWS // 2, 3, 10, 2)
    out, cache = student.dropout_forward(x, param(seed=16))
    dout = masks.upstream(out, x, rng)
    masks.passes_back(student.dropout_backward(dout, cache), dout, out, x)


@pytest.mark.question("dropout_backward", draws=True)
def test_dx_twice(student: Student, rng: Generator) -> None:
    """Looks at dx when backward is called twice with one cache."""
    x = batch(rng)
    out, cache = student.dropout_forward(x, param(seed=17))
    dout = masks.upstream(out, x, rng)
    for _ in range(2):
        masks.passes_back(student.dropout_backward(dout, cache), dout, out, x)


@pytest.mark.question("dropout_backward", draws=True)
def test_dx_after_test_mode(student: Student, rng: Generator) -> None:
    """Looks at dx after test mode, where it is dout."""
    x = batch(rng)
    out, cache = student.dropout_forward(x, param("test"))
    dout = masks.upstream(out, x, rng, training=False)
    masks.passes_back(student.dropout_backward(dout, cache), dout, out, x)


@pytest.mark.question("dropout_layer", draws=True)
def test_layer_in_training(student: Student, rng: Generator) -> None:
    """Looks at out in training: a share of p is kept, divided by p."""
    x = batch(rng)
    layer = student.Dropout(KEEP, 20)
    out = layer.forward(x, True)
    with compare.evidence(lambda: layer.forward(x, False)):
        masks.is_masked(out, x, KEEP)
        masks.has_share(out, x, KEEP)


@pytest.mark.question("dropout_layer", draws=True)
def test_layer_in_use(student: Student, rng: Generator) -> None:
    """Looks at out in use, where it is x."""
    x = batch(rng)
    compare.values("out", student.Dropout(KEEP, 21).forward(x, False), x, hint=IDENTITY)


@pytest.mark.question("dropout_layer", draws=True)
def test_layer_draws_anew(student: Student, rng: Generator) -> None:
    """Looks at whether each batch gets a mask of its own, with a seed too."""
    x = batch(rng)
    layer = student.Dropout(KEEP, 22)
    one, other = layer.forward(x, True), layer.forward(x, True)
    hint = "One generator, made in the constructor, serves all batches in turn."
    masks.differ(one, other, x, "Two batches in a row get the same mask.", hint)


@pytest.mark.question("dropout_layer", draws=True)
def test_layer_is_reproducible(student: Student, rng: Generator) -> None:
    """Looks at whether two layers with one seed draw the same masks, also side by side."""
    x = batch(rng)
    one, other = (student.Dropout(KEEP, 23).forward(x, True) for _ in range(2))
    masks.are_same(one, other, x, "The layer's generator starts from its seed.")
    layers = [student.Dropout(KEEP, 24) for _ in range(2)]
    one, other = (layer.forward(x, True) for layer in layers)
    masks.are_same(one, other, x, "Each layer has a generator of its own.")


@pytest.mark.question("dropout_layer", draws=True)
def test_layer_backward(student: Student, rng: Generator) -> None:
    """Looks at dx of the second of two batches."""
    x = batch(rng)
    layer = student.Dropout(KEEP, 24)
    layer.forward(x, True)
    out = layer.forward(x, True)
    dout = masks.upstream(out, x, rng)
    masks.passes_back(layer.backward(dout), dout, out, x)


@pytest.mark.question("dropout_layer", draws=True)
def test_layer_backward_after_use(student: Student, rng: Generator) -> None:
    """Looks at dx after two training batches and then one in use."""
    x = batch(rng)
    layer = student.Dropout(KEEP, 25)
    layer.forward(x[:7], True)
    layer.forward(x, True)
    out = layer.forward(x, False)
    dout = masks.upstream(out, x, rng, training=False)
    masks.passes_back(layer.backward(dout), dout, out, x)
