"""Everything transposed: columns are examples, and the cache is a dictionary."""


def affine_forward(x, w, b):
    columns = x.reshape(x.shape[0], -1).T
    return (w.T.dot(columns) + b[:, None]).T, {"columns": columns, "w": w, "shape": x.shape}


def affine_backward(dout, cache):
    dcolumns = cache["w"].dot(dout.T)
    return dcolumns.T.reshape(cache["shape"]), cache["columns"].dot(dout), dout.T.sum(axis=1)
