"""What the attacks share: short limits, a secret to look for, and a look at what is left over."""

import os

import pytest
from msgspec.structs import replace

from autograder.sandbox import POLICY
from autograder.sandbox.policy import MIB
from autograder.sandbox.processes import children

QUICK = replace(
    POLICY,
    cell_cpu=0.6,
    later_cell_cpu=0.3,
    cell_wall=3,
    check_cpu=0.6,
    later_check_cpu=0.3,
    check_wall=1.5,
    later_check_wall=1,
    submission_wall=20,
    memory=640 * MIB,
    process_memory=600 * MIB,
    disk=8 * MIB,
    output_bytes=MIB,
    reply_bytes=4 * MIB,
)
PATIENT = replace(QUICK, cell_cpu=20, cell_wall=30, check_cpu=10, check_wall=15, submission_wall=90)
patiently = pytest.mark.parametrize("zygote", ["patient"], indirect=True)
SECRET = "a grade that nobody may see"


def processes() -> set[int]:
    """Return all descendants of this process."""
    found = [os.getpid()]
    for pid in found:
        found += children(pid)
    return set(found[1:])


def printed(run) -> str:
    """Return what a cell printed."""
    return "".join(o["text"] for o in run.outputs if o["output_type"] == "stream")
