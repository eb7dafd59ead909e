"""Right answers in styles that real students have: none of them may lose a point.

Each function returns a namespace as a submission would define it.
"""

from types import SimpleNamespace

import numpy as np

from autograder.assignments.batchnorm.reference import softmax_loss


def plain(dtype=np.float64, relu_slope_at_zero=0.0):
    """Tuples as caches, everything in `dtype`."""

    def cast(*values):
        return [np.asarray(value, dtype=dtype) for value in values]

    def affine_forward(x, w, b):
        x, w, b = cast(x, w, b)
        return x.reshape(x.shape[0], -1).dot(w) + b, (x, w, b)

    def affine_backward(dout, cache):
        x, w, _ = cache
        (dout,) = cast(dout)
        dw = x.reshape(x.shape[0], -1).T.dot(dout)
        return dout.dot(w.T).reshape(x.shape), dw, np.sum(dout, axis=0)

    def relu_forward(x):
        (x,) = cast(x)
        return x * (x > 0), x

    def relu_backward(dout, cache):
        (dout,) = cast(dout)
        dx = dout * (cache > 0)
        return dx + relu_slope_at_zero * dout * (cache == 0)

    def batchnorm_forward(x, gamma, beta, bn_param):
        x, gamma, beta = cast(x, gamma, beta)
        eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
        running_mean = bn_param.get("running_mean", np.zeros(x.shape[1], dtype))
        running_var = bn_param.get("running_var", np.zeros(x.shape[1], dtype))
        if bn_param["mode"] == "test":
            running_mean, running_var = cast(running_mean, running_var)
            return gamma * (x - running_mean) / np.sqrt(running_var + dtype(eps)) + beta, None
        mu, var = x.mean(axis=0), x.var(axis=0)
        std = np.sqrt(var + dtype(eps))
        xhat = (x - mu) / std
        bn_param["running_mean"] = momentum * running_mean + (1 - momentum) * mu
        bn_param["running_var"] = momentum * running_var + (1 - momentum) * var
        return gamma * xhat + beta, (gamma, xhat, std)

    def batchnorm_backward(dout, cache):
        gamma, xhat, std = cache
        (dout,) = cast(dout)
        dxhat = dout * gamma
        dx = (dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0)) / std
        return dx, np.sum(dout * xhat, axis=0), np.sum(dout, axis=0)

    functions = dict(locals())
    for helper in ("dtype", "cast", "relu_slope_at_zero"):
        functions.pop(helper)
    return with_nets(functions | {"batchnorm_backward_alt": batchnorm_backward})


def with_nets(functions, first=1, gamma_shape=lambda size: (size,), dtype=None):
    """Add nets made of `functions`; parameters are counted from `first`."""
    f = SimpleNamespace(**functions)

    class FullyConnectedNet:
        def __init__(
            self, hidden_dims, input_dim=784, num_classes=10, reg=0.0, weight_scale=1e-2,
            dtype=np.float32, seed=None, use_batchnorm=False,
        ):  # fmt: skip
            if seed is not None:
                np.random.seed(seed)
            self.reg, self.bn, self.count = reg, use_batchnorm, len(hidden_dims) + 1
            self.params, sizes = {}, [input_dim, *hidden_dims, num_classes]
            for i in range(self.count):
                shape = sizes[i], sizes[i + 1]
                self.params[f"W{i + first}"] = np.random.normal(0.0, weight_scale, shape)
                self.params[f"b{i + first}"] = np.zeros(sizes[i + 1])
                if use_batchnorm and i < self.count - 1:
                    self.params[f"gamma{i + first}"] = np.ones(gamma_shape(sizes[i + 1]))
                    self.params[f"beta{i + first}"] = np.zeros(gamma_shape(sizes[i + 1]))
            self.params = {name: value.astype(dtype) for name, value in self.params.items()}
            self.bn_params = [{"mode": "train"} for _ in hidden_dims]

        def loss(self, X, y=None):
            p, caches, last = self.params, [], self.count - 1 + first
            for bn_param in self.bn_params:
                bn_param["mode"] = "test" if y is None else "train"
            for i in range(first, last):
                X, fc = f.affine_forward(X, p[f"W{i}"], p[f"b{i}"])
                bn = None
                if self.bn:
                    X, bn = f.batchnorm_forward(
                        X, p[f"gamma{i}"], p[f"beta{i}"], self.bn_params[i - first]
                    )
                X, relu = f.relu_forward(X)
                caches.append((fc, bn, relu))
            scores, fc = f.affine_forward(X, p[f"W{last}"], p[f"b{last}"])
            if y is None:
                return scores
            loss, dout = softmax_loss(scores, y)
            grads = {}
            dout, grads[f"W{last}"], grads[f"b{last}"] = f.affine_backward(dout, fc)
            for i in reversed(range(first, last)):
                fc, bn, relu = caches.pop()
                dout = f.relu_backward(dout, relu)
                if self.bn:
                    dout, grads[f"gamma{i}"], grads[f"beta{i}"] = f.batchnorm_backward(dout, bn)
                dout, grads[f"W{i}"], grads[f"b{i}"] = f.affine_backward(dout, fc)
            for name in p:
                if name.startswith("W"):
                    loss += 0.5 * self.reg * np.sum(p[name] * p[name])
                    grads[name] = grads[name] + self.reg * p[name]
            return (loss if dtype is None else dtype(loss)), grads

    class TwoLayerNet(FullyConnectedNet):
        def __init__(
            self, input_dim=784, hidden_dim=100, num_classes=10, weight_scale=1e-3, reg=0.0
        ):
            super().__init__([hidden_dim], input_dim, num_classes, reg, weight_scale)

    return functions | {"FullyConnectedNet": FullyConnectedNet, "TwoLayerNet": TwoLayerNet}


