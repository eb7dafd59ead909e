"""Collect the hidden checks of an assignment once, then call them again for each submission.

pytest collects them, through its public interface. A check is a function (or a method of a class)
of the fixtures `student`, `rng` and `release`, and of what `@pytest.mark.parametrize` gives it;
whatever else pytest could do for it is refused here, with a sentence, because a check runs for
every submission. `pytest --submission DIR` runs the same modules as ordinary pytest.
"""

from __future__ import annotations

import ast
import inspect
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from autograder.checking.faults import CouldNotTell, StudentFault
from autograder.checking.inputs import hidden_generator, reseeded_generator
from autograder.checking.student import Student
from autograder.errors import UsageError
from autograder.model import Verdict
from autograder.startup import UNUSED_PLUGINS

FIXTURES = ("student", "rng", "release")
COLLECTED = (pytest.ExitCode.OK, pytest.ExitCode.INTERRUPTED, pytest.ExitCode.NO_TESTS_COLLECTED)
SKIPS = ("skip", "skipif", "xfail", "usefixtures")
"""Marks that would decide about a check without anybody seeing it."""


class CheckRun(msgspec.Struct, frozen=True):
    """What a run of a check is about; its fixtures are attributes of this."""

    student: Student
    rng: np.random.RandomState
    """The generator of this check's hidden inputs: the same for every submission."""
    release: Path
    """The released assignment's folder: its data, and the modules students have."""


class Check(msgspec.Struct, frozen=True):
    """One collected check of a question."""

    question: str
    name: str  # the test's without `test_`, with parameters in brackets
    weight: float
    describes: str
    """The check's docstring: one sentence for the student."""
    draws: bool
    """Whether it looks at random draws, of which only the spread can be compared."""
    carried: bool
    """Whether an earlier mistake may be to blame for it (see `grading.carry`)."""
    generator: str
    """What seeds its hidden inputs: the test's name without parameters."""
    fixtures: tuple[str, ...]
    parameters: Mapping[str, Any]
    function: Callable[..., object]

    def __hash__(self) -> int:
        return hash((self.question, self.name))

    def inputs(self, secret: bytes) -> np.random.RandomState:
        """The generator of its hidden inputs, until the next call of this, which seeds it anew."""
        return reseeded_generator(secret, self.question, self.generator)

    def call(self, student: Student, secret: bytes, release: Path) -> None:
        """Call it: for grading, for the proof and for the diagnosis alike.

        Args:
            student: the submission, or trusted code in its place.
            secret: of the course; it seeds the hidden inputs.
            release: the released assignment's folder.

        Raises:
            StudentFault: the answer is not right, or nothing can be said.
            Exception: anything else is our fault.
        """
        run = CheckRun(student, self.inputs(secret), release)
        self.function(**{name: getattr(run, name) for name in self.fixtures}, **self.parameters)
        student.finish()


class Outcome(msgspec.Struct, frozen=True):
    """A check's result before it is worth points."""

    name: str
    weight: float
    verdict: Verdict
    message: str = ""
    hint: str = ""
    misconception: str | None = None
    could_not_tell: bool = False
    """Whether a person has to decide: nothing is known against the answer, nor for it."""
    made_in: str | msgspec.UnsetType = msgspec.UNSET
    """The earlier question in which the named mistake stands; unset if it is this one."""
    carried: bool = False
    """Whether it passed only without an earlier question's mistake; `message` says which."""
    output: str = ""  # of a wrong answer without a name, its outline (see `diagnosis`)
    off: tuple[str, ...] = ()
    """Which entries of the array are wrong in an example (see `grading.example`)."""


class Ran(msgspec.Struct, frozen=True):
    """What came of a check."""

    outcome: Outcome
    fault: StudentFault | None = None
    staff: str = ""
    """A traceback for staff, if it is our fault."""


def generator_of(item: pytest.Item, secret: bytes) -> np.random.RandomState:
    """The generator of the hidden inputs of a check that pytest itself runs."""
    (mark,) = item.iter_markers("question")
    return hidden_generator(secret, mark.args[0], _seed_name(item))


def _seed_name(item: pytest.Item) -> str:
    return str(getattr(item, "originalname", item.name)).removeprefix("test_")


def run(check: Check, student: Student, secret: bytes, release: Path) -> Ran:
    """Call a check; whatever it raises becomes its outcome."""
    try:
        check.call(student, secret, release)
    except (KeyboardInterrupt, SystemExit):
        raise  # for the caller of us all
    except StudentFault as fault:
        said = fault.verdict, fault.message, fault.hint or check.describes, fault.misconception
        open_ = isinstance(fault, CouldNotTell)
        outcome = Outcome(check.name, check.weight, *said, could_not_tell=open_)
        return Ran(outcome, fault)
    except BaseException as error:
        staff = "".join(traceback.format_exception(error))
        sorry = "This check could not be run; the course staff has been told."
        return Ran(Outcome(check.name, check.weight, Verdict.GRADER_ERROR, sorry), staff=staff)
    return Ran(Outcome(check.name, check.weight, Verdict.PASSED))


