"""The two-layer net written out, without a call of a layer; float32 inside."""

import numpy as np


class TwoLayerNet:
    def __init__(self, input_dim=784, hidden_dim=100, num_classes=10, weight_scale=1e-3, reg=0.0):
        self.params, self.reg = {}, reg
        self.params["b2"], self.params["b1"] = np.zeros(num_classes), np.zeros((hidden_dim,))
        self.params["W2"] = weight_scale * np.random.standard_normal((hidden_dim, num_classes))
        self.params["W1"] = weight_scale * np.random.standard_normal((input_dim, hidden_dim))

    def loss(self, X, y=None):
        p = {name: np.asarray(value, np.float32) for name, value in self.params.items()}
        rows = np.asarray(X, np.float32).reshape(len(X), -1)
        hidden = np.maximum(rows @ p["W1"] + p["b1"], 0)
        scores = hidden @ p["W2"] + p["b2"]
        if y is None:
            return scores
        N = len(y)
        probabilities = np.exp(scores - scores.max(axis=1, keepdims=True))
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        loss = -np.mean(np.log(probabilities[np.arange(N), y]))
        loss += self.reg / 2 * sum(np.sum(p[name] ** 2) for name in ("W1", "W2"))
        dscores = probabilities.copy()
        dscores[np.arange(N), y] -= 1
        dscores /= N
        dhidden = np.where(hidden > 0, dscores @ p["W2"].T, 0)
        return loss, {
            "W2": hidden.T @ dscores + self.reg * p["W2"],
            "b2": dscores.sum(axis=0),
            "W1": rows.T @ dhidden + self.reg * p["W1"],
            "b1": dhidden.sum(axis=0),
        }
