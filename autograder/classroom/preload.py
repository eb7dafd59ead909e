"""What every local worker has loaded when it starts: imported once, before they are forked."""

import gc

from autograder.classroom.start import collect_seldom, skip_uri_grammar

skip_uri_grammar()
collect_seldom()

# Only now, because of what is above. The command line is what a worker's main module imports.
import autograder.classroom.packing  # noqa: E402
import autograder.gradebook.autograded  # noqa: E402, F401

gc.freeze()
