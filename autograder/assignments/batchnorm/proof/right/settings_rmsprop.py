"""RMSProp, with NumPy's numbers for Python's."""

import numpy as np

settings = {
    "hidden_dim": np.int64(90),
    "epochs": 9,
    "batch_size": 100,
    "learning_rate": np.float64(1e-3),
    "lr_decay": np.float32(0.8),
    "weight_scale": 0.02,
    "reg": 0,
    "update_rule": "rmsprop",
}
