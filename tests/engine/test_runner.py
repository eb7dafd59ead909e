"""The runner tells the student's fault from ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from autograder.checking.collect import CHECKS, Check, CheckRun, Checks
from autograder.checking.peers import LocalPeer
from autograder.checking.student import Student
from autograder.grading.scoring import Outcome
from autograder.model import Verdict

SECRET = b"secret"

WRITTEN = '''
import pytest
from autograder.checking.faults import CheckFailed, CouldNotTell

q = pytest.mark.question("q", weight=2)

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

@pytest.fixture
def scale(rng):
    yield rng.randn()
    raise LookupError("after the check")

@q
def test_own_fixture(student, scale):
    """Looks at a draw of a fixture."""
    raise CheckFailed(str(scale))

@q
def test_clean_up(student, scale):
    """Looks at nothing; what comes after it breaks."""

@q
@pytest.mark.parametrize("size", [1, 2])
def test_sizes(student, size):
    """Looks at a size."""
    raise CheckFailed(str(size))

@q
def test_needs_data(student, release):
    """Looks at data, in a folder that nobody gave."""

@q
async def test_later(student):
    """Looks at nothing, and late."""

@q
class TestTogether:
    def test_in_a_class(self, student):
        """Looks at itself."""
        raise CheckFailed(type(self).__name__)
'''


@pytest.fixture
def checks(tmp_path: Path) -> Iterator[Checks]:
    folder = tmp_path / "checks"
    folder.mkdir()
    for name in ("pytest.ini", "conftest.py"):
        (folder / name).write_text((CHECKS / name).read_text())
    (folder / "test_q.py").write_text(WRITTEN)
    (folder / "test_broken.py").write_text("import nothing_of_that_name\n")
    with Checks(folder) as collected:
        yield collected


def run(checks: Checks, name: str, secret: bytes = SECRET) -> tuple[Outcome, str]:
    (check,) = [check for check in checks.of("q") if check.name == name]
    return checks.run(check, Student(LocalPeer({})), secret)


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


def test_hidden_inputs_of_two_checks_differ() -> None:
    one, other = (CheckRun(Student(LocalPeer({})), "q", name, SECRET, None) for name in "ab")
    assert not np.array_equal(one.rng.randn(3), other.rng.randn(3))


def test_checks_may_have_fixtures_parameters_and_classes(checks: Checks) -> None:
    first = run(checks, "own_fixture")[0].message
    assert run(checks, "own_fixture")[0].message == first
    assert [run(checks, f"sizes[{n}]")[0].message for n in (1, 2)] == ["1", "2"]
    assert run(checks, "in_a_class")[0].message == "TestTogether"


def test_a_check_without_what_it_needs_is_a_grader_error(checks: Checks) -> None:
    outcome, staff = run(checks, "needs_data")
    assert outcome.verdict is Verdict.GRADER_ERROR
    assert "released assignment's folder" in staff


def test_a_check_that_nobody_awaits_is_a_grader_error(checks: Checks) -> None:
    assert run(checks, "later")[0].verdict is Verdict.GRADER_ERROR


def test_a_folder_may_have_another_generator(tmp_path: Path) -> None:
    folder = tmp_path / "checks"
    folder.mkdir()
    (folder / "pytest.ini").write_text((CHECKS / "pytest.ini").read_text())
    (folder / "conftest.py").write_text(
        (CHECKS / "conftest.py")
        .read_text()
        .replace("return run.rng", "return run.rng.__class__(1)")
    )
    (folder / "test_q.py").write_text(WRITTEN)
    with Checks(folder) as checks:
        assert run(checks, "draws")[0].message == str(np.random.RandomState(1).randn())


def test_a_fixture_that_breaks_after_its_check_is_a_grader_error(checks: Checks) -> None:
    outcome, staff = run(checks, "clean_up")
    assert outcome.verdict is Verdict.GRADER_ERROR
    assert "after the check" in staff
    assert run(checks, "own_fixture")[0].verdict is Verdict.FAILED


def test_a_module_that_does_not_import_is_kept_for_staff(checks: Checks) -> None:
    ((module, reason),) = checks.broken.items()
    assert module.endswith("test_broken.py")
    assert "nothing_of_that_name" in reason


def test_a_broken_module_spoils_the_questions_it_names_and_no_others(tmp_path: Path) -> None:
    folder = tmp_path / "checks"
    folder.mkdir()
    for name in ("pytest.ini", "conftest.py"):
        (folder / name).write_text((CHECKS / name).read_text())
    (folder / "test_a.py").write_text(WRITTEN)
    (folder / "test_b.py").write_text('import no_such_thing\nmark = question("q", weight=9)\n')
    with Checks(folder) as collected:
        assert collected.of("q")
        assert collected.broken_for("q")
        assert not collected.broken_for("r")


def test_a_question_without_a_check_is_known(checks: Checks) -> None:
    assert checks.missing(["q", "unchecked"]) == ["unchecked"]


@pytest.fixture(scope="module")
def shipped() -> Iterator[list[Check]]:
    with Checks() as collected:
        assert collected.broken == {}
        yield collected.all()


def test_every_shipped_check_tells_students_what_it_looks_at(shipped: list[Check]) -> None:
    assert all(check.describes.endswith(".") for check in shipped)


def test_no_two_checks_of_a_question_share_a_name(shipped: list[Check]) -> None:
    names = [(check.question, check.name) for check in shipped]
    assert len(names) == len(set(names))
