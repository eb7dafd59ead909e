"""Grade notebook assignments that student code can neither read nor forge."""

import os

# Before NumPy loads: on arrays as small as these, two BLAS threads take the same time and twice the
# CPU, and many workers side by side take turns waiting for each other.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")
