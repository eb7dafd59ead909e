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
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import msgspec
import nbformat
from nbgrader.converters import GenerateAssignment, GenerateSolution
from nbgrader.converters.base import NbGraderException
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
from autograder.course.waiting import patient, wait_until_free
from autograder.errors import UsageError
from autograder.release.changes import Plan
from autograder.release.compare import differences
from autograder.release.convert import convert
from autograder.release.forms import fill_in
from autograder.release.leaks import leaks_in_folder
from autograder.release.migrate import change_questions, lay_out, planned_change
from autograder.release.solve import run_solutions, to_run
from autograder.release.worth import other_points

Execution = Literal["changed", "always", "never"]
"""Whether solutions are run: only if a source or a file changed, or every time, or not."""


class Released(msgspec.Struct, frozen=True):
    """What a release did."""

    release: Path
    solutions: Path
    notebooks: tuple[str, ...]
    release_changed: bool
    executed: tuple[str, ...]
    """The notebooks whose solutions were run."""
    backup: Path | None = None
    """Where the gradebook is as it was, if questions changed under submissions."""


def build_release(
    course: Course,
    assignment: str,
    *,
    execute: Execution = "changed",
    register: bool = True,
    show: Callable[[Plan], None] = lambda _: None,
    agreed: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> Released:
    """Write `release/<assignment>` and `solutions/<assignment>`.

    Args:
        course: the course.
        assignment: its folder's name under `source/`.
        execute: whether to run the solutions; "changed" keeps the outputs that stand in
            `solutions/` of notebooks that have not changed (see `solve.to_run`).
        register: whether to enter the assignment into the gradebook (made if there is none).
        show: told first what becomes of questions that students have handed in already.
        agreed: whether to go through with that.
        say: told what is being done, in half a sentence each.

    Raises:
        UsageError: if a solution or a hidden check is found in the release, a text says other
            points than a check cell, a solution raises, nbgrader refuses, or questions change
            that students have handed in and nobody has agreed; nothing is changed then.
    """
    with _workshop(course, assignment) as workshop:
        say("making the students' notebooks")
        student, solved = _build(workshop, assignment)
        say("looking for solutions in them")
        _refuse_leaks(student, workshop, assignment)
        target = course.root / "solutions" / assignment
        planned = planned_change(workshop, course, assignment) if register else None
        if planned is not None and planned.changes:
            show(planned)
            if not agreed:
                raise UsageError(
                    f"Nothing is changed yet, since {len(planned.effects)} students have handed "
                    f"in; run 'autograder release {assignment} --yes' to go through with it."
                )
        expected = _filled_in(workshop, target, solved)
        stale = execute == "always" or bool(differences(target, expected, "solutions"))
        names = to_run(course, assignment, expected, everything=execute == "always")
        if stale and execute != "never":
            run_solutions(workshop, solved, names, target, say)
            source, found = Course(workshop).source(assignment), find(Course(workshop), assignment)
            # A form's check has looked at the numbers of the source's run; it looks once more.
            again = [name for name in fill_in(found, source, recorded=solved) if name in names]
            if again:
                say("its record has other numbers than its forms; once more, with those")
                run_solutions(workshop, solved, again, None, say)
            fill_in(found, solved, recorded=solved)
        backup = change_questions(workshop, course, assignment, planned) if planned else None
        if register:
            say("entering the questions into the gradebook")
            _enter_into_gradebook(workshop, course, assignment)
        if stale:
            _move_in(solved, target)
        changed = bool(differences(course.root / "release" / assignment, student, "release"))
        if changed:
            _move_in(student, course.root / "release" / assignment)
        store_as_jupyter_does(course.source(assignment))
    return Released(
        release=course.root / "release" / assignment,
        solutions=target,
        notebooks=tuple(path.stem for path in notebook_paths(course.source(assignment))),
        release_changed=changed,
        executed=tuple(names) if stale and execute != "never" else (),
        backup=backup,
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
        target = course.root / "solutions" / assignment
        return [
            *differences(course.root / "release" / assignment, student, "release"),
            *differences(target, _filled_in(workshop, target, solved), "solutions"),
        ]


@contextmanager
def _workshop(course: Course, assignment: str) -> Iterator[Path]:
    """A throw-away copy of the course that holds this assignment only."""
    source = course.source(assignment)
    if not notebook_paths(source):
        raise UsageError(f"source/{assignment} holds no notebook.")
    _refuse(other_points(course, assignment))
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
        lay_out(f"sqlite:///{workshop}/gradebook.db")
        yield workshop


def _build(workshop: Path, assignment: str) -> tuple[Path, Path]:
    """Make the student's folder and the solutions, unexecuted."""
    convert(GenerateAssignment, workshop, assignment)
    unexecuted = Config({"Execute": {"enabled": False}})
    convert(GenerateSolution, workshop, assignment, unexecuted, solution_directory="unexecuted")
    return workshop / "release" / assignment, workshop / "unexecuted" / assignment


def _filled_in(workshop: Path, target: Path, solved: Path) -> Path:
    """What the source gives, its forms filled in from the records that stand in `solutions/`."""
    expected = workshop / "expected" / solved.name
    shutil.copytree(solved, expected)
    fill_in(find(Course(workshop), solved.name), expected, recorded=target)
    return expected


def _enter_into_gradebook(workshop: Path, course: Course, assignment: str) -> None:
    gradebook = course_directory(course.root).db_url
    if Path(gradebook.removeprefix("sqlite:///")).is_file():
        wait_until_free(gradebook)
    gradebook = patient(gradebook)
    lay_out(gradebook)
    convert(
        GenerateAssignment, workshop, assignment, release_directory="registered", db_url=gradebook
    )


def _refuse_leaks(student: Path, workshop: Path, assignment: str) -> None:
    _refuse(leaks_in_folder(find(Course(workshop), assignment), student))


def _refuse(reasons: list[str]) -> None:
    if reasons:
        more = f"; and {len(reasons) - 3} more" if len(reasons) > 3 else ""
        raise UsageError(f"Nothing is released: {'; '.join(reasons[:3])}{more}.")


def store_as_jupyter_does(folder: Path) -> None:
    """Write the notebooks of a folder as Jupyter would save them.

    Then a change that is made in Jupyter is all that a comparison with the last version shows.
    """
    for path in notebook_paths(folder):
        notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
        if notebook.nbformat != nbformat.current_nbformat:
            continue  # opening it in Jupyter converts it; that is the instructor's to decide
        stored = f"{nbformat.writes(notebook)}\n".encode()
        if path.read_bytes() != stored:
            fresh = path.with_name(f".{path.name}.new")
            fresh.write_bytes(stored)
            fresh.replace(path)


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


