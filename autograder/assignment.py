"""All that the engine asks of an assignment, and how one is found.

What is public about an assignment lies in `source/<name>/`, what is private in one folder,
`autograder/assignments/<name>/`, of the course or else of this package:

    __init__.py   SETTINGS = Settings(…), if the defaults will not do
    reference.py  every answer once more, marked with what it returns (see checking.answers)
    checks/       test_*.py, the hidden checks
    mistakes/     named wrong answers (see diagnosis.mistakes)
    rubric.toml   what written answers should say (see checking.evidence); need not be there
    proof/        what its proof holds the checks against beside these (see proof.given)

An assignment without a private folder is a classic nbgrader assignment.
"""

from __future__ import annotations

import hashlib
import importlib
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import msgspec

import autograder.assignments
from autograder.checking.answers import Declared, declared_in, implementations
from autograder.checking.evidence import Figures
from autograder.course.course import PACKAGE, Course, private_folder
from autograder.course.questions import Question, questions_of
from autograder.errors import UsageError
from autograder.sandbox.policy import CLASSIC, POLICY, Policy
from autograder.startup import PLOTS
from autograder.submission.reader import SubmittedFile

CODE = (".py", ".npz", ".json", ".csv", ".txt", ".toml")
"""Files of a private folder that a grade can depend on."""
ASIDE = ("demo", "proof")
"""Its folders on which no grade depends."""


class Records(Protocol):
    """A reader of what students' own experiments wrote down; the engine does not look inside."""

    def collect(
        self, found: Iterable[SubmittedFile], notebooks: Iterable[Sequence[Mapping[str, Any]]]
    ) -> Mapping[str, tuple[bytes, ...]]:
        """The records among a submission's files and its notebooks' cells, as bytes."""

    def parse_all(self, handed_in: Mapping[str, Sequence[bytes]]) -> Any:
        """What checks get as `student.records`."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What an assignment's `__init__.py` may say as `SETTINGS`; all of it has a default."""

    ships: tuple[str, ...] = ()
    """Files that every student gets, as paths from the course root; they keep their paths."""
    leaves_behind: tuple[str, ...] = ("results",)
    """Folders of the source that students do not get."""
    warm: tuple[str, ...] = ()
    """Modules that most submissions import; they are loaded before a submission starts. Of
    `module:function` the function is called, too, once for all: what it keeps, they all find."""
    limits: Mapping[str, float] = {}
    """Limits of the sandbox that differ from the usual ones, by name (see sandbox.policy)."""
    records: Any = None
    """A reader of the students' records (`Records`)."""
    fills: Callable[[Any], Mapping[str, Mapping[str, Any]]] | None = None
    """What records decide of each form: from what `records.parse_all` gives to fields by form."""
    figures: Callable[[Any], Mapping[str, Sequence[Figures]]] | None = None
    """Records in numbers, for those who grade: from what `records.parse_all` gives, by question."""


