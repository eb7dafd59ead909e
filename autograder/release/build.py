"""From `source/` to what students get (`release/`) and what right looks like (`solutions/`).

Everything is built by nbgrader's own converters in a throw-away copy of the course, so a
run that is refused or killed leaves `release/`, `solutions/` and the gradebook as they
were. The finished folders are moved in at the end; a folder that would not change is not
touched. Then the assignment is entered into the course's gradebook, because grading
needs to find it there.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import msgspec
import nbformat
from nbgrader.api import Base
from nbgrader.converters import GenerateAssignment, GenerateSolution
from nbgrader.converters.base import NbGraderException
from sqlalchemy import create_engine
from traitlets.config import Config

from autograder.assignment import find
from autograder.course.course import PRIVATE
from autograder.course.course import Course, notebook_paths
from autograder.course.nbgrader_view import (
    CONFIG_FILE,
    LEFT_BEHIND,
    course_config,
    course_directory,
)
from autograder.errors import UsageError
from autograder.release.forms import fill_in
from autograder.release.leaks import leaks_in_folder

Execution = Literal["changed", "always", "never"]
"""Whether solutions are run: only if a source or a file changed, or every time, or not."""


class Released(msgspec.Struct, frozen=True):
    """What a release did."""

    release: Path
    solutions: Path
    notebooks: tuple[str, ...]
    release_changed: bool
    solutions_executed: bool


def build_release(
    course: Course, assignment: str, *, execute: Execution = "changed", register: bool = True
) -> Released:
    """Write `release/<assignment>` and `solutions/<assignment>`.

    Args:
        course: the course.
        assignment: its folder's name under `source/`.
        execute: whether to run the solutions; "changed" keeps the outputs that stand in
            `solutions/` as long as no source and no file of theirs changed.
        register: whether to enter the assignment into the gradebook (made if there is none).

    Raises:
        UsageError: if a solution or a hidden check is found in the release, a solution
            raises, or nbgrader refuses; nothing is changed then.
    """
    with _workshop(course, assignment) as workshop:
        student, solved = _build(workshop, assignment)
        _refuse_leaks(student, workshop, assignment)
        target = course.root / "solutions" / assignment
        stale = execute == "always" or bool(_unlike_source(workshop, target, solved))
        if stale and execute != "never":
            solved = _execute(workshop, assignment)
        if register:
            _enter_into_gradebook(workshop, course, assignment)
        if stale:
            _move_in(solved, target)
        changed = bool(_differences(course.root / "release" / assignment, student, "release"))
        if changed:
            _move_in(student, course.root / "release" / assignment)
    return Released(
        release=course.root / "release" / assignment,
        solutions=target,
        notebooks=tuple(path.stem for path in notebook_paths(course.source(assignment))),
        release_changed=changed,
        solutions_executed=stale and execute != "never",
    )


def verify_release(course: Course, assignment: str) -> None:
    """Change nothing, and see that the committed release is what `source/` gives.

    Raises:
        UsageError: if it is not, naming the first file; or as `build_release` does.
    """
    if stale := stale_files(course, assignment):
        more = f" ({len(stale) - 1} more files differ.)" if len(stale) > 1 else ""
        raise UsageError(f"{stale[0]}{more}")


def stale_files(course: Course, assignment: str) -> list[str]:
    """One sentence for every committed file that differs from a fresh build.

    Releases are compared byte for byte, solutions without their outputs, which hold
    measured times.
    """
    with _workshop(course, assignment) as workshop:
        student, solved = _build(workshop, assignment)
        _refuse_leaks(student, workshop, assignment)
        return [
            *_differences(course.root / "release" / assignment, student, "release"),
            *_unlike_source(workshop, course.root / "solutions" / assignment, solved),
        ]


@contextmanager
def _workshop(course: Course, assignment: str) -> Iterator[Path]:
    """A throw-away copy of the course that holds this assignment only."""
    source = course.source(assignment)
    if not notebook_paths(source):
        raise UsageError(f"source/{assignment} holds no notebook.")
    private = course.root / ".autograder"
    private.mkdir(mode=0o700, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=private, prefix="release-") as folder:
        workshop = Path(folder)
        settings = find(course, assignment).settings
        ignored = shutil.ignore_patterns(*LEFT_BEHIND, *settings.leaves_behind)
        shutil.copytree(source, workshop / "source" / assignment, ignore=ignored)
        shutil.copy(course.root / CONFIG_FILE, workshop / CONFIG_FILE)
        for name in {PRIVATE.parts[0], *(Path(file).parts[0] for file in settings.ships)}:
            if (course.root / name).exists():
                (workshop / name).symlink_to(course.root / name)
        _throw_away_gradebook(workshop)
        with _own_commands_on_path():
            yield workshop


@contextmanager
def _own_commands_on_path() -> Iterator[None]:
    """For a new gradebook nbgrader starts `alembic`, and looks for it on the PATH only."""
    before = os.environ.get("PATH")
    beside_python = str(Path(sys.executable).parent)
    os.environ["PATH"] = os.pathsep.join([beside_python, before or os.defpath])
    try:
        yield
    finally:
        if before is None:
            del os.environ["PATH"]
        else:
            os.environ["PATH"] = before


def _throw_away_gradebook(workshop: Path) -> None:
    """Lay out the tables: nbgrader then need not ask `alembic` for a version, which takes 2 s."""
    engine = create_engine(f"sqlite:///{workshop}/gradebook.db")
    Base.metadata.create_all(bind=engine)
    engine.dispose()


def _build(workshop: Path, assignment: str) -> tuple[Path, Path]:
    """Make the student's folder and the solutions, unexecuted."""
    _convert(GenerateAssignment, workshop, assignment)
    unexecuted = Config({"Execute": {"enabled": False}})
    _convert(GenerateSolution, workshop, assignment, unexecuted, solution_directory="unexecuted")
    return workshop / "release" / assignment, workshop / "unexecuted" / assignment


