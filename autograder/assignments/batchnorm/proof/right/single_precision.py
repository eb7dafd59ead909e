"""A whole submission in float32, whatever comes in; the net has its layers in lists."""

import numpy as np

from autograder.assignments.batchnorm.layers import softmax_loss


def single(*values):
    return [np.asarray(value, dtype=np.float32) for value in values]


def affine_forward(x, w, b):
    x, w, b = single(x, w, b)
    return x.reshape(len(x), -1).dot(w) + b, (x, w)


def affine_backward(dout, cache):
    x, w = cache
    (dout,) = single(dout)
    return dout.dot(w.T).reshape(x.shape), x.reshape(len(x), -1).T.dot(dout), dout.sum(axis=0)


def relu_forward(x):
    (x,) = single(x)
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return single(dout)[0] * (cache > 0)


def batchnorm_forward(x, gamma, beta, bn_param):
    x, gamma, beta = single(x, gamma, beta)
    eps, momentum = np.float32(bn_param.get("eps", 1e-5)), bn_param.get("momentum", 0.9)
    old = [bn_param.get(name, np.zeros(x.shape[1])) for name in ("running_mean", "running_var")]
    mean, var = single(*old)
    if bn_param["mode"] == "train":
        now = x.mean(axis=0), x.var(axis=0)
        bn_param["running_mean"] = momentum * mean + (1 - momentum) * now[0]
        bn_param["running_var"] = momentum * var + (1 - momentum) * now[1]
        mean, var = now
    hat = (x - mean) / np.sqrt(var + eps)
    return gamma * hat + beta, (hat, gamma / np.sqrt(var + eps))


def batchnorm_backward(dout, cache):
    hat, scale = cache
    (dout,) = single(dout)
    dx = scale * (dout - dout.mean(axis=0) - hat * (dout * hat).mean(axis=0))
    return dx, (dout * hat).sum(axis=0), dout.sum(axis=0)


class FullyConnectedNet:
    def __init__(
        self, hidden_dims, input_dim=784, num_classes=10, reg=0.0, weight_scale=1e-2,
        dtype=np.float32, seed=None, use_batchnorm=False,
    ):  # fmt: skip
        if seed is not None:
            np.random.seed(seed)
        self.reg, self.params = reg, {}
        sizes = [input_dim, *hidden_dims, num_classes]
        self.layers = list(range(1, len(sizes)))
        for i in self.layers:
            W = np.random.randn(sizes[i - 1], sizes[i]) * weight_scale
            self.params[f"W{i}"], self.params[f"b{i}"] = single(W, np.zeros(sizes[i]))
        self.bn_params = {i: {} for i in self.layers[:-1]} if use_batchnorm else {}
        for i in self.bn_params:
            ones = np.ones(sizes[i])
            self.params[f"gamma{i}"], self.params[f"beta{i}"] = single(ones, 0 * ones)

    def loss(self, X, y=None):
        p, caches, a = self.params, [], X
        for i in self.layers:
            a, cache = affine_forward(a, p[f"W{i}"], p[f"b{i}"])
            caches.append((i, "affine", cache))
            if i in self.bn_params:
                self.bn_params[i]["mode"] = "test" if y is None else "train"
                a, cache = batchnorm_forward(a, p[f"gamma{i}"], p[f"beta{i}"], self.bn_params[i])
                caches.append((i, "batchnorm", cache))
            if i < len(self.layers):
                a, cache = relu_forward(a)
                caches.append((i, "relu", cache))
        if y is None:
            return a
        loss, dout = softmax_loss(a, y)
        grads = {}
        for i, kind, cache in reversed(caches):
            if kind == "relu":
                dout = relu_backward(dout, cache)
            elif kind == "batchnorm":
                dout, grads[f"gamma{i}"], grads[f"beta{i}"] = batchnorm_backward(dout, cache)
            else:
                (W,) = single(p[f"W{i}"])
                dout, dW, grads[f"b{i}"] = affine_backward(dout, cache)
                grads[f"W{i}"] = dW + np.float32(self.reg) * W
                loss += 0.5 * self.reg * np.sum(W * W)
        return np.float32(loss), grads
