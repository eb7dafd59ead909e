"""Questions share a fork as long as all goes well, and nobody's grade can tell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_course import INITIALS, STANDARDIZE, hand_in

from autograder.grading.grade import Grader
from autograder.model import Grade, Verdict
from autograder.sandbox.requests import Fork
from autograder.sandbox.session import Session

GradeTiny = Callable[..., Grade]

RUN_BEFORE = """\
import os
ran_in = set()
def standardize(x):
    ran_in.add(os.getpid())
    return (x - x.mean(axis=0)) / x.std(axis=0)"""
"""A right answer that leaves something behind, in the process that it runs in."""
SPOILT = "def initials(name):\n    if os.getpid() in ran_in:\n        {}\n    return {}"
RIGHT = "''.join(part[0] for part in name.split()).upper()"


@pytest.fixture
def grade(tiny_grader: Grader, tmp_path: Path) -> GradeTiny:
    """The grade of a submission with these answers."""
    return lambda **answers: tiny_grader.grade(hand_in(tmp_path / "ada", answers)).grade


@pytest.fixture
def forks(monkeypatch: pytest.MonkeyPatch) -> list[Fork]:
    """The forks that were made so far."""
    made: list[Fork] = []
    fork = Session.fork

    def counted(session: Session) -> Fork:
        made.append(fork(session))
        return made[-1]

    monkeypatch.setattr(Session, "fork", counted)
    return made


def test_all_questions_of_a_right_notebook_share_one_fork(
    grade: GradeTiny, forks: list[Fork]
) -> None:
    assert grade().score == 12
    assert len(forks) == 1


def test_random_numbers_come_anew_for_each_question(grade: GradeTiny, forks: list[Fork]) -> None:
    drawn = "import random\nstart = None\ndef draws():\n"
    drawn += "    return random.random(), np.random.rand(), np.random.default_rng().random()\n"
    answers = {
        "standardize": f"{drawn}{STANDARDIZE}".replace("    centred", "    draws()\n    centred"),
        # Only where as many numbers were drawn as in the notebook's cells is this right.
        "initials": "pos = np.random.get_state()[2], hash(random.getstate())\n"
        + INITIALS.replace(
            "    letters",
            "    assert pos == (np.random.get_state()[2], hash(random.getstate()))\n    letters",
        ),
    }
    assert grade(**answers).score == 12
    assert len(forks) == 1


@pytest.mark.parametrize("spoil", ["return '?'", "raise ValueError", "os._exit(1)", "ran_in[0]"])
def test_what_another_question_left_behind_costs_nothing(
    grade: GradeTiny, forks: list[Fork], spoil: str
) -> None:
    assert grade(standardize=RUN_BEFORE, initials=SPOILT.format(spoil, RIGHT)).score == 12
    assert len(forks) > 1


@pytest.mark.parametrize(
    "spoil", ["return '?'", "raise ValueError", "os._exit(1)", "while 1: pass"]
)
def test_a_mistake_is_told_as_in_a_fresh_fork(
    grade: GradeTiny, monkeypatch: pytest.MonkeyPatch, spoil: str
) -> None:
    wrong = f"def sleep():\n    while True: pass\ndef initials(name):\n    {spoil}"
    shared = grade(initials=wrong)
    monkeypatch.setattr("autograder.grading.forks.Forks.take", lambda _: None)  # none is shared
    assert shared.to_json() == grade(initials=wrong).to_json()
    assert {c.verdict for q in shared.questions if q.id == "initials" for c in q.checks} <= {
        *(Verdict.FAILED, Verdict.RAISED, Verdict.TIMEOUT)
    }