class Assignment:
    """One assignment of a course.

    Args:
        course: whose it is.
        name: a folder of source/.
        folder: its private folder; None for a classic nbgrader assignment.
    """

    def __init__(self, course: Course, name: str, folder: Path | None) -> None:
        self.course = course
        self.name = name
        self.folder = folder

    @property
    def classic(self) -> bool:
        """Whether it is an ordinary nbgrader assignment, graded with its own test cells."""
        return self.folder is None

    @property
    def source(self) -> Path:
        """The instructor's folder."""
        return self.course.source(self.name)

    @property
    def release(self) -> Path:
        """The released folder. Raises `UsageError` if nothing is released."""
        return self.course.release(self.name)

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """Its questions. Raises `UsageError` if they are not well declared."""
        questions = questions_of(self.course, self.name)
        ids = [question.id for question in questions]
        # nbgrader asks for one id a notebook; checks find their question by the id alone.
        if not self.classic and (twice := next((i for i in ids if ids.count(i) > 1), None)):
            raise UsageError(f"source/{self.name} declares the question '{twice}' twice.")
        return questions

    @cached_property
    def settings(self) -> Settings:
        """What its `__init__.py` says.

        Raises:
            UsageError: it cannot be imported, or says something that is no setting.
        """
        if self.folder is None:
            return Settings(leaves_behind=())
        settings = getattr(self.module(""), "SETTINGS", None)
        if settings is None:
            return Settings()
        if not isinstance(settings, Settings):
            raise UsageError(f"{self.folder}/__init__.py: SETTINGS has to be a Settings(…).")
        return settings

    @cached_property
    def policy(self) -> Policy:
        """The limits of its submissions. Raises `UsageError` for one that there is not."""
        limits: dict[str, Any] = dict(self.settings.limits)
        known = set(Policy.__struct_fields__)
        if unknown := sorted(limits.keys() - known):
            raise UsageError(
                f"{self.folder}/__init__.py: there is no limit '{unknown[0]}'; "
                f"there are {', '.join(sorted(known))}."
            )
        return msgspec.structs.replace(CLASSIC if self.classic else POLICY, **limits)

    @cached_property
    def reference(self) -> ModuleType:
        """The module with its right answers. Raises `UsageError` if it cannot be imported."""
        return self.module("reference")

    @cached_property
    def answers(self) -> Mapping[str, Declared]:
        """What its reference declares, by name."""
        return declared_in(self.reference)

    def namespace(self) -> dict[str, Any]:
        """What a right submission defines: the reference's answers, by name."""
        return implementations(self.reference)

    def parsed(self, handed_in: Mapping[str, Sequence[bytes]]) -> Any:
        """What checks get as `student.records` of what was handed in; None without a reader."""
        reader = self.settings.records
        return reader.parse_all(handed_in) if reader is not None else None

    def mistake_modules(self) -> list[ModuleType]:
        """The modules of its mistakes, by name."""
        folder = (self.folder or Path()) / "mistakes"
        names = sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")
        return [self.module(f"mistakes.{name}") for name in names] if self.folder else []

    def checks(self) -> Path:
        """The folder of its hidden checks, which from here on can import the private folder.

        Raises:
            UsageError: the private folder cannot be imported.
        """
        self.module("")
        assert self.folder is not None, "a classic assignment has no hidden checks"
        return self.folder / "checks"

    def shared(self) -> dict[str, Path]:
        """What every submission sees read-only: all that is released beside the notebooks."""
        return {
            path.name: path
            for path in sorted(self.release.iterdir())
            if path.suffix != ".ipynb" and not path.name.startswith((".", "__"))
        }

    def warm(self) -> tuple[str, ...]:
        """Modules that are loaded before a submission starts.

        Those of its settings, and Matplotlib's if a notebook or a module that is released names it.
        """
        modules = [path for top in self.shared().values() for path in (top, *top.rglob("*.py"))]
        texts = [*self.release.glob("*.ipynb"), *(path for path in modules if path.suffix == ".py")]
        plots = any(b"matplotlib" in path.read_bytes() for path in texts)
        return (*self.settings.warm, *((PLOTS,) if plots else ()))

    def private_files(self) -> list[Path]:
        """The files of its private folder that a grade can depend on."""
        return files_of(self.folder) if self.folder else []

    def digest(self) -> str:
        """Changes whenever one of its private files does."""
        return _digest(self.folder) if self.folder else ""

    def module(self, name: str) -> ModuleType:
        """A module of the private folder, such as `reference`; "" for the folder itself.

        Raises:
            UsageError: it cannot be imported.
        """
        assert self.folder is not None, "a classic assignment has no modules"
        _make_importable(self.folder)
        full = ".".join(part for part in (PACKAGE, self.folder.name, name) if part)
        try:
            return importlib.import_module(full)
        except Exception as error:
            raise UsageError(
                f"{full} cannot be imported from {self.folder}: {type(error).__name__}: {error}."
            ) from error


def find(course: Course, name: str) -> Assignment:
    """The assignment of this name.

    Raises:
        UsageError: there is no such folder in source/.
    """
    course.source(name)
    return Assignment(course, name, private_folder(course, name))


def names(course: Course) -> list[str]:
    """The assignments of a course: the folders of source/ that hold a notebook."""
    folders = sorted(path for path in (course.root / "source").glob("*") if path.is_dir())
    return [path.name for path in folders if any(path.glob("*.ipynb"))]


def chosen(course: Course, name: str | None) -> str:
    """The name that was given, or that of the only assignment; there is no other default.

    Raises:
        UsageError: there is none, or more than one to choose from.
    """
    if name is not None:
        return name
    known = names(course)
    if len(known) == 1:
        return known[0]
    if not known:
        raise UsageError(f"There is no assignment in {course.root / 'source'}; make one with "
                         "'autograder new NAME'.")  # fmt: skip
    raise UsageError(f"Say which assignment: {', '.join(known)}.")


def files_of(folder: Path) -> list[Path]:
    """The files of a private folder that a grade can depend on, in order of their names."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix in CODE and path.relative_to(folder).parts[0] not in ASIDE
    ]


def _digest(folder: Path) -> str:
    hashed = hashlib.sha256()
    for path in files_of(folder):
        for part in (str(path.relative_to(folder)).encode(), path.read_bytes()):
            hashed.update(len(part).to_bytes(8, "little"))
            hashed.update(part)
    return hashed.hexdigest()


_loaded: dict[str, tuple[Path, str]] = {}


def _make_importable(folder: Path) -> None:
    """Let `autograder.assignments.<name>` be this folder, as it is on disk now.

    A course may be elsewhere, another course's assignment may have the same name, and an
    instructor edits files while a server runs.
    """
    version = (folder, _digest(folder))
    if _loaded.get(folder.name) == version:
        return
    # The last one is not there yet where Python made a namespace of the course's own folder.
    known = [*autograder.assignments.__path__, str(Path(__file__).with_name("assignments"))]
    autograder.assignments.__path__ = list(dict.fromkeys([str(folder.parent), *known]))
    prefix = f"{PACKAGE}.{folder.name}"
    for name in [name for name in sys.modules if name == prefix or name.startswith(f"{prefix}.")]:
        del sys.modules[name]
    vars(autograder.assignments).pop(folder.name, None)
    importlib.invalidate_caches()
    _loaded[folder.name] = version