def float32():
    """Single precision throughout, whatever comes in."""
    return with_nets(plain(np.float32), dtype=np.float32)


def slope_one_at_zero():
    """The slope of relu at exactly 0 is 1."""
    return plain(relu_slope_at_zero=1.0)


def everything_in_place():
    """Backward passes write into dout and return it, and overwrite what the cache holds."""
    usual = plain()

    def affine_forward(x, w, b):
        return usual["affine_forward"](x, w, b)[0], (x.copy(), w, b)

    def affine_backward(dout, cache):
        x = cache[0]
        dx, dw, db = usual["affine_backward"](dout, cache)
        x[...] = dx
        dout *= 0
        return x, dw, db

    def relu_forward(x):
        np.maximum(x, 0, out=x)
        return x, x

    def relu_backward(dout, cache):
        dout[cache <= 0] = 0
        return dout

    def batchnorm_backward(dout, cache):
        gamma, xhat, std = cache
        dgamma, dbeta = (dout * xhat).sum(0), dout.sum(0)
        dout -= dbeta / len(dout)
        dout -= xhat * (dgamma / len(dout))
        dout *= gamma / std
        return dout, dgamma, dbeta

    changed = {
        "affine_forward": affine_forward, "affine_backward": affine_backward,
        "relu_forward": relu_forward, "relu_backward": relu_backward,
        "batchnorm_backward": batchnorm_backward, "batchnorm_backward_alt": batchnorm_backward,
    }  # fmt: skip
    return with_nets(usual | changed)


def caches_of_any_kind():
    """A dict, a list, an object, a dozen members."""
    usual = plain()

    def affine_forward(x, w, b):
        out, cache = usual["affine_forward"](x, w, b)
        return out, dict(zip("xwb", cache, strict=True))

    def affine_backward(dout, cache):
        return usual["affine_backward"](dout, tuple(cache.values()))

    def relu_forward(x):
        out, cache = usual["relu_forward"](x)
        return out, [cache]

    def relu_backward(dout, cache):
        return usual["relu_backward"](dout, cache[0])

    def batchnorm_forward(x, gamma, beta, bn_param):
        out, cache = usual["batchnorm_forward"](x, gamma, beta, bn_param)
        return out, SimpleNamespace(kept=(cache, *range(11)))

    def batchnorm_backward(dout, cache):
        return usual["batchnorm_backward"](dout, cache.kept[0])

    changed = dict(locals())
    changed.pop("usual")
    return with_nets(usual | changed | {"batchnorm_backward_alt": batchnorm_backward})


def lists_for_tuples():
    """`return [dx, dw, db]`, and lists of numbers for arrays."""
    usual = plain()

    def listed(name):
        return lambda *arguments: list(usual[name](*arguments))

    def relu_backward(dout, cache):
        return usual["relu_backward"](dout, cache).tolist()

    names = [name for name in usual if name.endswith(("forward", "backward", "alt"))]
    changed = {name: listed(name) for name in names} | {"relu_backward": relu_backward}
    return usual | changed


def counted_from_zero():
    """W0 b0 gamma0 …."""
    return with_nets(plain(), first=0)


def gamma_as_row():
    """Stored as (1, D)."""
    return with_nets(plain(), gamma_shape=lambda size: (1, size))


def gamma_as_number():
    """Stored as a single number that broadcasts."""
    return with_nets(plain(), gamma_shape=lambda size: ())


def one_row_or_feature_at_a_time():
    """Python loops over rows and over features, as slow as they are right."""
    usual = plain()

    def affine_forward(x, w, b):
        return np.array([row.reshape(-1) @ w + b for row in x]), (x, w, b)

    def affine_backward(dout, cache):
        x, w, b = cache
        dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros_like(b)
        for i, row in enumerate(dout):
            dx[i] = (w @ row).reshape(x[i].shape)
            dw += np.outer(x[i].reshape(-1), row)
            db += row
        return dx, dw, db

    def relu_backward(dout, cache):
        passed = [d if x > 0 else 0.0 for d, x in zip(dout.flat, cache.flat, strict=True)]
        return np.array(passed).reshape(dout.shape)

    def batchnorm_backward(dout, cache):
        gamma, xhat, std = cache
        dx, dgamma, dbeta = np.zeros_like(dout), np.zeros_like(gamma), np.zeros_like(gamma)
        for j in range(dout.shape[1]):
            d, h = dout[:, j], xhat[:, j]
            dgamma[j], dbeta[j] = d @ h, d.sum()
            dx[:, j] = gamma[j] / std[j] * (d - d.mean() - h * (d * h).mean())
        return dx, dgamma.reshape(-1), dbeta.reshape(-1)

    changed = dict(locals())
    changed.pop("usual")
    return with_nets(usual | changed | {"batchnorm_backward_alt": batchnorm_backward})


STYLES = (
    plain, float32, slope_one_at_zero, everything_in_place, caches_of_any_kind, lists_for_tuples,
    counted_from_zero, gamma_as_row, gamma_as_number, one_row_or_feature_at_a_time,
)  # fmt: skip
