"""Collect the hidden checks once, then run them again for each submission.

pytest collects them (40 checks take it over 100 ms) and its items are run
one by one with the submission in the config's stash. A check's exception becomes an
outcome: a `StudentFault` is the student's verdict, anything else is ours.
"""

from __future__ import annotations

import hashlib
import hmac
import inspect
import sys
import traceback
from collections.abc import Callable, Iterable
from itertools import chain
from pathlib import Path
from typing import Any, Self

import msgspec
import numpy as np
import pytest
from _pytest.config import _prepareconfig

from autograder.checking.faults import CouldNotTell, StudentFault
from autograder.checking.student import Student
from autograder.errors import UsageError
from autograder.grading.scoring import Outcome
from autograder.model import Verdict

CHECKS = Path(__file__).parents[1] / "assignments" / "batchnorm" / "checks"
OURS = str(CHECKS / "conftest.py")
UNUSED_PLUGINS = ("cacheprovider", "terminal", "faulthandler", "debugging", "logging", "warnings")


class CheckRun(msgspec.Struct, frozen=True):
    """What a run of a check needs to know."""

    student: Student
    question: str
    check: str
    secret: bytes
    folder: Path | None
    """The released assignment's folder."""

    @property
    def run(self) -> Self:
        """This run itself."""
        return self

    @property
    def rng(self) -> np.random.RandomState:
        """The generator of this check's hidden inputs: the same for every submission."""
        return hidden_generator(self.secret, self.question, self.check)

    @property
    def release(self) -> Path:
        """The released assignment's folder: its data, and the modules students have."""
        if self.folder is None:
            raise LookupError("this check needs the released assignment's folder")
        return self.folder


def hidden_generator(secret: bytes, question: str, check: str) -> np.random.RandomState:
    """Hidden inputs are seeded by HMAC of the course secret, the question and the check."""
    digest = hmac.digest(secret, f"{question}/{check}".encode(), hashlib.sha256)
    return np.random.RandomState(np.frombuffer(digest, dtype="<u4"))


CURRENT = pytest.StashKey[list[CheckRun]]()


class Check(msgspec.Struct, frozen=True):
    """One collected check of a question."""

    question: str
    name: str
    weight: float
    describes: str
    """The check's docstring: one sentence for the student."""
    item: Any
    plain: bool
    """Whether it is a function of what a `CheckRun` has, and needs no pytest to be called."""


