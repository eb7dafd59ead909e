"""Run the hidden checks on trusted code, as the grader runs them on a submission."""

from autograder.checking.peers import LocalPeer
from autograder.checking.student import Student
from autograder.diagnosis.diagnose import trusted_namespace

QUESTIONS = (
    "affine_forward", "affine_backward", "relu_forward", "relu_backward", "two_layer_net",
    "fully_connected_net", "batchnorm_forward", "batchnorm_backward", "batchnorm_backward_alt",
    "batchnorm_net",
)  # fmt: skip
SECRET = b"the secret of a course in a test"


def outcomes(checks, namespace, questions=QUESTIONS, secret=SECRET):
    """{(question, check): (outcome, the check, the student's trace)}."""
    results = {}
    for question in questions:
        memory = {}
        for check in checks.of(question):
            student = Student(LocalPeer(trusted_namespace() | namespace), memory=memory)
            outcome, staff = checks.run(check, student, secret)
            assert not staff, staff
            results[question, check.name] = outcome, check, student.trace
    return results


def not_passed(results):
    """What did not pass: {(question, check): message}."""
    return {
        key: outcome.message
        for key, (outcome, _, _) in results.items()
        if outcome.verdict != "passed"
    }