def _execute(workshop: Path, assignment: str) -> Path:
    _convert(GenerateSolution, workshop, assignment, solution_directory="executed")
    folder = workshop / "executed" / assignment
    for path in notebook_paths(folder):
        for cell in nbformat.read(path, as_version=4).cells:
            for output in cell.get("outputs", []):
                if output.output_type == "error":
                    raise UsageError(
                        f"The solution {path.name} does not run: cell '{cell.get('id')}' "
                        f"raised {output.ename}: {output.evalue}."
                    )
    fill_in(find(Course(workshop), assignment), folder, recorded=folder)
    return folder


def _unlike_source(workshop: Path, target: Path, solved: Path) -> list[str]:
    """One sentence for every solution that is not what the source gives, its forms filled in."""
    expected = workshop / "expected" / solved.name
    shutil.copytree(solved, expected)
    fill_in(find(Course(workshop), solved.name), expected, recorded=target)
    return _differences(target, expected, "solutions")


def _enter_into_gradebook(workshop: Path, course: Course, assignment: str) -> None:
    gradebook = course_directory(course.root).db_url
    _convert(
        GenerateAssignment, workshop, assignment, release_directory="registered", db_url=gradebook
    )


def _refuse_leaks(student: Path, workshop: Path, assignment: str) -> None:
    if leaks := leaks_in_folder(find(Course(workshop), assignment), student):
        more = f"; and {len(leaks) - 3} more" if len(leaks) > 3 else ""
        raise UsageError(f"Nothing is released: {'; '.join(leaks[:3])}{more}.")


def _convert(
    converter: type, workshop: Path, assignment: str, config: Config | None = None, **settings: Any
) -> None:
    """Run one of nbgrader's converters; say what it says when it refuses."""

    class Converter(converter):  # type: ignore[misc]
        reason: Exception | None = None

        def convert_single_notebook(self, notebook_filename: str) -> None:
            try:
                super().convert_single_notebook(notebook_filename)
            except Exception as error:
                self.reason = error
                raise

    settings.setdefault("db_url", f"sqlite:///{workshop}/gradebook.db")
    courses = course_directory(workshop, assignment_id=assignment, **settings)
    merged = course_config(workshop)
    merged.merge(config or Config())
    silent = logging.Logger("release", level=logging.CRITICAL + 1)
    run = Converter(coursedir=courses, config=merged, log=silent)
    run.force = True
    try:
        run.start()
    except NbGraderException as error:
        reason = run.reason or error
        if isinstance(reason, UsageError):
            raise reason from None
        raise UsageError(f"nbgrader cannot convert source/{assignment}: {reason}") from reason


def _move_in(built: Path, target: Path) -> None:
    """Put a finished folder in its place; the old one is gone only when the new one stands.

    It waits beside its place, not in the workshop, which is emptied whatever happens.
    """
    target.parent.mkdir(exist_ok=True)
    aside = target.with_name(f".{target.name}.old")
    try:
        if target.exists():
            shutil.rmtree(aside, ignore_errors=True)
            target.rename(aside)
        built.rename(target)
    except BaseException:
        if aside.exists() and not target.exists():
            aside.rename(target)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _differences(old: Path, new: Path, step: str) -> list[str]:
    """One sentence for every file that is not the same in both folders."""
    names = sorted(_files(old) | _files(new))
    return [
        f"{step}/{new.name}/{name} is not what source/{new.name} gives; "
        f"run 'autograder release {new.name}'."
        for name in names
        if not _same(old / name, new / name, with_outputs=step == "release")
    ]


def _files(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def _same(old: Path, new: Path, *, with_outputs: bool) -> bool:
    if not (old.is_file() and new.is_file()):
        return False
    if with_outputs or old.suffix != ".ipynb":
        return old.read_bytes() == new.read_bytes()
    return bool(_without_outputs(old) == _without_outputs(new))


def _without_outputs(path: Path) -> Any:
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell.pop("outputs", None)
        cell.pop("execution_count", None)
    return notebook
