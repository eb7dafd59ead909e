"""An early mistake is carried no further than its own question: how the engine does it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tiny_course
from nbformat.v4 import new_code_cell
from tiny_course import hand_in

from autograder.course.course import Course
from autograder.course.questions import questions_of
from autograder.errors import UsageError
from autograder.grading.grade import Grader
from autograder.grading.graded import GradedSubmission
from autograder.model import CheckResult, QuestionScore, Verdict

GradeTiny = Callable[..., GradedSubmission]
WRONG = "def initials(name):\n    return name[:1]"


@pytest.fixture
def grade(tiny_grader: Grader, tmp_path: Path) -> GradeTiny:
    """The grade of a submission; the arguments are those of `hand_in`."""
    return lambda *args, **kwargs: tiny_grader.grade(hand_in(tmp_path / "ada", *args, **kwargs))


def question(graded: GradedSubmission, id_: str) -> QuestionScore:
    (asked,) = (q for q in graded.grade.questions if q.id == id_)
    return asked


def account(**methods: str) -> str:
    """The class, with other methods."""
    text = tiny_course.ACCOUNT
    for name, body in methods.items():
        assert f"def {name}(self):" in text
        text += f"\n\n\ndef {name}(self):\n    {body}\n\n\nAccount.{name} = {name}"
    return text


# In the sandbox


@pytest.mark.parametrize(
    "broken",
    [
        WRONG,
        'print "x"\n' + tiny_course.INITIALS,
        "import torch_is_not_here\n" + tiny_course.INITIALS,
        "def initials(name):\n    while True:\n        pass",
        "def initials(name):\n    raise NotImplementedError",
        "initials = 3",
        "",
    ],
)
def test_a_question_is_right_whatever_it_is_built_on(grade: GradeTiny, broken: str) -> None:
    graded = grade({"initials": broken})
    upstream, built = question(graded, "initials"), question(graded, "account")
    assert (upstream.carried_forward, built.carried_forward) == (False, True)
    assert (upstream.score or 0.0) < upstream.max_score
    assert built.score == built.max_score
    told = {check.name: check.message for check in built.checks if check.carried}
    assert told == {"statement": "Passed with right `initials` lent in place of yours."}


def test_what_is_not_carried_says_nothing_of_it_in_the_json(grade: GradeTiny) -> None:
    assert '"carried":' not in grade().grade.to_json()
    assert grade({"initials": WRONG}).grade.to_json().count('"carried":true') == 1


@pytest.mark.parametrize(
    "label",
    [
        "return 'XY'",
        "return initials(self.owner).lower()",
        "return initials('alan turing')",
        "return initials(initials)",
        "return initials(self.owner, 1)",
        "return initials(name=self.owner, other=2)",
        "return (lambda f: f(self.owner))(type(self).own)",
        "import os; os._exit(0)",
    ],
)
def test_a_mistake_of_its_own_stays(grade: GradeTiny, label: str) -> None:
    text = account(label=label) + "\nAccount.own = staticmethod(lambda name: name[:1])"
    built = question(grade({"initials": WRONG, "account": text}), "account")
    assert not built.carried_forward
    assert built.score is not None
    assert built.score < built.max_score


def test_the_question_itself_never_gains(grade: GradeTiny) -> None:
    for broken in (WRONG, "", "def initials(name):\n    return initials.__name__"):
        upstream = question(grade({"initials": broken}), "initials")
        assert upstream.score == 0
        assert not upstream.carried_forward


ASK = "ask = next(c.cell_contents for c in initials.__closure__ if callable(c.cell_contents))"
FORGED = "{{'lent': {lent}, 'args': {args}, 'names': {names}, 'tokens': {tokens}}}"


def forged(
    lent: str = "'initials'", args: str = "[]", names: str = "[]", tokens: str = "[]"
) -> str:
    return f"ask({FORGED.format(lent=lent, args=args, names=names, tokens=tokens)})"


@pytest.mark.parametrize(
    "attack",
    [
        "for _ in range(10**6): initials(self.owner)",
        "for _ in range(10**6): initials('a ' * 200_000)",
        "import numpy as np; initials(np.zeros(10**8))",
        "import numpy as np; initials(np.zeros(10**9))",
        "initials([[0.5] * 1000] * 10**6)",
        *(
            f"{ASK}; {call}"
            for call in (
                forged(lent="'standardize'", args="[[1.0]]"),
                forged(lent="'__import__'", args="['os']"),
                forged(lent="['initials']"),
                forged(args="{'a': 1}"),
                forged(args="['ada']", names="['name', 'name']"),
                forged(args="['ada']", names="[3]"),
                forged(args="['ada']", tokens="[[0, 0]]"),
                forged(args="['ada']", tokens="[[-1, -1]]"),
                forged(args="['ada']", tokens="3"),
                "ask({'lent': 'initials'})",
                "ask({})",
            )
        ),
    ],
)
def test_an_attack_through_what_is_lent_costs_only_itself(grade: GradeTiny, attack: str) -> None:
    """The class is right but for the attack, which it makes only where something is lent."""
    given = "{'self': self, 'initials': initials}"
    body = f"if initials.__closure__: exec({attack!r}, {given})\n    return 'XY'"
    started = time.monotonic()
    graded = grade({"initials": WRONG, "account": account(label=body)})
    assert time.monotonic() - started < 30
    built = question(graded, "account")
    assert not built.carried_forward
    verdicts = {check.name: check.verdict for check in built.checks}
    assert verdicts == {
        "deposit": Verdict.PASSED, "overdraft": Verdict.PASSED, "statement": Verdict.FAILED,
    }  # fmt: skip
    assert graded.staff_notes == ()
    assert question(graded, "standardize").score == 4


# What a notebook declares


def declared(course: Course, **flags: Any) -> Any:
    """How the second of two questions is carried."""
    cells = [
        *tiny_course.question("one", "", 1, "", defines="one"),
        *tiny_course.question("two", "", 1, "", defines="two", **flags),
        new_code_cell(""),
    ]
    tiny_course.write(course.root / "source" / "a" / "a.ipynb", tiny_course.notebook(cells))
    return questions_of(course, "a")[1].carry


def test_what_is_built_on_others_is_lent_them_by_default(tmp_path: Path) -> None:
    course = tiny_course.lay_out(tmp_path)
    assert declared(course) == "none"
    assert declared(course, upstream=["one"]) == "lend"
    assert declared(course, upstream=["one"], kind="form") == "none"
    for kind in ("lend", "own", "none"):
        assert declared(course, upstream=["one"], carry={"kind": kind}) == kind
    for wrong in ("lend", {"kind": "borrow"}, {}, None, {"kind": []}):
        with pytest.raises(UsageError, match="'two' declares carry"):
            declared(course, upstream=["one"], carry=wrong)


def test_a_result_that_was_carried_is_read_as_it_was_written() -> None:
    check = CheckResult("a", 1.0, 1.0, Verdict.PASSED, "why", carried=True)
    assert check.carried
    assert not CheckResult("a", 1.0, 1.0, Verdict.PASSED).carried
