"""The net walks back by the simplified formula; biases and gammas are kept in one list."""

import numpy as np

from autograder.assignments.batchnorm.layers import softmax_loss


def hidden_forward(a, W, b, gamma=None, beta=None, bn_param=None):
    a, fc = affine_forward(a, W, b)
    bn = None
    if gamma is not None:
        a, bn = batchnorm_forward(a, gamma, beta, bn_param)
    a, relu = relu_forward(a)
    return a, (fc, bn, relu)


def hidden_backward(dout, cache):
    fc, bn, relu = cache
    dout = relu_backward(dout, relu)
    dgamma = dbeta = None
    if bn is not None:
        dout, dgamma, dbeta = batchnorm_backward_alt(dout, bn)
    return (*affine_backward(dout, fc), dgamma, dbeta)


class FullyConnectedNet:
    def __init__(
        self,
        hidden_dims,
        input_dim=784,
        num_classes=10,
        reg=0.0,
        weight_scale=1e-2,
        dtype=np.float32,
        seed=None,
        use_batchnorm=False,
    ):
        if seed is not None:
            np.random.seed(seed)
        self.reg, self.use_batchnorm, self.dtype = reg, use_batchnorm, dtype
        dims = np.concatenate([[input_dim], hidden_dims, [num_classes]]).astype(int)
        self.L = len(dims) - 1
        self.params = {}
        for i, (rows, columns) in enumerate(zip(dims[:-1], dims[1:], strict=True), 1):
            self.params["W" + str(i)] = np.random.randn(rows, columns) * weight_scale
            self.params["b" + str(i)] = np.zeros(columns)
            if use_batchnorm and i != self.L:
                self.params["gamma" + str(i)] = np.ones(columns)
                self.params["beta" + str(i)] = np.zeros(columns)
        for name in self.params:
            self.params[name] = self.params[name].astype(dtype)
        self.bn_params = [{"mode": "train"} for _ in range(self.L - 1)]

    def get(self, letters, i):
        return self.params.get(letters + str(i))

    def loss(self, X, y=None):
        X = X.astype(self.dtype)
        for each in self.bn_params:
            each["mode"] = "test" if y is None else "train"
        caches = {}
        for i in range(1, self.L):
            values = [self.get(letters, i) for letters in ("W", "b", "gamma", "beta")]
            X, caches[i] = hidden_forward(X, *values, self.bn_params[i - 1])
        scores, caches[self.L] = affine_forward(X, self.get("W", self.L), self.get("b", self.L))
        if y is None:
            return scores
        loss, dout = softmax_loss(scores, y)
        grads = {}
        dout, grads["W%d" % self.L], grads["b%d" % self.L] = affine_backward(dout, caches[self.L])
        for i in range(self.L - 1, 0, -1):
            dout, dW, db, dgamma, dbeta = hidden_backward(dout, caches[i])
            grads["W%d" % i], grads["b%d" % i] = dW, db
            if self.use_batchnorm:
                grads["gamma%d" % i], grads["beta%d" % i] = dgamma, dbeta
        for i in range(1, self.L + 1):
            W = self.get("W", i)
            loss = loss + 0.5 * self.reg * np.linalg.norm(W) ** 2
            grads["W%d" % i] = grads["W%d" % i] + self.reg * W
        return loss, grads
