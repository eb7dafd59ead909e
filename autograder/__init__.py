"""Grade notebook assignments that student code can neither read nor forge."""

from autograder.startup import one_thread

one_thread()
