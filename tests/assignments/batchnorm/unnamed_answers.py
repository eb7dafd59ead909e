"""Wrong answers written by hand, as students write them.

They share no code with the named mistakes. Each has a kind, of which an independent sample of
public solutions had at least one, and the names that would be true of it.
"""

from typing import NamedTuple

FORWARD, BACKWARD, SIMPLIFIED = "batchnorm_forward", "batchnorm_backward", "batchnorm_backward_alt"
TWO, DEEP, NET = "two_layer_net", "fully_connected_net", "batchnorm_net"
LAST_LOSS = '        loss = loss + 0.5 * self.reg * np.sum(p["W%d" % L] ** 2)\n'
LAST_GRAD = 'grads["W%d" % L] = dw + self.reg * p["W%d" % L]'
LOOP_LOSS = "            loss = loss + 0.5 * self.reg * np.sum(W * W)\n"
SIMPLE = "(m * dout - sum_d - h * sum_dh)"
SCORES = '        scores, store["fc", L] = affine_forward(out, p["W%d" % L], p["b%d" % L])\n'
DSCORES = "        loss, dout = softmax_loss(scores, y)\n"
USES_ALT = (
    "dg, db = batchnorm_backward(dout, store",
    "dg, db = batchnorm_backward_alt(dout, store",
)
BY_HAND = "        dout, dw, grads"


class Wrong(NamedTuple):
    """A wrong answer: its kind, its question, what is changed, and the names that are true."""

    kind: str
    question: str
    changes: tuple[tuple[str, str], ...]
    names: frozenset[str]


WRONG: list[Wrong] = []


def wrong(kind, question, *changes, names=()):
    for each in (question,) if isinstance(question, str) else question:
        WRONG.append(Wrong(kind, each, changes, frozenset(names)))


# The kinds of the sample.

wrong("eps outside the root at test time", FORWARD,
      ("np.sqrt(running_var + eps)", "(np.sqrt(running_var) + eps)"),
      names=["eps_outside_root_at_test_time"])  # fmt: skip
wrong("start of gamma and beta", NET, ("np.ones(units)", "np.zeros(units)"),
      names=["gamma_starts_at_zero"])  # fmt: skip
wrong("start of gamma and beta", NET,
      ("np.ones(units)", "np.random.normal(scale=weight_scale, size=units)"),
      names=["gamma_starts_random"])  # fmt: skip
wrong("start of gamma and beta", NET, ("np.ones(units)", "np.random.randn(units)"),
      names=["gamma_starts_standard_normal"])  # fmt: skip
wrong("start of gamma and beta", NET,
      ('self.params["beta%d" % (i + 1)] = np.zeros(units)',
       'self.params["beta%d" % (i + 1)] = np.ones(units)'),
      names=["beta_starts_at_one"])  # fmt: skip
wrong("start of gamma and beta", NET, ("np.ones(units)", "np.random.rand(units) + 3"))
wrong("penalty in the second notebook", NET, (LAST_LOSS, ""),
      (LAST_GRAD, 'grads["W%d" % L] = dw'), names=["last_layer_not_regularized"])  # fmt: skip
wrong("penalty in the second notebook", NET, (LAST_GRAD, 'grads["W%d" % L] = dw'),
      names=["last_gradient_without_penalty"])  # fmt: skip
wrong("penalty in the second notebook", NET,
      (LOOP_LOSS, LOOP_LOSS + LOOP_LOSS), (LAST_LOSS, LAST_LOSS + LAST_LOSS),
      (LAST_GRAD, 'grads["W%d" % L] = dw + 2 * self.reg * p["W%d" % L]'),
      ("= dw + self.reg * W\n", "= dw + 2 * self.reg * W\n"),
      names=["penalty_counts_twice"])  # fmt: skip
