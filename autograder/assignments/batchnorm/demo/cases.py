"""The demonstration's class: 24 submissions, each with what it is and what it should lose.

A submission is made from the instructor's solved notebooks by a few edits of answer cells,
so it is wrong in just the way that its description says.
"""

from __future__ import annotations

from autograder.assignments.batchnorm.demo import answers, odd
from autograder.assignments.batchnorm.records import MIME
from autograder.demo.cases import Case, Edit, InventedClass

RIGHT = (
    Case("abebe", "the model solution"),
    Case(
        "bianca",
        "right: caches are dictionaries, dout is changed in place, relu's gradient at 0 is 1",
        tuple(Edit(f"{id_}_answer", "", source) for id_, source in answers.UNUSUAL.items()),
    ),
    Case(
        "chidi",
        "right: renamed in Colab, with extra cells, %magics and !commands",
        rearrange=odd.colab,
    ),
    Case(
        "dalia",
        "right: computes in float32",
        (
            Edit(
                "affine_forward_answer",
                "    cache = (x, w, b)",
                "    out = out.astype(np.float32)\n    cache = (x, w, b)",
            ),
            Edit("batchnorm_backward_alt_answer", "return dx,", "return dx.astype(np.float32),"),
        ),
    ),
    Case("emil", "right: warns on stderr and prints 10,000 lines", rearrange=odd.noisy),
)

MISTAKES = (
    Case(
        "farah",
        "relu_backward flattens its mask to two dimensions",
        (Edit("relu_backward_answer", "(cache > 0)", "(cache > 0).reshape(len(cache), -1)"),),
        ("relu_backward",),
    ),
    Case(
        "goran",
        "gamma's and beta's gradients have shape (1, D)",
        (
            Edit("batchnorm_backward_answer", "dout.sum(axis=0)", "dout.sum(axis=0)[None]"),
            Edit(
                "batchnorm_backward_answer",
                "(xhat * dscaled).sum(axis=0)",
                "(xhat * dscaled).sum(axis=0)[None]",
            ),
        ),
        ("batchnorm_backward",),
    ),
    Case(
        "hana",
        "epsilon stands outside the root: √var + ε",
        (Edit("batchnorm_forward_answer", "np.sqrt(var + eps)", "np.sqrt(var) + eps"),),
        ("batchnorm_forward",),
    ),
    Case(
        "ivo",
        "the standard deviation is kept as running_var, and divided by without a root",
        (
            Edit("batchnorm_forward_answer", "(1 - momentum) * var", "(1 - momentum) * std"),
            Edit("batchnorm_forward_answer", "np.sqrt(running_var + eps)", "(running_var + eps)"),
        ),
        ("batchnorm_forward",),
    ),
    Case(
        "jun",
        "test mode forgets gamma and beta",
        (
            Edit(
                "batchnorm_forward_answer",
                "out, cache = gamma * normalized + beta, None",
                "out, cache = normalized, None",
            ),
        ),
        ("batchnorm_forward",),
    ),
    Case(
        "kofi",
        "test mode normalizes with the batch's own statistics",
        (
            Edit(
                "batchnorm_forward_answer",
                "(x - running_mean) / np.sqrt(running_var + eps)",
                "(x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps)",
            ),
        ),
        ("batchnorm_forward",),
    ),
    Case(
        "lena",
        "the running averages take momentum and 1 − momentum the wrong way round",
        (
            Edit(
                "batchnorm_forward_answer",
                "momentum * running_mean + (1 - momentum) * mean",
                "(1 - momentum) * running_mean + momentum * mean",
            ),
            Edit(
                "batchnorm_forward_answer",
                "momentum * running_var + (1 - momentum) * var",
                "(1 - momentum) * running_var + momentum * var",
            ),
        ),
        ("batchnorm_forward",),
    ),
    Case(
        "mateo",
        "the backward pass forgets that the variance depends on x",
        (
            Edit(
                "batchnorm_backward_answer",
                "dcentred = dcentred + 2 * centred * dsquare",
                "dcentred = dcentred + 0 * dsquare",
            ),
        ),
        ("batchnorm_backward",),
    ),
    Case(
        "nadia",
        "the simplified backward pass overwrites its cache: right once, wrong the second time",
        (
            Edit(
                "batchnorm_backward_alt_answer",
                "    dx = (gamma",
                "    xhat *= dgamma\n    dx = (gamma",
            ),
            Edit("batchnorm_backward_alt_answer", "xhat * dgamma)  #", "xhat)  #"),
        ),
        ("batchnorm_backward_alt",),
    ),
    Case(
        "oskar",
        "regularization is in the two-layer net's loss, but not in its gradients",
        (
            Edit("two_layer_net_answer", '        grads["W1"] += self.reg * W1\n', ""),
            Edit("two_layer_net_answer", '        grads["W2"] += self.reg * W2\n', ""),
        ),
        ("two_layer_net",),
    ),
    Case(
        "priya",
        "the last layer's weights are left out of the regularization",
        (
            Edit(
                "fully_connected_net_answer",
                "for i in range(1, last + 1):\n            weights",
                "for i in range(1, last):\n            weights",
            ),
        ),
        ("fully_connected_net",),
    ),
    Case(
        "quentin",
        "the biases are regularized too",
        (
            Edit(
                "fully_connected_net_answer",
                '            grads[f"W{i}"] += self.reg * weights\n',
                '            grads[f"W{i}"] += self.reg * weights\n'
                '            bias = self.params[f"b{i}"]\n'
                "            loss += 0.5 * self.reg * np.sum(bias * bias)\n"
                '            grads[f"b{i}"] += self.reg * bias\n',
            ),
        ),
        ("fully_connected_net",),
    ),
    Case(
        "rosa",
        "the net accepts use_batchnorm and ignores it",
        (
            Edit(
                "batchnorm_net_answer",
                "use_batchnorm = reg, dtype, use_batchnorm",
                "use_batchnorm = reg, dtype, False\n        use_batchnorm = False",
            ),
        ),
        ("batchnorm_net",),
    ),
    Case(
        "sven",
        "batch normalization comes after relu",
        (Edit("batchnorm_net_answer", "", answers.NORM_AFTER_RELU),),
        ("batchnorm_net",),
    ),
)

ODD = (
    Case("tara", "the untouched release", loses=("everything",), rearrange=odd.blank),
    Case("ugo", "half done: the second notebook is untouched", loses=("batchnorm_forward",),
         rearrange=odd.half_done),
    Case("valeria", "batch_normalization.ipynb is broken JSON", loses=("batchnorm_forward",),
         rearrange=odd.broken_json),
    Case("adil", "batchnorm_backward never returns", (
        Edit("batchnorm_backward_answer", "    m = dout.shape[0]\n",
             "    m = dout.shape[0]\n    while m:\n        pass\n"),
    ), ("batchnorm_backward",)),
    Case("winona", "tries to cheat: patched comparisons, lying objects, forged output and points",
         loses=("everything",), rearrange=odd.cheat),
)  # fmt: skip

CLASS = InventedClass(
    tuple(sorted((*RIGHT, *MISTAKES, *ODD), key=lambda case: case.student)), kept_outputs=(MIME,)
)
