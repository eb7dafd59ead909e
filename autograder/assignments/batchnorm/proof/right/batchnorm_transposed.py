"""Features are rows: everything is transposed at the door and back again."""

import numpy as np


def batchnorm_forward(x, gamma, beta, bn_param):
    eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    features = x.T
    mean = bn_param.get("running_mean", np.zeros(len(features)))
    var = bn_param.get("running_var", np.zeros(len(features)))
    if bn_param["mode"] == "train":
        now = features.mean(axis=1), features.var(axis=1)
        bn_param["running_mean"] = momentum * mean + (1 - momentum) * now[0]
        bn_param["running_var"] = momentum * var + (1 - momentum) * now[1]
        mean, var = now
    hat = (features - mean[:, None]) / np.sqrt(var + eps)[:, None]
    return (gamma[:, None] * hat + beta[:, None]).T, (hat, gamma, np.sqrt(var + eps))


def batchnorm_backward(dout, cache):
    hat, gamma, std = cache
    upstream = dout.T
    N = upstream.shape[1]
    dgamma, dbeta = (upstream * hat).sum(axis=1), upstream.sum(axis=1)
    bracket = N * upstream - dbeta[:, np.newaxis] - hat * dgamma[:, np.newaxis]
    return ((gamma / std / N)[:, np.newaxis] * bracket).T, dgamma, dbeta
