"""A right submission written out by hand, to be made wrong by changes of single lines.

It is another make than the reference and than the answers of `student_answers`: long-hand stages,
its own caches, nets whose layers are written before and after a loop.
"""

import numpy as np

from autograder.assignments.batchnorm.reference import softmax_loss

LAYERS = """
def affine_forward(x, w, b):
    n = x.shape[0]
    flat = np.reshape(x, (n, -1))
    out = flat.dot(w) + b
    return out, (x, w, b)

def affine_backward(dout, cache):
    x, w, b = cache
    flat = x.reshape(x.shape[0], -1)
    dw = np.dot(flat.T, dout)
    db = np.sum(dout, axis=0)
    dx = np.dot(dout, w.T).reshape(x.shape)
    return dx, dw, db

def relu_forward(x):
    out = np.maximum(0, x)
    return out, x

def relu_backward(dout, cache):
    x = cache
    dx = np.array(dout, copy=True)
    dx[x <= 0] = 0
    return dx

def batchnorm_forward(x, gamma, beta, bn_param):
    mode = bn_param["mode"]
    eps = bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum", 0.9)
    N, D = x.shape
    running_mean = bn_param.get("running_mean", np.zeros(D))
    running_var = bn_param.get("running_var", np.zeros(D))
    out, cache = None, None
    if mode == "train":
        mu = np.mean(x, axis=0)
        xmu = x - mu
        var = np.mean(xmu ** 2, axis=0)
        std = np.sqrt(var + eps)
        xhat = xmu / std
        out = gamma * xhat + beta
        running_mean = momentum * running_mean + (1 - momentum) * mu
        running_var = momentum * running_var + (1 - momentum) * var
        cache = (xhat, gamma, xmu, std)
    elif mode == "test":
        xhat = (x - running_mean) / np.sqrt(running_var + eps)
        out = xhat * gamma + beta
    bn_param["running_mean"] = running_mean
    bn_param["running_var"] = running_var
    return out, cache

def batchnorm_backward(dout, cache):
    xhat, gamma, xmu, std = cache
    N, D = dout.shape
    dbeta = np.sum(dout, axis=0)
    dgamma = np.sum(dout * xhat, axis=0)
    dxhat = dout * gamma
    dinv = np.sum(dxhat * xmu, axis=0)
    dxmu1 = dxhat / std
    dstd = -dinv / std ** 2
    dvar = 0.5 * dstd / std
    dsq = np.ones((N, D)) / N * dvar
    dxmu2 = 2 * xmu * dsq
    dx1 = dxmu1 + dxmu2
    dmu = -np.sum(dx1, axis=0)
    dx2 = np.ones((N, D)) / N * dmu
    dx = dx1 + dx2
    return dx, dgamma, dbeta

def batchnorm_backward_alt(dout, cache):
    (h, g, c, s) = cache
    m = float(len(dout))
    sum_d = dout.sum(0)
    sum_dh = (dout * h).sum(0)
    result = (1. / m) * g / s * (m * dout - sum_d - h * sum_dh)
    return result, sum_dh, sum_d
"""

