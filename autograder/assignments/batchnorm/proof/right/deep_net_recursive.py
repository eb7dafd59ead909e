"""Layers call each other: forward on the way down, backward on the way up."""

import numpy as np

from autograder.assignments.batchnorm.layers import softmax_loss


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
        self.reg, self.params, self.use_batchnorm = reg, {}, use_batchnorm
        sizes = [input_dim, *hidden_dims, num_classes]
        self.last = len(sizes) - 1
        for i in range(1, self.last + 1):
            shape = (sizes[i - 1], sizes[i])
            self.params["W%d" % i] = (weight_scale * np.random.randn(*shape)).astype(dtype)
            self.params["b%d" % i] = np.zeros(shape[1], dtype=dtype)
            if use_batchnorm and i < self.last:
                self.params["gamma%d" % i] = np.ones(shape[1], dtype=dtype)
                self.params["beta%d" % i] = np.zeros(shape[1], dtype=dtype)
        self.bn_params = [{} for _ in hidden_dims]

    def loss(self, X, y=None):
        self.grads, self.y = {}, y
        for each in self.bn_params:
            each["mode"] = "test" if y is None else "train"
        result, _ = self.layer(1, X)
        return result if y is None else (result, self.grads)

    def layer(self, i, a):
        W, b = self.params["W%d" % i], self.params["b%d" % i]
        z, fc = affine_forward(a, W, b)
        penalty = 0.5 * self.reg * np.sum(W**2)
        if i == self.last:
            if self.y is None:
                return z, None
            result, dz = softmax_loss(z, self.y)
        else:
            if self.use_batchnorm:
                gamma, beta = self.params["gamma%d" % i], self.params["beta%d" % i]
                z, bn = batchnorm_forward(z, gamma, beta, self.bn_params[i - 1])
            h, mask = relu_forward(z)
            result, dz = self.layer(i + 1, h)
            if self.y is None:
                return result, None
            dz = relu_backward(dz, mask)
            if self.use_batchnorm:
                dz, dgamma, dbeta = batchnorm_backward(dz, bn)
                self.grads["gamma%d" % i], self.grads["beta%d" % i] = dgamma, dbeta
        da, dW, db = affine_backward(dz, fc)
        self.grads["W%d" % i], self.grads["b%d" % i] = dW + self.reg * W, db
        return result + penalty, da