wrong("penalty in the second notebook", NET,
      ("        return loss, grads\n\n    def hidden", """\
        for k in p:
            if k[0] == "g":
                loss += 0.5 * self.reg * np.sum(p[k] ** 2)
                grads[k] = grads[k] + self.reg * p[k]
            if k.startswith("beta"):
                loss += 0.5 * self.reg * np.sum(p[k] ** 2)
                grads[k] = grads[k] + self.reg * p[k]
        return loss, grads

    def hidden"""), names=["gamma_and_beta_regularized"])  # fmt: skip
wrong("relu after the last layer", (NET, DEEP),
      (SCORES, SCORES + "        scores, store['end'] = relu_forward(scores)\n"),
      (DSCORES, DSCORES + "        dout = relu_backward(dout, store['end'])\n"),
      names=["relu_on_scores"])  # fmt: skip
wrong("batchnorm and relu after the last layer", NET,
      (SCORES, SCORES + """\
        if self.use_batchnorm:
            C, bn = scores.shape[1], self.bn_params[-1]
            scores, store["n"] = batchnorm_forward(scores, np.ones(C), np.zeros(C), bn)
            scores = np.maximum(scores, 0)
"""),
      (DSCORES, DSCORES + """\
        if self.use_batchnorm:
            dout, _, _ = batchnorm_backward(dout * (scores > 0), store["n"])
"""), names=["scores_normalized_and_rectified"])  # fmt: skip
wrong("batchnorm in front of the affine layer", NET,
      ("np.ones(units)", "np.ones(fan_in)"),
      ('self.params["beta%d" % (i + 1)] = np.zeros(units)',
       'self.params["beta%d" % (i + 1)] = np.zeros(fan_in)'),
      names=["gamma_sized_by_input"])  # fmt: skip
wrong("last layer without weight_scale", TWO,
      ("weight_scale * np.random.randn(hidden_dim, num_classes)",
       "np.random.randn(hidden_dim, num_classes)"),
      names=["last_layer_ignores_weight_scale"])  # fmt: skip
wrong("last layer without weight_scale", (DEEP, NET),
      ("np.random.randn(fan_in, num_classes) * weight_scale",
       "np.random.standard_normal((fan_in, num_classes))"),
      names=["last_layer_ignores_weight_scale"])  # fmt: skip
wrong("one layer too few", (DEEP, NET),
      ("self.num_layers = 1 + len(hidden_dims)", "self.num_layers = len(hidden_dims)"),
      ("in enumerate(hidden_dims):", "in enumerate(hidden_dims[:-1]):"),
      names=["one_layer_too_few"])  # fmt: skip
wrong("last penalty in the gradient only", (DEEP, NET), (LAST_LOSS, ""),
      names=["last_penalty_missing_from_loss"])  # fmt: skip
wrong("last penalty in the gradient only", TWO,
      (' + np.sum(p["W2"] ** 2))', ")"), names=["last_penalty_missing_from_loss"])  # fmt: skip
wrong("a right net on a wrong simplified backward", NET, USES_ALT,
      (SIMPLE, "(dout - sum_d - h * sum_dh)"), names=["rows_missing_in_bracket"])  # fmt: skip
wrong("a right net on a wrong simplified backward", NET, USES_ALT, ("(1. / m) * g", "g"),
      names=["not_divided_by_rows"])  # fmt: skip
wrong("a right net on a wrong simplified backward", NET, USES_ALT,
      (SIMPLE, "(m * dout - sum_d)"), names=["variance_path_dropped"])  # fmt: skip
wrong("cache in another order", BACKWARD,
      ("    xhat, gamma, xmu, std = cache\n    N", "    xmu, gamma, xhat, std = cache\n    N"),
      names=["centred_and_normalized_exchanged"])  # fmt: skip
wrong("cache in another order", BACKWARD,
      ("    xhat, gamma, xmu, std = cache\n    N", "    xhat, std, xmu, gamma = cache\n    N"),
      names=["gamma_and_spread_exchanged"])  # fmt: skip
