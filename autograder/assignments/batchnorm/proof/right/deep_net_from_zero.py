"""Parameters are counted from W0, and gamma and beta are numbers that broadcast."""

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
        np.random.seed(seed)
        self.reg, self.bn, self.params = reg, use_batchnorm, {}
        fan_in = input_dim
        for i, units in enumerate(list(hidden_dims) + [num_classes]):
            self.params[f"W{i}"] = np.random.normal(scale=weight_scale, size=(fan_in, units))
            self.params[f"b{i}"] = np.zeros(units)
            fan_in = units
        self.count = len(hidden_dims)
        if use_batchnorm:
            for i in range(self.count):
                self.params[f"gamma{i}"], self.params[f"beta{i}"] = np.ones(()), np.zeros(())
            self.bn_params = [{"mode": "train"} for _ in hidden_dims]
        self.params = {name: value.astype(dtype) for name, value in self.params.items()}

    def loss(self, X, y=None):
        p, stack = self.params, []
        for i in range(self.count):
            X, fc = affine_forward(X, p[f"W{i}"], p[f"b{i}"])
            bn = None
            if self.bn:
                self.bn_params[i]["mode"] = "train" if y is not None else "test"
                X, bn = batchnorm_forward(X, p[f"gamma{i}"], p[f"beta{i}"], self.bn_params[i])
            X, relu = relu_forward(X)
            stack.append((fc, bn, relu))
        scores, fc = affine_forward(X, p[f"W{self.count}"], p[f"b{self.count}"])
        if y is None:
            return scores
        loss, dout = softmax_loss(scores, y)
        grads = {}
        dout, grads[f"W{self.count}"], grads[f"b{self.count}"] = affine_backward(dout, fc)
        while stack:
            fc, bn, relu = stack.pop()
            i = len(stack)
            dout = relu_backward(dout, relu)
            if bn is not None:
                dout, grads[f"gamma{i}"], grads[f"beta{i}"] = batchnorm_backward(dout, bn)
            dout, grads[f"W{i}"], grads[f"b{i}"] = affine_backward(dout, fc)
        for name in [name for name in p if name[0] == "W"]:
            loss += 0.5 * self.reg * (p[name] * p[name]).sum()
            grads[name] = grads[name] + self.reg * p[name]
        return loss, grads
