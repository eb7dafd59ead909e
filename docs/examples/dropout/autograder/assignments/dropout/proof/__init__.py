"""What the proof holds the checks against, beside the named mistakes."""

from autograder.assignments.dropout.checks.test_report import TRAPS, WORDS
from autograder.assignments.dropout.reference import dropout_answers
from autograder.proof.given import Form, Trap

NUMBERS = {
    field: [*(Trap(value, name) for value, (name, _) in wrong.items()), Trap(3.0), Trap("1.0")]
    for field, wrong in TRAPS.items()
}
OTHERS = {
    field: [Trap(word) for word in words if word != dropout_answers.value[field]]
    for field, words in WORDS.items()
}
FORMS = {"dropout_report": Form({**NUMBERS, **OTHERS})}
