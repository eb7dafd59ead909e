"""`pytest --submission DIR`: the hidden checks as ordinary pytest, against one submission.

For an instructor who debugs: `-k`, `-x`, `--pdb` and the rest of pytest work as everywhere. Run it
in the course's folder on the checks of an assignment::

    pytest autograder/assignments/NAME/checks --submission submitted/ada/NAME -k forward

pytest finds this by the package's entry point. Grading itself calls the same functions (see
`checking.collect`), with the same hidden inputs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import numpy as np

    from autograder.checking.student import Student
    from autograder.grading.opened import OpenSubmission

OPTION = "--submission"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    group = parser.getgroup("autograder", "hidden checks")
    group.addoption(
        OPTION, type=Path, metavar="DIR", help="run hidden checks against this submission's folder"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known."""
    options = "weight=1, draws=False, carried=True"
    line = f"question(id, {options}): the question a hidden check belongs to"
    config.addinivalue_line("markers", line)


def pytest_collect_file(file_path: Path) -> None:
    """Let a course's own checks import their reference."""
    if (name := _assignment_of(file_path)) and (Path.cwd() / "nbgrader_config.py").is_file():
        from autograder.assignment import find  # noqa: PLC0415 - only where there are checks
        from autograder.course.course import Course  # noqa: PLC0415

        find(Course.find(), name).module("")


@pytest.fixture(scope="session")
def submissions(request: pytest.FixtureRequest) -> Iterator[Submissions]:
    """The submission that was asked for, opened once for each assignment."""
    folder = request.config.getoption(OPTION)
    if folder is None:
        pytest.fail(f"A hidden check needs a submission: give {OPTION} DIR.", pytrace=False)
    with Submissions(folder) as opened:
        yield opened


@pytest.fixture
def student(request: pytest.FixtureRequest, submissions: Submissions) -> Iterator[Student]:
    """The submission under check, in a fork of its own."""
    with ExitStack() as stack:
        yield submissions.student(_name(request), _question(request), stack)


@pytest.fixture
def rng(request: pytest.FixtureRequest, submissions: Submissions) -> np.random.RandomState:
    """The generator of this check's hidden inputs, as in grading."""
    from autograder.checking.collect import generator_of  # noqa: PLC0415

    return generator_of(request.node, submissions.secret)


@pytest.fixture
def release(request: pytest.FixtureRequest, submissions: Submissions) -> Path:
    """The released assignment's folder."""
    return submissions.opened(_name(request)).release


class Submissions:
    """One folder, run in the sandbox as a submission of whatever assignment is asked for."""

    def __init__(self, folder: Path) -> None:
        from autograder.course.course import Course  # noqa: PLC0415

        self._folder, self._course = folder, Course.find()
        self.secret = self._course.secret()
        self._opened: dict[str, OpenSubmission] = {}
        self._stack = ExitStack()

    def opened(self, assignment: str) -> OpenSubmission:
        """The submission, its cells run."""
        from autograder.grading.opened import OpenSubmission  # noqa: PLC0415

        if assignment not in self._opened:
            opened = OpenSubmission(self._course, assignment, self._folder)
            self._opened[assignment] = self._stack.enter_context(opened)
        return self._opened[assignment]

    def student(self, assignment: str, question: str, stack: ExitStack) -> Student:
        """A student in a fresh fork, which ends with the stack."""
        return self.opened(assignment).student(question, stack)

    def __enter__(self) -> Submissions:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def _name(request: pytest.FixtureRequest) -> str:
    name = _assignment_of(request.node.path)
    if name is None:
        pytest.fail("This is no hidden check: it lies in no assignments/NAME/checks.", False)
    return name


def _question(request: pytest.FixtureRequest) -> str:
    mark = request.node.get_closest_marker("question")
    if mark is None or len(mark.args) != 1:
        pytest.fail("A hidden check needs one @pytest.mark.question(id) above it.", False)
    return str(mark.args[0])


def _assignment_of(path: Path) -> str | None:
    """The assignment that a module of checks belongs to; None for other files."""
    for folder in path.parents:
        if folder.name == "checks" and folder.parents[1].name == "assignments":
            return folder.parent.name
    return None
