"""Checks are collected once and called again; the student's fault and ours stay apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from autograder.assignment import find
from autograder.checking.collect import Checks, Outcome, hidden_generator
from autograder.checking.collect import run as run_check
from autograder.checking.peers import LocalPeer
from autograder.checking.student import Student
from autograder.course.course import Course
from autograder.errors import UsageError
from autograder.model import Verdict

SECRET = b"secret"
HEADING = """\
import pytest
from autograder.checking.faults import CheckFailed, CouldNotTell

q = pytest.mark.question("q", weight=2)
"""
WRITTEN = (
    HEADING
    + '''
@q
def test_right(student): """Looks at nothing."""

@q
def test_wrong(student):
    """Looks at the sign."""
    raise CheckFailed("It is negative.")

@q
def test_bare_assert(student):
    """Looks at arithmetic."""
    assert 1 + 1 == 3

@q
def test_our_bug(student):
    """Looks at a key we forgot."""
    {}["ours"]

@q
def test_no_record(student):
    """Looks at a record."""
    raise CouldNotTell("There is no record.")

@q
def test_draws(student, rng):
    """Looks at a draw."""
    raise CheckFailed(str(rng.randn()))

@q
@pytest.mark.parametrize("size", [1, 2])
def test_sizes(student, rng, size):
    """Looks at a size."""
    raise CheckFailed(f"{size} {rng.randn()}")

@pytest.mark.question("q", draws=True)
def test_release(release):
    """Looks at the release."""
    raise CheckFailed(release.name)

@q
class TestTogether:
    def test_in_a_class(self, student):
        """Looks at itself."""
        raise CheckFailed(type(self).__name__)
'''
)


def folder_of(root: Path, **modules: str) -> Path:
    """A folder of check modules."""
    folder = root / "checks"
    folder.mkdir()
    for name, text in modules.items():
        (folder / f"{name}.py").write_text(text)
    return folder


@pytest.fixture
def checks(tmp_path: Path) -> Checks:
    broken = "import nothing_of_that_name\n"
    return Checks(folder_of(tmp_path, test_q=WRITTEN, test_broken=broken))


def run(checks: Checks, name: str, secret: bytes = SECRET) -> tuple[Outcome, str]:
    (check,) = [check for check in checks.of("q") if check.name == name]
    ran = run_check(check, Student(LocalPeer({}), {}), secret, Path("release/q"))
    return ran.outcome, ran.staff


def test_a_check_that_ends_quietly_passed(checks: Checks) -> None:
    assert run(checks, "right")[0] == Outcome("right", 2.0, Verdict.PASSED)


def test_a_failed_check_has_its_sentence_and_its_docstring_as_the_hint(checks: Checks) -> None:
    outcome, staff = run(checks, "wrong")
    assert (outcome.verdict, outcome.message) == (Verdict.FAILED, "It is negative.")
    assert outcome.hint == "Looks at the sign."
    assert staff == ""


def test_an_assertion_of_ours_is_a_grader_error_too(checks: Checks) -> None:
    outcome, staff = run(checks, "bare_assert")
    assert outcome.verdict is Verdict.GRADER_ERROR
    assert "AssertionError" in staff
    assert "1 + 1" not in outcome.message


def test_an_exception_of_ours_is_a_grader_error_with_a_traceback_for_staff(checks: Checks) -> None:
    outcome, staff = run(checks, "our_bug")
    assert outcome.verdict is Verdict.GRADER_ERROR
    assert "KeyError" in staff
    assert "KeyError" not in outcome.message


def test_a_check_that_could_not_tell_is_no_verdict_on_the_answer(checks: Checks) -> None:
    outcome, _ = run(checks, "no_record")
    assert outcome.could_not_tell
    assert outcome.verdict is Verdict.SKIPPED


def test_hidden_inputs_repeat_for_one_secret_and_differ_for_another(checks: Checks) -> None:
    first = run(checks, "draws")[0].message
    assert run(checks, "draws")[0].message == first
    assert run(checks, "draws", b"another")[0].message != first


def test_hidden_inputs_differ_from_check_to_check_and_from_question_to_question() -> None:
    first = hidden_generator(SECRET, "q", "a").randn(3)
    assert np.array_equal(hidden_generator(SECRET, "q", "a").randn(3), first)
    for question, check in (("q", "b"), ("r", "a")):
        assert not np.array_equal(hidden_generator(SECRET, question, check).randn(3), first)


def test_checks_may_have_parameters_and_classes(checks: Checks) -> None:
    one, two = (run(checks, f"sizes[{n}]")[0].message.split() for n in (1, 2))
    assert (one[0], two[0]) == ("1", "2")
    assert one[1] == two[1], "the same inputs for every parameter"
    assert run(checks, "in_a_class")[0].message == "TestTogether"


def test_a_check_gets_the_released_folder(checks: Checks) -> None:
    assert run(checks, "release")[0].message == "q"


def test_weights_and_marks_are_those_above_the_check(checks: Checks) -> None:
    by_name = {check.name: check for check in checks.of("q")}
    assert (by_name["right"].weight, by_name["right"].draws) == (2.0, False)
    assert (by_name["release"].weight, by_name["release"].draws) == (1.0, True)
    assert by_name["release"].fixtures == ("release",)
    assert by_name["sizes[2]"].parameters == {"size": 2}


REFUSED = {
    "asks for the fixture `scale`": "@pytest.fixture\ndef scale(): return 1\n"
    "@q\ndef test_it(student, scale): pass",
    "asks for the fixture `tmp_path`": "@q\ndef test_it(student, tmp_path): pass",
    "is a coroutine or a generator": "@q\nasync def test_it(student): pass",
    "is marked `skip`": "@q\n@pytest.mark.skip\ndef test_it(student): pass",
    "is marked `skipif`": "@q\n@pytest.mark.skipif(True, reason='x')\ndef test_it(student): pass",
    "is marked `xfail`": "@q\n@pytest.mark.xfail\ndef test_it(student): pass",
    "is marked `usefixtures`": "@q\n@pytest.mark.usefixtures('rng')\ndef test_it(student): pass",
    "needs one @pytest.mark.question": "def test_it(student): pass",
}
REFUSED_TOO = {
    "two questions": "@q\n@pytest.mark.question('r')\ndef test_it(student): pass",
    "no id": "@pytest.mark.question()\ndef test_it(student): pass",
    "an automatic fixture": "@pytest.fixture(autouse=True)\ndef scale(): return 1\n"
    "@q\ndef test_it(student): pass",
}


@pytest.mark.parametrize("says", REFUSED)
def test_what_pytest_could_do_besides_is_refused_in_a_sentence(tmp_path: Path, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        Checks(folder_of(tmp_path, test_q=f"{HEADING}\n{REFUSED[says]}\n"))
    assert says in str(caught.value)
    assert "test_it" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("case", REFUSED_TOO)
def test_no_check_is_without_its_question_nor_prepared_unseen(tmp_path: Path, case: str) -> None:
    with pytest.raises(UsageError, match=r"^The check [^\n]+\.$"):
        Checks(folder_of(tmp_path, test_q=f"{HEADING}\n{REFUSED_TOO[case]}\n"))


def test_the_environment_has_no_say_in_the_collection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "-k nothing --maxfail=1")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -k nothing\n")
    assert len(Checks(folder_of(tmp_path, test_q=WRITTEN)).of("q")) == 10
    import os

    assert os.environ["PYTEST_ADDOPTS"] == "-k nothing --maxfail=1"


def test_edited_checks_are_collected_anew(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, test_q=WRITTEN)
    assert run(Checks(folder), "wrong")[0].message == "It is negative."
    (folder / "test_q.py").write_text(WRITTEN.replace("negative", "far too large"))
    assert run(Checks(folder), "wrong")[0].message == "It is far too large."


def test_a_module_that_does_not_import_is_kept_for_staff(checks: Checks) -> None:
    ((module, reason),) = checks.broken.items()
    assert module.endswith("test_broken.py")
    assert "nothing_of_that_name" in reason


def test_a_broken_module_spoils_the_questions_it_names_and_no_others(tmp_path: Path) -> None:
    named = 'import no_such_thing\nmark = question("q", weight=9)\n'
    collected = Checks(folder_of(tmp_path, test_a=WRITTEN, test_b=named))
    assert collected.of("q")
    assert collected.broken_for("q")
    assert not collected.broken_for("r")


def test_a_module_that_cannot_be_read_may_spoil_any_question(tmp_path: Path) -> None:
    collected = Checks(folder_of(tmp_path, test_a=WRITTEN, test_b="def (:\n"))
    assert collected.broken_for("anything")


def test_a_question_without_a_check_is_known(checks: Checks) -> None:
    assert checks.missing(["q", "unchecked"]) == ["unchecked"]


def test_every_check_tells_students_what_it_looks_at(tiny: Course) -> None:
    collected = Checks(find(tiny, "tiny").checks())
    assert collected.broken == {}
    assert collected.all()
    assert all(check.describes.endswith(".") for check in collected.all())
    names = [(check.question, check.name) for check in collected.all()]
    assert len(names) == len(set(names))
