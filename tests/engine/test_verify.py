"""The proof of the checks tells a good set of checks from a bad one."""

from __future__ import annotations

import io
import itertools
import json
import shutil
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import tiny_course
from rich.console import Console
from typer.testing import CliRunner

from autograder.assignment import Assignment, find
from autograder.checking import compare, margins
from autograder.checking.collect import Checks
from autograder.checking.faults import CheckFailed
from autograder.cli import app
from autograder.course.course import Course
from autograder.errors import UsageError
from autograder.outputs.proof import print_proof, proof_json, render_proof
from autograder.proof.bench import Bench, OutOfTimeError, at_most
from autograder.proof.cases import Case, cases
from autograder.proof.given import Given
from autograder.proof.prove import Proof, prove
from autograder.proof.survivors import tally

SECRET = b"a secret of the tests, long enough"
RIGHT = """
def standardize(x):
    return [[float(value) for value in row] for row in (x - x.mean(0)) / x.std(0)]
"""


@pytest.fixture
def course(tiny: Course, tmp_path: Path) -> Course:
    """The tiny course in a folder of one's own."""
    shutil.copytree(tiny.root, tmp_path, dirs_exist_ok=True)
    return Course.find(tmp_path)


def given(course: Course, name: str, text: str) -> Path:
    """Write a file of what the assignment gives for its proof."""
    path = course.root / "autograder" / "assignments" / "tiny" / "proof" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def of(course: Course, question: str) -> dict[str, Case]:
    bench = Bench(find(course, "tiny"), SECRET)
    return {case.name: case for case in cases(bench, bench.questions[question])}


@pytest.fixture(scope="module")
def proof(tiny: Course) -> Proof:
    return prove(find(tiny, "tiny"), SECRET)


def test_the_tiny_assignment_is_proven(proof: Proof) -> None:
    text = io.StringIO()
    print_proof(proof, Console(file=text, width=200))
    assert proof.holds, text.getvalue()
    assert all(question in text.getvalue() for question in ("standardize", "initials", "account"))
    assert "Everything holds." in text.getvalue()
    assert proof.mutants > 20
    assert proof.secrets == 5


def test_every_mistake_is_called_by_its_own_name(proof: Proof) -> None:
    for question in proof.questions:
        for case in question.cases:
            assert case.named == ((case.name,) if case.kind == "mistake" else ())


def test_a_check_that_uses_the_release_is_run_and_catches(course: Course) -> None:
    assert {name: case.failed for name, case in of(course, "standardize").items()} == {
        "blank": ("columns", "sales"),
        "reference": (),
        "rows_standardized": ("columns", "sales"),
        "only_centred": ("columns", "sales"),
    }


def test_a_check_that_sees_nothing_is_found_out(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Checks, "of", lambda *_: [])
    found = of(course, "initials")
    assert found["reference"].problem == "no check looks at it"
    assert found["small_letters"].problem == "no check fails"


def test_an_unusual_right_answer_is_held_against_its_question_only(course: Course) -> None:
    given(course, "right/lists.py", RIGHT)
    assert of(course, "standardize")["lists"].kind == "right"
    assert not of(course, "standardize")["lists"].problem
    assert "lists" not in of(course, "initials")


def test_a_right_answer_that_loses_something_is_a_problem(course: Course) -> None:
    given(course, "right/near.py", RIGHT.replace("float(value)", "value + 1e-3"))
    assert of(course, "standardize")["near"].problem == "right, and loses columns, sales"
    given(course, "right/near.py", RIGHT.replace("float(value)", "value + 1e-5"))
    assert "times below the tolerance only" in of(course, "standardize")["near"].problem


def test_a_mistake_near_the_tolerance_is_a_problem(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare, "TOLERANCE", 0.05)
    problem = of(course, "standardize")["only_centred"].problem
    assert "times beyond the tolerance only" in problem


def test_what_catches_a_mistake_is_held_once_it_is_accepted(course: Course) -> None:
    path = Given(find(course, "tiny")).accept({"standardize": {"only_centred": ("columns",)}})
    assert json.loads(path.read_text()) == {"standardize": {"only_centred": ["columns"]}}
    told = of(course, "standardize")["only_centred"].problem
    assert told == "caught by columns, sales; accepted is columns"


def test_a_mutant_that_no_check_notices_needs_a_reason(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    only = [check for check in Checks(find(course, "tiny").checks()).all() if check.name == "sales"]
    monkeypatch.setattr(Checks, "of", lambda *_: only)
    bench = Bench(find(course, "tiny"), SECRET)
    assert tally(bench, "standardize").survivors == ()
    everything = {survivor.mutant for survivor in tally(bench, "Account").survivors}
    assert "Account.deposit: self.balance += amount → self.balance -= amount" in everything
    reason = '[[reason]]\nsays = "It is so."\nmutants = ["Account.x: a → b"]\n'
    given(course, "survivors.toml", reason)
    found = prove(find(course, "tiny"), SECRET)
    assert not found.holds
    assert found.problems == (
        "survivors.toml gives a reason for a mutant that no longer passes: Account.x: a → b",
    )


def test_a_mutant_that_does_not_end_is_ended() -> None:
    with pytest.raises(OutOfTimeError), at_most(0.05):
        sum(1 for _ in itertools.count())


def test_margins_are_told_to_who_listens() -> None:
    with margins.listening() as heard:
        compare.values("out", [1.0, 2.0], [1.0, 2.0 + 2e-6], tolerance=1e-4)
        with pytest.raises(CheckFailed):
            compare.values("out", [1.0, 3.0], [1.0, 2.0], tolerance=1e-4)
    compare.values("out", 1.0, 1.0)
    assert [margin.name for margin in heard] == ["out", "out"]
    assert np.allclose([margin.ratio for margin in heard], [0.01, 5000.0], rtol=1e-3)


def test_the_page_and_the_json_say_what_does_not_hold(proof: Proof) -> None:
    wrong = Case("initials", "mistake", "small_letters", problem="no check <fails>")
    questions = [
        msgspec.structs.replace(question, cases=(wrong,)) if question.id == "initials" else question
        for question in proof.questions
    ]
    bad = msgspec.structs.replace(proof, holds=False, questions=tuple(questions))
    assert "1 thing does not hold." in render_proof(bad)
    assert "no check &lt;fails&gt;" in render_proof(bad)
    assert "Everything holds." in render_proof(proof)
    decoded: Any = json.loads(proof_json(bad))
    assert decoded["holds"] is False
    assert decoded["questions"][1]["cases"][0]["problem"] == "no check <fails>"


def test_the_command_ends_with_one_if_something_does_not_hold(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(course.root)
    quick = ["verify", tiny_course.NAME, "--quick", "--jobs", "1", "--json", "--html", "p.html"]
    good = CliRunner().invoke(app, quick)
    assert good.exit_code == 0, good.output
    assert json.loads(good.stdout)["holds"] is True
    assert "Everything holds." in Path("p.html").read_text()
    given(course, "right/near.py", RIGHT.replace("float(value)", "value + 1e-3"))
    assert CliRunner().invoke(app, quick).exit_code == 1


def test_an_assignment_without_hidden_checks_has_nothing_to_prove(tiny: Course) -> None:
    with pytest.raises(UsageError, match=r"^tiny is an ordinary nbgrader assignment[^\n]*\.$"):
        Bench(Assignment(tiny, "tiny", None), SECRET)
