"""Run the instructor's solutions: those that changed, and those that build on them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbgrader.converters import GenerateSolution

from autograder.course.course import Course, notebook_paths
from autograder.course.questions import questions_of
from autograder.errors import UsageError
from autograder.release.compare import different_files
from autograder.release.convert import convert


def to_run(
    course: Course, assignment: str, solved: Path, *, everything: bool = False
) -> list[str]:
    """The notebooks whose outputs in `solutions/` are of another source.

    A notebook that builds on one that changed has changed too; with any other file, all have.

    Args:
        course: the course.
        assignment: the assignment's name.
        solved: the solutions as they are now, not run.
        everything: name them all.
    """
    names = [path.stem for path in notebook_paths(solved)]
    different = different_files(course.root / "solutions" / assignment, solved, with_outputs=False)
    changed = {Path(file).stem for file in different if file.endswith(".ipynb")}
    if everything or any(f"{Path(file).stem}.ipynb" != file for file in different):
        return names
    questions = questions_of(course, assignment)
    home = {question.id: question.notebook for question in questions}
    for question in questions:  # in the order in which they build on each other
        if any(home.get(up) in changed for up in question.upstream):
            changed.add(question.notebook)
    return [name for name in names if name in changed]


def run_solutions(
    workshop: Path,
    solved: Path,
    names: list[str],
    before: Path | None,
    say: Callable[[str], None],
) -> None:
    """Run some of the solutions, and keep the outputs of the others.

    Args:
        workshop: the throw-away copy of the course.
        solved: the solutions, not run; they get their outputs.
        names: the notebooks to run.
        before: the folder that has the others' outputs, if they have none yet.
        say: told which one is run.

    Raises:
        UsageError: if one of them raises.
    """
    for number, name in enumerate(names, 1):
        say(f"running the solutions of {name}.ipynb ({number} of {len(names)})")
        convert(
            GenerateSolution,
            workshop,
            solved.name,
            solution_directory="executed",
            notebook_id=name,
        )
        done = workshop / "executed" / solved.name / f"{name}.ipynb"
        _refuse_errors(done)
        shutil.copy(done, solved)
    for path in notebook_paths(solved):
        if before is not None and path.stem not in names:
            shutil.copy(before / path.name, path)


def _refuse_errors(path: Path) -> None:
    for cell in nbformat.read(path, as_version=4).cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                raise UsageError(
                    f"The solution {path.name} does not run: cell '{cell.get('id')}' "
                    f"raised {output.ename}: {output.evalue}."
                )
