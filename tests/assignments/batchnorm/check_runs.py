"""Run the hidden checks on trusted code, as the grader runs them on a submission."""

from typing import NamedTuple

import numpy as np
from submissions import ROOT, TESTS_SECRET

from autograder.assignment import find
from autograder.checking import collect
from autograder.checking.collect import Check, Checks, Outcome
from autograder.checking.faults import StudentFault
from autograder.checking.peers import LocalPeer
from autograder.checking.student import Student
from autograder.course.course import Course
from autograder.diagnosis.mistakes import Mistakes
from autograder.diagnosis.shared import diagnosis_of

QUESTIONS = (
    "affine_forward", "affine_backward", "relu_forward", "relu_backward", "two_layer_net",
    "fully_connected_net", "batchnorm_forward", "batchnorm_backward", "batchnorm_backward_alt",
    "batchnorm_net",
)  # fmt: skip
SECRET = TESTS_SECRET.encode()  # that of the graders: what names mistakes is worked out once
ASSIGNMENT = find(Course(ROOT), "batchnorm")
RELEASE = ASSIGNMENT.release
MISTAKES = Mistakes(ASSIGNMENT)
FUNCTIONS = tuple(name for name, one in ASSIGNMENT.answers.items() if one.form == "function")


class Ran(NamedTuple):
    """What came of a check, and what was seen of the answer."""

    outcome: Outcome
    check: Check
    trace: list
    fault: StudentFault | None


def collected_checks():
    """The assignment's checks."""
    return Checks(ASSIGNMENT.checks())


def student_of(namespace, **options):
    """A student with these names, and the reference's for all others."""
    names = {"np": np, **ASSIGNMENT.namespace(), **namespace}
    return Student(LocalPeer(names), ASSIGNMENT.answers, records={}, **options)


def outcomes(checks, namespace, questions=QUESTIONS, secret=SECRET, release=RELEASE):
    """{(question, check): what came of it}."""
    results = {}
    for question in questions:
        memory = {}
        for check in checks.of(question):
            student = student_of(namespace, memory=memory)
            ran = collect.run(check, student, secret, release)
            assert not ran.staff, ran.staff
            results[question, check.name] = Ran(ran.outcome, check, student.trace, ran.fault)
    return results


def not_passed(results):
    """What did not pass: {(question, check): message}."""
    return {
        key: ran.outcome.message for key, ran in results.items() if ran.outcome.verdict != "passed"
    }


def named(ran):
    """The named mistake that a failed check's answer makes, or None."""
    return diagnosis_of(ASSIGNMENT, SECRET).name(ran.check, ran.trace, ran.fault)