NETS = """
class TwoLayerNet:
    def __init__(self, input_dim=784, hidden_dim=100, num_classes=10, weight_scale=1e-3, reg=0.0):
        self.reg = reg
        self.params = {}
        self.params["W1"] = np.random.normal(0, weight_scale, size=(input_dim, hidden_dim))
        self.params["W2"] = weight_scale * np.random.randn(hidden_dim, num_classes)
        self.params["b1"] = np.zeros(hidden_dim)
        self.params["b2"] = np.zeros(num_classes)

    def loss(self, X, y=None):
        p = self.params
        a, c1 = affine_forward(X, p["W1"], p["b1"])
        h, c2 = relu_forward(a)
        scores, c3 = affine_forward(h, p["W2"], p["b2"])
        if y is None:
            return scores
        loss, dscores = softmax_loss(scores, y)
        loss += 0.5 * self.reg * (np.sum(p["W1"] ** 2) + np.sum(p["W2"] ** 2))
        grads = {}
        dh, grads["W2"], grads["b2"] = affine_backward(dscores, c3)
        da = relu_backward(dh, c2)
        dX, grads["W1"], grads["b1"] = affine_backward(da, c1)
        grads["W1"] += self.reg * p["W1"]
        grads["W2"] += self.reg * p["W2"]
        return loss, grads

class FullyConnectedNet:
    def __init__(self, hidden_dims, input_dim=784, num_classes=10, reg=0.0, weight_scale=1e-2,
                 dtype=np.float32, seed=None, use_batchnorm=False):
        if seed is not None:
            np.random.seed(seed)
        self.reg = reg
        self.use_batchnorm = use_batchnorm
        self.num_layers = 1 + len(hidden_dims)
        self.params = {}
        fan_in = input_dim
        for i, units in enumerate(hidden_dims):
            self.params["W%d" % (i + 1)] = np.random.randn(fan_in, units) * weight_scale
            self.params["b%d" % (i + 1)] = np.zeros(units)
            if self.use_batchnorm:
                self.params["gamma%d" % (i + 1)] = np.ones(units)
                self.params["beta%d" % (i + 1)] = np.zeros(units)
            fan_in = units
        last = self.num_layers
        self.params["W%d" % last] = np.random.randn(fan_in, num_classes) * weight_scale
        self.params["b%d" % last] = np.zeros(num_classes)
        self.bn_params = [{"mode": "train"} for _ in range(last)]
        for k, v in self.params.items():
            self.params[k] = v.astype(dtype)

    def loss(self, X, y=None):
        mode = "test" if y is None else "train"
        for bn in self.bn_params:
            bn["mode"] = mode
        L = self.num_layers
        p = self.params
        store = {}
        out = X
        for l in range(1, L):
            out = self.hidden(l, out, store)
        scores, store["fc", L] = affine_forward(out, p["W%d" % L], p["b%d" % L])
        if y is None:
            return scores
        loss, dout = softmax_loss(scores, y)
        grads = {}
        loss = loss + 0.5 * self.reg * np.sum(p["W%d" % L] ** 2)
        dout, dw, grads["b%d" % L] = affine_backward(dout, store["fc", L])
        grads["W%d" % L] = dw + self.reg * p["W%d" % L]
        for l in reversed(range(1, L)):
            W = p["W%d" % l]
            loss = loss + 0.5 * self.reg * np.sum(W * W)
            dout, dw, grads["b%d" % l] = self.back(l, dout, store, grads)
            grads["W%d" % l] = dw + self.reg * W
        return loss, grads

    def hidden(self, l, out, store):
        p = self.params
        out, store["fc", l] = affine_forward(out, p["W%d" % l], p["b%d" % l])
        if self.use_batchnorm:
            g, b = p["gamma%d" % l], p["beta%d" % l]
            out, store["bn", l] = batchnorm_forward(out, g, b, self.bn_params[l - 1])
        out, store["relu", l] = relu_forward(out)
        return out

    def back(self, l, dout, store, grads):
        dout = relu_backward(dout, store["relu", l])
        if self.use_batchnorm:
            dout, dg, db = batchnorm_backward(dout, store["bn", l])
            grads["gamma%d" % l], grads["beta%d" % l] = dg, db
        return affine_backward(dout, store["fc", l])
"""


def submission(*changes):
    """The names a submission defines, after `(old, new)` changes of its text."""
    text = LAYERS + NETS
    for old, new in changes:
        assert text.count(old) == 1, (text.count(old), old)
        text = text.replace(old, new)
    namespace = {"np": np, "softmax_loss": softmax_loss}
    exec(compile(text, "<submission>", "exec"), namespace)
    names = [name for name in namespace if name[0].isupper() or "ward" in name]
    return {name: namespace[name] for name in names}