class Checks:
    """The collected checks of a folder.

    Args:
        folder: where the check modules lie.

    Raises:
        UsageError: a check is written in a way that cannot be run for every submission.
    """

    def __init__(self, folder: Path) -> None:
        catcher = _Catcher()
        arguments = [str(folder), f"--rootdir={folder}", f"--confcutdir={folder}", "-c", os.devnull]
        arguments += ["--collect-only", "--import-mode=importlib", "--assert=plain", "--capture=no"]
        arguments += ["--disable-plugin-autoload", *(f"-pno:{name}" for name in UNUSED_PLUGINS)]
        with _own_environment():
            status = pytest.main(arguments, plugins=[catcher])
        if status not in COLLECTED:
            raise UsageError(f"pytest cannot collect checks in {folder} (status {int(status)}).")
        _forget_modules(folder)
        self._checks = [_described(item) for item in catcher.items]
        self.broken: Mapping[str, str] = catcher.broken
        """Modules that could not be collected, with the reason, for staff."""
        self._may_hold = {
            name: _texts_in(folder / Path(name.split("::")[0]).name) for name in self.broken
        }

    def all(self) -> list[Check]:
        """All checks, in file order."""
        return list(self._checks)

    def of(self, question: str) -> list[Check]:
        """The checks of one question, in file order."""
        return [check for check in self._checks if check.question == question]

    def missing(self, questions: Iterable[str]) -> list[str]:
        """Those of `questions` that no check covers."""
        covered = {check.question for check in self._checks}
        return [question for question in questions if question not in covered]

    def broken_for(self, question: str) -> bool:
        """Whether a module that did not import may have held checks of this question."""
        return any(named is None or question in named for named in self._may_hold.values())


class _own_environment:  # noqa: N801 - a context manager, used as a word
    """Keep what the caller's environment says to pytest from the collection."""

    def __enter__(self) -> None:
        asked = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS")
        self._before = {name: os.environ.pop(name) for name in asked if name in os.environ}

    def __exit__(self, *_: object) -> None:
        os.environ.update(self._before)


class _Catcher:
    """A pytest plugin that keeps what was collected, and why a module was not."""

    def __init__(self) -> None:
        self.items: list[pytest.Item] = []
        self.broken: dict[str, str] = {}

    def pytest_configure(self, config: pytest.Config) -> None:
        """Make the mark known."""
        config.addinivalue_line(
            "markers", "question(id, weight=1, draws=False, carried=True): see the docs"
        )

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep the reason why a module could not be collected."""
        if report.failed:
            self.broken[report.nodeid] = str(report.longrepr)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep the items."""
        self.items = list(items)


def _forget_modules(folder: Path) -> None:
    """Let the next collection import its check modules itself, above all those that failed."""
    for path in folder.rglob("test_*.py"):
        for name, module in list(sys.modules.items()):
            if getattr(module, "__file__", None) == str(path):
                del sys.modules[name]


def _texts_in(path: Path) -> frozenset[str] | None:
    """The texts of a module that does not import; None if nothing can be said."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, ValueError, SyntaxError):
        return None
    constants = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return frozenset(value for value in constants if isinstance(value, str))


def _described(item: pytest.Item) -> Check:
    """What we need to know of a collected item.

    Raises:
        UsageError: it needs more of pytest than a check may.
    """
    marks = list(item.iter_markers("question"))
    if len(marks) != 1 or len(marks[0].args) != 1:
        raise UsageError(
            f"The check {item.nodeid} needs one @pytest.mark.question(id, weight=…) above it."
        )
    callspec = getattr(item, "callspec", None)
    parameters = {} if callspec is None else dict(callspec.params)
    function: Any = getattr(item, "obj", None)
    if problem := _refused(item, function, parameters):
        raise UsageError(f"The check {item.nodeid} {problem}.")
    wanted = inspect.signature(function).parameters
    return Check(
        question=marks[0].args[0],
        name=item.name.removeprefix("test_"),
        weight=float(marks[0].kwargs.get("weight", 1)),
        describes=" ".join((function.__doc__ or "").split()),
        draws=bool(marks[0].kwargs.get("draws", False)),
        carried=bool(marks[0].kwargs.get("carried", True)),
        generator=_seed_name(item),
        fixtures=tuple(name for name in FIXTURES if name in wanted),
        parameters=parameters,
        function=function,
    )


def _refused(item: pytest.Item, function: Any, parameters: Mapping[str, Any]) -> str:
    """Why an item cannot be a check; nothing if it can."""
    if function is None or not isinstance(item, pytest.Function):
        return "is no function"
    if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
        return "is a coroutine or a generator; a check is a plain function"
    # Those that it names itself come first: they may need others.
    asked: Sequence[str] = getattr(item, "fixturenames", ())
    names = [*inspect.signature(function).parameters, *asked]
    if other := [name for name in names if name not in (*FIXTURES, *parameters)]:
        known = ", ".join(FIXTURES)
        return f"asks for the fixture `{other[0]}`; a check has {known}: call a function instead"
    if marks := [mark.name for mark in item.iter_markers() if mark.name in SKIPS]:
        return f"is marked `{marks[0]}`; every check is run for every submission"
    return ""
