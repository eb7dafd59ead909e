"""What the two notebooks are given: data, training, gradient checks, visible checks, plots.

Import this package before NumPy. Matrices as small as ours are multiplied as fast by one thread
as by two, at half the electricity, and one thread adds in the same order every time.
"""

import os
import sys

if sys.version_info < (3, 11):  # noqa: UP036 - said before the first line that needs it
    raise ImportError(
        "This assignment needs Python 3.11 or newer, and this kernel runs Python "
        f"{sys.version_info[0]}.{sys.version_info[1]}: install a newer one, or choose another "
        "kernel (README.md says how)."
    )

if os.environ.get("NBGRADER_EXECUTION") is None and not os.access(os.getcwd(), os.W_OK):
    print(
        "This folder cannot be written to, so neither your notebook nor what experiments find can "
        "be kept: copy the whole folder to a place of your own and open the notebook there."
    )

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")
