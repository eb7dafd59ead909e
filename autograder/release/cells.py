"""What happens to each notebook on its way from `source/` to `release/` and `solutions/`.

Four nbgrader preprocessors, to be named in `nbgrader_config.py`: they work the same from
`autograder release`, `nbgrader generate_assignment` and formgrader's Generate button.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from nbgrader.preprocessors import ClearSolutions, NbGraderPreprocessor
from nbgrader.utils import is_solution
from traitlets import List, Unicode

from autograder.assignment import is_classic
from autograder.course.course import Course
from autograder.errors import UsageError
from autograder.release.leaks import leaks_in_notebook, private_lines, public_text
from autograder.release.regions import BEGIN, END, STUB_KEY, Region, blank_form, split_cell

ANSWER_SUFFIX = "_answer"
AUTOTEST = "### AUTOTEST"
WRITTEN_STUB = "*Write your answer here, in your own words.*"


def default_stub(cell: Any, region: Region | None) -> str:
    """What a student finds in place of a solution when the author gave no stub.

    A dictionary keeps its keys, all of them None; other code raises an error that starts
    with the question's id; text asks for the student's own words.
    """
    if cell.cell_type != "code":
        return WRITTEN_STUB
    form = blank_form("\n".join(region.lines)) if region else None
    question = cell.metadata.nbgrader["grade_id"].removesuffix(ANSWER_SUFFIX)
    return form or (
        f'raise NotImplementedError("{question} is not answered yet: '
        'fill in the cell above the check.")'
    )


class StubAnswers(ClearSolutions):  # type: ignore[misc]
    """Put a stub in place of every solution region.

    The author's own stub, `metadata.autograder.stub` of the answer cell, wins: a string,
    or a list with one entry (a string, or null for the default) per region. In an ordinary
    nbgrader assignment solutions are cleared as nbgrader does.
    """

    _classic = False

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Replace the solutions of a notebook."""
        course = Course(Path(self.parent.parent.coursedir.root))
        self._classic = is_classic(course, resources["nbgrader"]["assignment"])
        if self._classic:
            refuse_unsupported(nb, resources["nbgrader"]["notebook"])
        cleared: tuple[Any, Any] = super().preprocess(nb, resources)
        return cleared

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
        return [
            default_stub(cell, region) if stub is None else stub
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


class _WithFolders(NbGraderPreprocessor):  # type: ignore[misc]
    """A preprocessor that knows the course's folders, from the converter that runs it."""

    def folders(self, resources: Any) -> tuple[Path, Path, Path]:
        """The course root, and the source and release folder of the assignment at hand."""
        course = self.parent.parent.coursedir
        assignment = resources["nbgrader"]["assignment"]
        steps = (course.source_directory, course.release_directory)
        source, target = (Path(course.format_path(step, ".", assignment)) for step in steps)
        return Path(course.root), source, target


class ShipData(_WithFolders):
    """Copy the data that students need into the release, and leave the instructor's own behind."""

    files = List(
        Unicode(), help="Paths of files to ship, from the course root; they keep their paths."
    ).tag(config=True)

    leave_behind = List(Unicode(), help="Folders of the source that students do not get.").tag(
        config=True
    )

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Copy the files; the notebook passes through. An ordinary assignment ships its folder."""
        root, _, target = self.folders(resources)
        if is_classic(Course(root), resources["nbgrader"]["assignment"]):
            return nb, resources
        for name in self.leave_behind:
            shutil.rmtree(target / name, ignore_errors=True)
        for name in self.files:
            if not (root / name).is_file():
                raise UsageError(f"{name} is to be shipped, but it is not in {root}.")
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / name, target / name)
        return nb, resources


class RefuseLeaks(_WithFolders):
    """Refuse to release a notebook in which a solution or a hidden check is found."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Pass the notebook through, or raise a UsageError that names the first leaks."""
        _, source, _ = self.folders(resources)
        secrets = private_lines(source)
        name = f"{resources['nbgrader']['notebook']}.ipynb"
        if leaks := leaks_in_notebook(name, nb, secrets, public_text(source)):
            raise UsageError(f"{name} is not released: {'; '.join(leaks[:3])}.")
        return nb, resources