wrong("dout forgotten in the simplified backward", SIMPLIFIED,
      ("sum_d = dout.sum(0)\n    sum_dh = (dout * h).sum(0)\n",
       "sum_d = dout.sum(0)\n    sum_dh = (dout * h).sum(0)\n    one = np.ones_like(dout)\n"),
      (SIMPLE, "(m * one - one.sum(0) - h * (one * h).sum(0))"),
      names=["upstream_missing_in_dx"])  # fmt: skip
wrong("dout forgotten in the simplified backward", SIMPLIFIED,
      (SIMPLE, "(m - sum_d - h * sum_dh)"),
      names=["upstream_missing_in_straight_term"])  # fmt: skip
wrong("dout forgotten in the simplified backward", SIMPLIFIED,
      (SIMPLE, "(m * dout - sum_d - h * h.sum(0))"), names=["variance_path_dropped"])  # fmt: skip
wrong("penalty overwritten in a loop", (DEEP, NET), (LAST_LOSS, ""),
      (LOOP_LOSS, ""), ("        return loss, grads\n\n    def hidden", """\
        for i in range(L):
            penalty = self.reg / 2 * (p["W" + str(i + 1)] ** 2).sum()
        return loss + penalty, grads

    def hidden"""), names=["penalty_overwritten_in_loop"])  # fmt: skip
wrong("reg divided by the number of layers", DEEP,
      ("        self.reg = reg\n        self.use_batchnorm", """\
        self.reg = reg / (len(hidden_dims) + 1.)
        self.use_batchnorm"""), names=["reg_divided_by_layers"])  # fmt: skip
wrong("a sum without its axis", BACKWARD,
      ("dgamma = np.sum(dout * xhat, axis=0)", "dgamma = np.sum(dout * xhat)"),
      names=["dgamma_over_everything"])  # fmt: skip
wrong("a sum without its axis", BACKWARD, ("dbeta = np.sum(dout, axis=0)", "dbeta = np.sum(dout)"),
      names=["dbeta_over_everything"])  # fmt: skip
wrong("a sum without its axis", BACKWARD, ("dmu = -np.sum(dx1, axis=0)", "dmu = -np.sum(dx1)"),
      names=["mean_path_over_all_features"])  # fmt: skip
wrong("a sum without its axis", SIMPLIFIED, (SIMPLE, "(m * dout - dout.sum() - h * sum_dh)"),
      names=["dout_summed_over_all_features"])  # fmt: skip
wrong("a sum without its axis", "affine_backward",
      ("np.sum(dout, axis=0)\n    dx", "dout.sum()\n    dx"),
      names=["db_summed_over_everything"])  # fmt: skip
wrong("a term's factor missing", BACKWARD, ("0.5 * dstd / std", "dstd / std"),
      names=["half_of_root_lost"])  # fmt: skip
wrong("a term's factor missing", BACKWARD, ("2 * xmu * dsq", "xmu * dsq"),
      names=["factor_two_of_square_lost"])  # fmt: skip
wrong("a term's factor missing", BACKWARD, ("-dinv / std ** 2", "-dinv / std"),
      names=["power_minus_one"])  # fmt: skip
wrong("a term's factor missing", BACKWARD, ("-dinv / std ** 2", "-dinv"),
      names=["power_minus_half"])  # fmt: skip
wrong("a term's factor missing", BACKWARD, ("np.ones((N, D)) / N * dvar", "np.ones((N, D)) * dvar"),
      names=["variance_not_averaged"])  # fmt: skip
wrong("only the diagonal of the Jacobian", BACKWARD, ("    dx = dx1 + dx2\n", """\
    dx = np.zeros((N, D))
    for i in range(N):
        for j in range(D):
            d = gamma[j] / std[j] * (1 - 1. / N - xhat[i, j] ** 2 / N)
            dx[i, j] = d * dout[i, j]
"""), names=["jacobian_diagonal"])  # fmt: skip
wrong("num_classes ignored", (DEEP, NET),
      ("np.random.randn(fan_in, num_classes)", "np.random.randn(fan_in, 10)"),
      ('self.params["b%d" % last] = np.zeros(num_classes)',
       'self.params["b%d" % last] = np.zeros(10)'), names=["num_classes_ignored"])  # fmt: skip
