"""Mistakes in `weigh`."""

from autograder.assignments.mini.reference import weigh

from autograder.diagnosis.mistakes import misconception


@misconception(question="weigh", sentence="out leaves out b.", hint="Where does b go?")
def bias_left_out(x, w, b):
    """Without b."""
    return weigh(x, w, 0.0 * b)
