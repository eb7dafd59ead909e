"""The grader sees at once that a fork has ended."""

import pytest
from attacks import patiently

from autograder.sandbox import SourceCell, StudentDied


@patiently
def test_the_end_of_a_branch_is_seen_at_once(zygote):
    """Not when its time is up: that once depended on who ran first after the fork."""
    with zygote.session({}) as session:
        session.run([SourceCell("a", "import os")])
        for _ in range(60):
            with session.fork() as fork, pytest.raises(StudentDied):
                fork.request("call", target="os._exit", args=[0], kwargs={})
