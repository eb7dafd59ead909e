"""What grading one submission needs, made once for a class."""

from __future__ import annotations

from pathlib import Path

import msgspec

from autograder.assignment import Assignment
from autograder.checking.collect import Checks
from autograder.course.questions import Question
from autograder.diagnosis.diagnose import Diagnosis
from autograder.grading.carry import Carrier
from autograder.sandbox.client import Sandbox
from autograder.sandbox.policy import Policy


class Kit(msgspec.Struct, frozen=True):
    """What grading one submission needs, the same for a whole class."""

    assignment: Assignment
    questions: tuple[Question, ...]
    checks: Checks
    diagnosis: Diagnosis
    carrier: Carrier
    sandbox: Sandbox
    policy: Policy
    secret: bytes
    release: Path