class Checks:
    """The collected checks of a folder; a context manager.

    Args:
        folder: where the check modules lie.
        release: the released assignment's folder, for checks that use its data.
    """

    def __init__(self, folder: Path = CHECKS, *, release: Path | None = None) -> None:
        self._release = release
        self._folder = folder
        self._catcher = _Catcher()
        self.broken: dict[str, str] = {}
        """Modules that could not be collected, with the reason, for staff."""

    def __enter__(self) -> Self:
        folder = str(self._folder)
        arguments = [folder, "--rootdir", folder, "--confcutdir", folder]
        arguments += ["-c", str(self._folder / "pytest.ini"), "--import-mode=importlib"]
        arguments += [
            "--capture=no",
            "--assert=plain",
            "--disable-plugin-autoload",
            "--continue-on-collection-errors",
        ]
        arguments += [f"-pno:{plugin}" for plugin in UNUSED_PLUGINS]
        self._config = _prepareconfig(arguments, plugins=[self._catcher])
        self._config._do_configure()
        self._session = pytest.Session.from_config(self._config)
        self._config.hook.pytest_sessionstart(session=self._session)
        self._session.perform_collect()
        self._forget_modules()
        self.broken = dict(self._catcher.broken)
        self._checks = [self._describe(item) for item in self._session.items]
        return self

    def __exit__(self, *_: object) -> None:
        self._config.hook.pytest_sessionfinish(session=self._session, exitstatus=0)
        self._config._ensure_unconfigure()

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
        mark = f'question("{question}"'
        modules = [self._folder / Path(name.split("::")[0]).name for name in self.broken]
        return any(not path.is_file() or mark in path.read_text() for path in modules)

    def run(self, check: Check, student: Student, secret: bytes) -> tuple[Outcome, str]:
        """Run one check; returns its outcome and, if it is our fault, a traceback for staff."""
        name = check_name(getattr(check.item, "originalname", check.name))
        run = CheckRun(student, check.question, name, secret, self._release)
        self._config.stash[CURRENT] = [run]
        error = _called(check.item, run) if check.plain else _run_by_pytest(check.item)
        return self._outcome(check, error)

    def _forget_modules(self) -> None:
        """Let the next collection import its check modules itself, above all those that failed."""
        for path in self._folder.rglob("test_*.py"):
            for name, module in list(sys.modules.items()):
                if getattr(module, "__file__", None) == str(path):
                    del sys.modules[name]

    def _outcome(self, check: Check, error: BaseException | None) -> tuple[Outcome, str]:
        if error is None:
            return Outcome(check.name, check.weight, Verdict.PASSED), ""
        if isinstance(error, StudentFault):
            fault = Outcome(
                check.name,
                check.weight,
                error.verdict,
                error.message,
                error.hint or check.describes,
                error.misconception,
                could_not_tell=isinstance(error, CouldNotTell),
            )
            return fault, ""
        staff = "".join(traceback.format_exception(error))
        sentence = "This check could not be run; the course staff has been told."
        return Outcome(check.name, check.weight, Verdict.GRADER_ERROR, sentence), staff

    def _describe(self, item: pytest.Item) -> Check:
        marks = list(item.iter_markers("question"))
        if len(marks) != 1 or len(marks[0].args) != 1:
            raise UsageError(
                f"The check {item.nodeid} needs one @pytest.mark.question(id, weight=…) above it."
            )
        function: Any = getattr(item, "function", None)
        return Check(
            question=marks[0].args[0],
            name=check_name(item.name),
            weight=float(marks[0].kwargs.get("weight", 1)),
            describes=" ".join((function.__doc__ or "").split()),
            item=item,
            plain=_is_plain(item),
        )


def check_name(test_name: str) -> str:
    """A check's name is its test's name without `test_`."""
    return test_name.removeprefix("test_")


def _is_plain(item: Any) -> bool:
    """Whether an item is a function of fixtures of ours, which are attributes of a `CheckRun`."""
    if not isinstance(item, pytest.Function) or item.cls or hasattr(item, "callspec"):
        return False
    known: Any = item._fixtureinfo
    if inspect.iscoroutinefunction(item.obj) or "request" in known.argnames:
        return False
    fixtures = chain.from_iterable(known.name2fixturedefs.values())
    return {inspect.getfile(fixture.func) for fixture in fixtures} <= {OURS}


def _called(item: Any, run: CheckRun) -> BaseException | None:
    """Call a plain item; returns what it raised."""
    names = item._fixtureinfo.argnames
    return _attempt(lambda: item.obj(**{name: getattr(run, name) for name in names}))


def _run_by_pytest(item: Any) -> BaseException | None:
    """Run an item with its fixtures; returns what it raised.

    pytest's own protocol would also write three reports, and format each failure with its source.
    """
    item._initrequest()  # an item that has run once holds its old fixtures
    state = item.session._setupstate
    raised = _attempt(state.setup, item) or _attempt(item.runtest)
    later = _attempt(state.teardown_exact, None)
    return raised or later


def _attempt(step: Callable[..., object], *args: object) -> BaseException | None:
    try:
        step(*args)
    except (KeyboardInterrupt, pytest.exit.Exception):  # for the caller of us all
        raise
    except BaseException as error:
        return error
    return None


class _Catcher:
    """A pytest plugin that keeps the modules that do not import."""

    def __init__(self) -> None:
        self.broken: dict[str, str] = {}

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep the reason why a module could not be collected."""
        if report.failed:
            self.broken[report.nodeid] = str(report.longrepr)
