"""What tests ask of a proof, whichever assignment's it is."""

from __future__ import annotations

from submissions import TESTS_SECRET

from autograder.assignment import Assignment
from autograder.proof.prove import prove


def hold(assignment: Assignment) -> None:
    """Prove an assignment's checks with the tests' secret."""
    proof = prove(assignment, TESTS_SECRET.encode())
    problems = {question.id: question.problems for question in proof.questions}
    assert {id_: some for id_, some in problems.items() if some} == {}
    assert [survivor.mutant for survivor in proof.survivors if not survivor.reason] == []
    assert proof.problems == ()
    assert proof.holds
    mistakes = [case for question in proof.questions for case in question.of("mistake")]
    assert mistakes
    unnamed = [case for case in mistakes if not case.named]
    assert len(unnamed) <= 0.1 * len(mistakes), unnamed  # those that raise have no name
    assert proof.mutants
