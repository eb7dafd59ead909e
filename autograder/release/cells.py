"""What happens to each notebook on its way from `source/` to `release/` and `solutions/`.

Four nbgrader preprocessors, to be named in `nbgrader_config.py`: they work the same from
`autograder release`, `nbgrader generate_assignment` and formgrader's Generate button.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, cast

from nbgrader.preprocessors import ClearSolutions, NbGraderPreprocessor
from nbgrader.utils import is_solution

from autograder.assignment import Assignment, find
from autograder.course.course import Course
from autograder.course.questions import answer_cells
from autograder.errors import UsageError
from autograder.release.leaks import leaks_in_notebook, private_lines, public_text
from autograder.release.regions import BEGIN, END, STUB_KEY, Region, blank_form, split_cell

AUTOTEST = "### AUTOTEST"
WRITTEN_STUB = "*Write your answer here, in your own words.*"


def default_stub(cell: Any, region: Region | None, question: str) -> str:
    """What a student finds in place of a solution when the author gave no stub.

    A dictionary keeps its keys, all of them None; other code raises an error that starts
    with the question's id; text asks for the student's own words.
    """
    if cell.cell_type != "code":
        return WRITTEN_STUB
    form = blank_form("\n".join(region.lines)) if region else None
    told = f"{question} is not answered yet: write it in place of raise."
    return form or f'raise NotImplementedError("{told}")'


class StubAnswers(ClearSolutions):  # type: ignore[misc]
    """Put a stub in place of every solution region.

    The author's own stub, `metadata.autograder.stub` of the answer cell, wins: a string,
    or a list with one entry (a string, or null for the default) per region. In an ordinary
    nbgrader assignment solutions are cleared as nbgrader does.
    """

    _classic = False

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Stub every cell, as the assignment at hand asks."""
        course = Course(Path(self.parent.parent.coursedir.root))
        self._classic = find(course, resources["nbgrader"]["assignment"]).classic
        if self._classic:
            refuse_unsupported(nb, resources["nbgrader"]["notebook"])
        return self.stub(nb, resources)

    def stub(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Remember which cell answers which question, then stub every cell."""
        self._questions = {cell: question for question, cell in answer_cells(nb.cells).items()}
        return cast("tuple[Any, Any]", super().preprocess(nb, resources))

    def _replace_solution_region(self, cell: Any, language: str) -> bool:
        if self._classic:
            return bool(super()._replace_solution_region(cell, language))
        parts = split_cell(cell)
        regions = [part for part in parts if isinstance(part, Region)]
        if is_solution(cell) and not regions:
            return self._replace_whole_cell(cell)
        if not regions:
            return False
        stubs = iter(self._stubs(cell, regions) if is_solution(cell) else [""] * len(regions))
        lines: list[str] = []
        for part in parts:
            if isinstance(part, str):
                lines.append(part)
            else:
                stub = next(stubs)
                lines += [part.indent + line if line else "" for line in stub.splitlines()]
        cell.source = "\n".join(lines)
        return True

    def _replace_whole_cell(self, cell: Any) -> bool:
        if cell.cell_type == "code":
            raise UsageError(
                f"The answer cell '{cell.get('id')}' has no solution region; "
                f"put the solution between '### {BEGIN}' and '### {END}'."
            )
        cell.source = self._stubs(cell, [None])[0]
        return True

    def _stubs(self, cell: Any, regions: list[Region] | list[None]) -> list[str]:
        own = cell.metadata.get("autograder", {}).get(STUB_KEY)
        given = own if isinstance(own, list) else [own] * len(regions)
        if len(given) != len(regions):
            raise UsageError(
                f"The answer cell '{cell.get('id')}' has {len(regions)} solution regions "
                f"and {len(given)} stubs."
            )
        id_ = cell.metadata.nbgrader["grade_id"]
        question = self._questions.get(id_, id_)
        return [
            default_stub(cell, region, question) if stub is None else stub
            for region, stub in zip(regions, given, strict=True)
        ]


def refuse_unsupported(nb: Any, name: str) -> None:
    """Refuse what nbgrader offers and grading here does not.

    Raises:
        UsageError: if the notebook is not in Python, or asks for generated tests.
    """
    language = nb.metadata.get("kernelspec", {}).get("language", "python")
    if language != "python":
        raise UsageError(f"{name}.ipynb is in {language}; only notebooks in Python are graded.")
    for cell in nb.cells:
        if cell.cell_type == "code" and AUTOTEST in cell.source:
            raise UsageError(
                f"A cell of {name}.ipynb asks for {AUTOTEST}, which makes its tests when the "
                "assignment is released; write the tests into the cell."
            )


class CleanMetadata(NbGraderPreprocessor):  # type: ignore[misc]
    """Keep only metadata that is the same on every machine and every run."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Reduce notebook metadata, and drop authors' stubs and measured times from cells."""
        kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
        nb.metadata = type(nb.metadata)(kernelspec=kernel, language_info={"name": "python"})
        for cell in nb.cells:
            cell.metadata.pop("execution", None)
            own = cell.metadata.get("autograder", {})
            own.pop(STUB_KEY, None)
            if "autograder" in cell.metadata and not own:
                del cell.metadata["autograder"]
        return nb, resources


class _WithAssignment(NbGraderPreprocessor):  # type: ignore[misc]
    """A preprocessor that knows the assignment at hand, from the converter that runs it."""

    def assignment(self, resources: Any) -> tuple[Assignment, Path]:
        """The assignment, and the folder its release is written to."""
        course = self.parent.parent.coursedir
        name = resources["nbgrader"]["assignment"]
        target = Path(course.format_path(course.release_directory, ".", name))
        return find(Course(Path(course.root)), name), target


class ShipData(_WithAssignment):
    """Copy the data that students need into the release, and leave the instructor's own behind."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Copy the files; the notebook passes through."""
        assignment, target = self.assignment(resources)
        root = assignment.course.root
        for name in assignment.settings.leaves_behind:
            shutil.rmtree(target / name, ignore_errors=True)
        for name in assignment.settings.ships:
            if not (root / name).is_file():
                raise UsageError(f"{name} is to be shipped, but it is not in {root}.")
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / name, target / name)
        return nb, resources


class RefuseLeaks(_WithAssignment):
    """Refuse to release a notebook in which a solution or a hidden check is found."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Pass the notebook through, or raise a UsageError that names the first leaks."""
        assignment, _ = self.assignment(resources)
        secrets = private_lines(assignment)
        name = f"{resources['nbgrader']['notebook']}.ipynb"
        if leaks := leaks_in_notebook(name, nb, secrets, public_text(assignment)):
            raise UsageError(f"{name} is not released: {'; '.join(leaks[:3])}.")
        return nb, resources
