"""What the visible checks of single layers look at. Inputs are copied: a layer may change its own.

Each function gets a `Check` and the answers by their names.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .checks import Check

Function = Callable[..., Any]


def scale_layer(check: Check, scale_forward: Function, scale_backward: Function) -> None:
    """Look at the solved example."""
    x = np.linspace(-1, 2, 6).reshape(2, 3)
    dout = np.cos(x)
    dx, ds = scale_backward(dout, scale_forward(x, 1.5)[1])
    check.gradient("dx", dx, lambda x: scale_forward(x, 1.5)[0], x, dout)
    check.gradient("ds", ds, lambda s: scale_forward(x, s)[0], 1.5, dout)


def affine_forward(check: Check, affine_forward: Function) -> None:
    """Look at three examples of shape (2, 3), and at the same as rows."""
    x = np.sin(np.arange(18)).reshape(3, 2, 3)
    w = np.cos(np.arange(24)).reshape(6, 4)
    b = np.array([0.5, -1.0, 2.0, 0.25])
    products = np.einsum("nij,ijm->nm", x, w.reshape(2, 3, 4))
    expected = products + b
    bend = np.maximum(expected, 0)

    def slips() -> dict[str, Any]:
        return {
            "an affine layer without its b": products,
            "an affine layer that takes b away": products - b,
            "an affine layer with a relu behind it": bend,
            "pictures that are flattened column by column": b
            + np.einsum("nij,ijm->nm", x, w.reshape(3, 2, 4).transpose(1, 0, 2)),
        }

    out, _ = check.returned(
        "affine_forward", affine_forward(x.copy(), w.copy(), b.copy()), "out", "a cache"
    )
    check.close("out", out, expected, slips=slips)
    rows = affine_forward(x.reshape(3, 6).copy(), w.copy(), b.copy())
    out, _ = check.returned("affine_forward", rows, "out", "a cache")
    check.close("out of flat examples", out, expected, slips=slips)


def affine_backward(check: Check, affine_forward: Function, affine_backward: Function) -> None:
    """Look at the three gradients for seven examples of shape (2, 3)."""
    x = np.sin(np.arange(42)).reshape(7, 2, 3)
    w = np.cos(np.arange(30)).reshape(6, 5)
    b = np.linspace(-1, 1, 5)
    dout = np.sin(1 + np.arange(35) ** 2).reshape(7, 5)

    def whole(x: Any, w: Any, b: Any) -> Any:
        return check.returned("affine_forward", affine_forward(x, w, b), "out", "a cache")

    cache = whole(x.copy(), w.copy(), b.copy())[1]
    dx, dw, db = check.returned(
        "affine_backward", affine_backward(dout.copy(), cache), "dx", "dw", "db"
    )
    right_w = np.einsum("nd,nm->dm", x.reshape(7, 6), dout)
    sums = np.sum(dout, axis=0)
    everywhere = np.broadcast_to(np.sum(w, axis=1).reshape(2, 3), x.shape)
    check.gradient(
        *("dx", dx, lambda x: whole(x, w.copy(), b.copy())[0], x, dout),
        slips=lambda: {"a gradient that forgets `dout`": everywhere},
    )
    check.gradient(
        *("dw", dw, lambda w: whole(x.copy(), w, b.copy())[0], w, dout),
        slips=lambda: {"a gradient divided by N": right_w / 7},
    )
    check.gradient(
        *("db", db, lambda b: whole(x.copy(), w.copy(), b)[0], b, dout),
        slips=lambda: {
            "a mean over the examples": sums / 7,
            "a gradient that is all ones": np.ones(5),
            "`b` itself": b,
            "the last example alone": dout[-1],
            "the first example alone": dout[0],
        },
    )


def relu_forward(check: Check, relu_forward: Function) -> None:
    """Look at values of both signs, in two shapes."""
    x = np.array([[-2.0, 0.5, 3.0], [1.5, -0.25, -7.0], [0.75, -1.0, 4.0]])
    expected = np.where(x > 0, x, 0.0)

    def slips() -> dict[str, Any]:
        return {
            "the absolute value": np.abs(x),
            "the negative part": np.minimum(x, 0),
            "x itself": x,
            "a small slope where x is negative": np.where(x > 0, x, 0.01 * x),
            "values cut off at 1": np.clip(x, 0, 1),
            "a one where x is positive": np.where(x > 0, 1.0, 0.0),
        }

    out, _ = check.returned("relu_forward", relu_forward(x.copy()), "out", "a cache")
    check.close("out", out, expected, slips=slips)
    deep, _ = check.returned(
        "relu_forward", relu_forward(x.reshape(3, 3, 1, 1).copy()), "out", "a cache"
    )
    check.close("out of 4-D input", deep, expected.reshape(3, 3, 1, 1))


def relu_backward(check: Check, relu_forward: Function, relu_backward: Function) -> None:
    """Look at gradients of both signs, in two shapes, and at a second call."""
    x = np.sin(1 + np.arange(36)).reshape(3, 12)  # of both signs, never 0
    dout = np.cos(np.arange(36)).reshape(3, 12)  # of both signs too

    def whole(x: Any) -> Any:
        return check.returned("relu_forward", relu_forward(x), "out", "a cache")

    def slips() -> dict[str, Any]:
        return {
            "a mask made of `dout` in place of x": np.where(dout > 0, dout, 0.0),
            "a mask that lets the negative inputs pass": np.where(x > 0, 0.0, dout),
            "the mask alone, without `dout`": np.where(x > 0, 1.0, 0.0),
            "`dout`, of which everything passes": dout,
            "x times `dout`": np.where(x > 0, x * dout, 0.0),
            "relu's output, forward again": np.where(x > 0, x, 0.0),
        }

    for name, shape in (("dx", (3, 12)), ("dx of 4-D input", (3, 2, 3, 2))):
        x, dout = x.reshape(shape), dout.reshape(shape)
        cache = whole(x.copy())[1]
        dx = relu_backward(dout.copy(), cache)
        check.gradient(name, dx, lambda x: whole(x)[0], x, dout, slips=slips)
    if not check.problems:
        before = np.array(dx)
        again = relu_backward(dout.copy(), cache)
        hint = "It was right the first time: your function changes its cache."
        check.close("dx, second call", again, before, hint=hint)


def sandwich_layer(
    check: Check, affine_relu_forward: Function, affine_relu_backward: Function
) -> None:
    """Look at the two layers together."""
    x = np.sin(np.arange(24)).reshape(2, 3, 4)
    w = np.cos(np.arange(120)).reshape(12, 10)
    b = np.linspace(-1, 1, 10)
    dout = np.sin(1 + np.arange(20)).reshape(2, 10)

    def whole(x: Any = x, w: Any = w, b: Any = b) -> Any:
        return affine_relu_forward(np.array(x), np.array(w), np.array(b))[0]

    _, cache = affine_relu_forward(x.copy(), w.copy(), b.copy())
    dx, dw, db = affine_relu_backward(dout.copy(), cache)
    check.gradient("dx", dx, lambda x: whole(x=x), x, dout)
    check.gradient("dw", dw, lambda w: whole(w=w), w, dout)
    check.gradient("db", db, lambda b: whole(b=b), b, dout)


def softmax(check: Check, softmax_loss: Function) -> None:
    """Look at the loss that is given."""
    scores = np.zeros((4, 10))
    labels = np.array([3, 1, 4, 1])
    loss, dscores = softmax_loss(scores, labels)
    check.close("loss of equal scores", loss, np.log(10))
    check.close("loss of huge scores", softmax_loss(scores + 1e4, labels)[0], np.log(10))
    check.gradient("dscores", dscores, lambda s: softmax_loss(s, labels)[0], scores)
