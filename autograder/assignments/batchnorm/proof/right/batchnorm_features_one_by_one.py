"""A loop over the features, each a function of its own column."""

import numpy as np


def batchnorm_forward(x, gamma, beta, bn_param):
    eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    D = x.shape[1]
    means = bn_param.get("running_mean", np.zeros(D)).copy()
    variances = bn_param.get("running_var", np.zeros(D)).copy()
    out, columns = np.zeros(x.shape), []
    for d in range(D):
        column = x[:, d]
        if bn_param["mode"] == "train":
            mean = sum(column) / len(column)
            var = sum((column - mean) ** 2) / len(column)
            means[d] = momentum * means[d] + (1 - momentum) * mean
            variances[d] = momentum * variances[d] + (1 - momentum) * var
        else:
            mean, var = means[d], variances[d]
        std = (var + eps) ** 0.5
        out[:, d] = gamma[d] * ((column - mean) / std) + beta[d]
        columns.append(((column - mean) / std, std, gamma[d]))
    if bn_param["mode"] == "train":
        bn_param["running_mean"], bn_param["running_var"] = means, variances
    return out, columns


def batchnorm_backward(dout, cache):
    dx, dgamma, dbeta = np.zeros(dout.shape), [], []
    for d, (normalized, std, gamma) in enumerate(cache):
        upstream = dout[:, d]
        dgamma.append(upstream @ normalized)
        dbeta.append(upstream.sum())
        left = upstream - upstream.mean() - normalized * (upstream * normalized).mean()
        dx[:, d] = gamma / std * left
    return dx, np.array(dgamma), np.array(dbeta)