wrong("gamma and beta without the flag", NET,
      ("            if self.use_batchnorm:\n                self.params",
       "            if True:\n                self.params"),
      names=["gamma_and_beta_without_the_flag"])  # fmt: skip
wrong("biases as rows", (DEEP, NET),
      ('self.params["b%d" % (i + 1)] = np.zeros(units)',
       'self.params["b%d" % (i + 1)] = np.zeros((1, units))'),
      ('self.params["b%d" % last] = np.zeros(num_classes)',
       'self.params["b%d" % last] = np.zeros((1, num_classes))'),
      names=["biases_as_rows"])  # fmt: skip
wrong("a mask for two axes", "relu_backward", ("    dx[x <= 0] = 0\n", """\
    if len(x.shape) == 2:
        dx[x <= 0] = 0
"""), names=["mask_for_two_axes_only"])  # fmt: skip
KINDS_OF_THE_SAMPLE = {each.kind for each in WRONG}

# Others, for which there may be no name.

wrong("other", BACKWARD, ("dstd = -dinv", "dstd = dinv"), names=["variance_path_negated"])
wrong("other", BACKWARD, ("dx = dx1 + dx2\n", "dx = 0.7 * dx1 + dx2\n"))
wrong("other", BACKWARD, ("dxmu1 = dxhat / std", "dxmu1 = dxhat * std"))
wrong("other", BACKWARD, ("dx = dx1 + dx2\n", "dx = dx2[::-1] + dx1[::-1]\n"))
wrong("other", BACKWARD, ("    dxhat = dout", "    xhat *= 2\n    dxhat = dout"),
      names=["cache_changed"])  # fmt: skip
wrong("other", SIMPLIFIED, (SIMPLE, "(m * dout - sum_d - h * sum_dh ** 2)"))
wrong(
    "other",
    SIMPLIFIED,
    ("    return result, sum_dh, sum_d\n", "    return 0 * result, sum_dh, sum_d\n"),
)
wrong("other", FORWARD, ("np.mean(xmu ** 2, axis=0)", "np.sum(xmu ** 2, axis=0) / (N - 1)"),
      names=["unbiased_variance"])  # fmt: skip
wrong("other", FORWARD, ("np.mean(xmu ** 2, axis=0)", "np.mean(np.abs(xmu), axis=0)"))
wrong("other", FORWARD, ("out = gamma * xhat + beta", "out = gamma * (xhat + beta)"))
wrong("other", FORWARD, ("out = xhat * gamma + beta", "out = xhat * gamma - beta"))
wrong(
    "other",
    FORWARD,
    ("momentum * running_var + (1 - momentum)", "momentum * running_var + momentum"),
)
wrong("other", "affine_forward", ("flat.dot(w) + b", "flat.dot(w) - b"))
wrong("other", "affine_backward", ("np.dot(dout, w.T)", "np.dot(dout, 2 * w.T)"))
wrong("other", "relu_forward", ("np.maximum(0, x)", "np.tanh(x)"))
wrong("other", "relu_backward", ("dx[x <= 0] = 0", "dx[x <= 0] = -1"))
wrong("other", DEEP, ("for l in range(1, L):\n            out = self", "for l in [1] * (L > 1) + list(range(2, L)):\n            out = 1.1 * self"))  # noqa: E501 # fmt: skip
wrong("other", TWO, ("0.5 * self.reg * (np.sum", "0.1 * self.reg * (np.sum"))
wrong("other", TWO, ('grads["W1"] += self.reg', 'grads["W1"] -= self.reg'))
