"""What the two notebooks are given: data, training, gradient checks, visible checks, plots.

Import this package before NumPy. Matrices as small as ours are multiplied as fast by one thread
as by two, at half the electricity, and one thread adds in the same order every time.
"""

import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")
