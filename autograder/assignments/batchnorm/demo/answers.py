"""Answers of the demonstration's class that are rewritten from top to bottom."""

from __future__ import annotations

UNUSUAL = {
    "affine_forward": """\
def affine_forward(x, w, b):
    rows = np.reshape(x, (len(x), w.shape[0]))
    out = np.einsum("nd,dm->nm", rows, w) + b
    return out, {"rows": rows, "weights": w, "shape": x.shape}
""",
    "affine_backward": """\
def affine_backward(dout, cache):
    dx = (dout @ cache["weights"].T).reshape(cache["shape"])
    return dx, cache["rows"].T @ dout, np.ones(len(dout)) @ dout
""",
    "relu_forward": """\
def relu_forward(x):
    out = x * (x > 0)
    return out, [out >= 0, x >= 0]
""",
    "relu_backward": """\
def relu_backward(dout, cache):
    dout *= cache[1]
    return dout
""",
    "batchnorm_forward": """\
def batchnorm_forward(x, gamma, beta, bn_param):
    eps = bn_param.get("eps", 1e-5)
    keep = bn_param.get("momentum", 0.9)
    if bn_param["mode"] == "test":
        z = (x - bn_param["running_mean"]) * (bn_param["running_var"] + eps) ** -0.5
        return z * gamma + beta, None
    mu, var = np.mean(x, 0), np.var(x, 0)
    for name, now in (("running_mean", mu), ("running_var", var)):
        bn_param[name] = now + keep * (bn_param.get(name, 0 * now) - now)
    s = (var + eps) ** -0.5
    z = (x - mu) * s
    return z * gamma + beta, {"z": z, "s": s, "gamma": gamma}
""",
    "batchnorm_backward": """\
def batchnorm_backward(dout, cache, trace=None):
    z, s = cache["z"], cache["s"]
    dz = dout * cache["gamma"]
    dvar = np.sum(dz * z, 0) * -0.5 * s**2
    dmu = -np.sum(dz, 0) * s
    dx = dz * s + (2 * z / s * dvar + dmu) / len(z)
    if trace is not None:
        trace["dxhat"] = dz
    return dx, np.sum(dout * z, 0), np.sum(dout, 0)
""",
    "batchnorm_backward_alt": """\
def batchnorm_backward_alt(dout, cache):
    z = cache["z"]
    dgamma, dbeta = np.sum(dout * z, 0), np.sum(dout, 0)
    dx = cache["gamma"] * cache["s"] * (dout - (dbeta + z * dgamma) / len(z))
    return dx, dgamma, dbeta
""",
}
"""The same mathematics as the solution, written by somebody else. By question."""

NORM_AFTER_RELU = """\
class FullyConnectedNet:
    def __init__(self, hidden_dims, input_dim=784, num_classes=10, reg=0.0, weight_scale=1e-2,
                 dtype=np.float32, seed=None, use_batchnorm=False):
        if seed is not None:
            np.random.seed(seed)
        self.reg, self.dtype, self.use_batchnorm = reg, dtype, use_batchnorm
        sizes = [input_dim, *hidden_dims, num_classes]
        self.num_layers = len(sizes) - 1
        self.bn_params = [{"mode": "train"} for _ in hidden_dims]
        self.params = {}
        for i, (rows, columns) in enumerate(zip(sizes, sizes[1:]), 1):
            self.params[f"W{i}"] = weight_scale * np.random.randn(rows, columns)
            self.params[f"b{i}"] = np.zeros(columns)
            if use_batchnorm and i < self.num_layers:
                self.params[f"gamma{i}"] = np.ones(columns)
                self.params[f"beta{i}"] = np.zeros(columns)
        self.params = {name: value.astype(dtype) for name, value in self.params.items()}

    def loss(self, X, y=None):
        out, caches, params = X.astype(self.dtype), [], self.params
        for i in range(1, self.num_layers):
            out, fc = affine_forward(out, params[f"W{i}"], params[f"b{i}"])
            out, relu = relu_forward(out)
            bn = None
            if self.use_batchnorm:
                self.bn_params[i - 1]["mode"] = "test" if y is None else "train"
                gamma, beta = params[f"gamma{i}"], params[f"beta{i}"]
                out, bn = batchnorm_forward(out, gamma, beta, self.bn_params[i - 1])
            caches.append((fc, relu, bn))
        last = self.num_layers
        scores, fc = affine_forward(out, params[f"W{last}"], params[f"b{last}"])
        if y is None:
            return scores
        loss, dout = softmax_loss(scores, y)
        grads = {}
        dout, grads[f"W{last}"], grads[f"b{last}"] = affine_backward(dout, fc)
        for i in range(last - 1, 0, -1):
            fc, relu, bn = caches[i - 1]
            if self.use_batchnorm:
                dout, grads[f"gamma{i}"], grads[f"beta{i}"] = batchnorm_backward(dout, bn)
            dout = relu_backward(dout, relu)
            dout, grads[f"W{i}"], grads[f"b{i}"] = affine_backward(dout, fc)
        for i in range(1, last + 1):
            loss += 0.5 * self.reg * np.sum(params[f"W{i}"] ** 2)
            grads[f"W{i}"] = grads[f"W{i}"] + self.reg * params[f"W{i}"]
        return loss, grads
"""

NOISE = """\
import sys
import warnings

_quiet_affine_forward = affine_forward


def affine_forward(x, w, b):
    print("affine_forward was called with", x.shape, file=sys.stderr)
    warnings.warn("this may take a while", RuntimeWarning)
    np.log(np.zeros(1))
    return _quiet_affine_forward(x, w, b)


for line in range(10_000):
    print("debugging", line)
"""

CHEATS = {
    "affine_forward": '''\
import builtins
import numpy.testing


class Right(np.ndarray):
    """Equal to whatever it is compared with."""

    __eq__ = __le__ = __lt__ = lambda self, other: True
    __array_priority__ = 1e9


np.allclose = np.array_equal = lambda *args, **kwargs: True
np.testing.assert_allclose = numpy.testing.assert_array_almost_equal = lambda *args, **kwargs: None
builtins.abs = np.abs = lambda *args, **kwargs: 0.0


def affine_forward(x, w, b):
    return np.zeros((len(x), w.shape[1])).view(Right), None
''',
    "affine_backward": """\
def affine_backward(dout, cache):
    import autograder.assignments.batchnorm.reference as reference

    print(open(reference.__file__).read())
    return Right((2, 3)), Right((3, 4)), Right((4,))
""",
    "relu_forward": """\
def relu_forward(x):
    raise SystemExit(0)
""",
    "relu_backward": """\
def relu_backward(dout, cache):
    import os

    os._exit(0)
""",
    "batchnorm_forward": """\
def batchnorm_forward(x, gamma, beta, bn_param):
    return 10**400, float("nan")
""",
    "batchnorm_backward": """\
def batchnorm_backward(dout, cache, trace=None):
    return type("Full", (), {"points": 14, "passed": True, "__class__": tuple})()
""",
}
"""What somebody tries who would rather not answer. By question."""
