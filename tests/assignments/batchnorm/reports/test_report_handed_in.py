"""Whole submissions with reports, graded in the real sandbox."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from filled_in import (
    DATA,
    DEEP,
    RIGHT,
    SCALES,
)
from student_folder import ROOT
from submissions import hand_in, solved

from autograder.assignments.batchnorm.records import MIME
from autograder.course.course import Course
from autograder.grading.grade import Grader


@pytest.fixture(scope="module")
def second_notebook(course: Course) -> Iterator[Grader]:
    with Grader(course, "batchnorm", only="batch_normalization") as grader:
        yield grader


def handed_in(folder: Path, **kwargs: Any) -> Path:
    """The solution with its forms filled in from the record in these tests."""
    forms = {
        "deep_net_report_answer": f"deep_net_answers = {RIGHT[DEEP]!r}",
        "weight_scale_report_answer": f"weight_scale_answers = {RIGHT[SCALES]!r}",
    }
    return hand_in(folder, forms, **kwargs)


def scores(grader: Grader, folder: Path) -> dict[str, float | None]:
    graded = grader.grade(folder)
    assert not graded.staff_notes
    return {q.id: q.score for q in graded.grade.questions if q.id in RIGHT}


def test_the_solution_with_its_results_earns_both_reports(
    second_notebook: Grader, tmp_path: Path
) -> None:
    folder = handed_in(tmp_path / "s")
    shutil.copytree(DATA, folder / "results")
    assert scores(second_notebook, folder) == {DEEP: 6.0, SCALES: 6.0}


def test_the_committed_solutions_earn_both_reports(second_notebook: Grader) -> None:
    assert scores(second_notebook, ROOT / "solutions" / "batchnorm") == {DEEP: 6.0, SCALES: 6.0}


def test_a_form_filled_in_from_variables_of_the_run_waits_for_a_person(
    second_notebook: Grader, tmp_path: Path
) -> None:
    from_run = '"val_accuracy_with": deep["with"].val_accuracy[-1]'
    replace = {"deep_net_report_answer": ("'val_accuracy_with': 0.763", from_run)}
    folder = handed_in(tmp_path / "s", replace=replace)
    shutil.copytree(DATA, folder / "results")
    assert scores(second_notebook, folder) == {DEEP: None, SCALES: 6.0}


CELLS = {
    "deep-net-run": "deep_net", "test-mode-run": "test_mode", "scale-run": "weight_scale",
    "rescue-run": "rescue",
}  # fmt: skip


def test_outputs_of_cells_stand_in_for_a_folder_that_was_not_handed_in(
    second_notebook: Grader, tmp_path: Path
) -> None:
    def with_outputs(name: str, notebook: Any) -> None:
        for cell in notebook["cells"]:
            if experiment := CELLS.get(cell["id"]):
                shown = json.loads((DATA / f"{experiment}.json").read_text())
                data = {MIME: shown, "text/plain": "Recorded."}
                output = {"output_type": "display_data", "metadata": {}, "data": data}
                cell["outputs"] = [output]

    folder = handed_in(tmp_path / "s", rearrange=with_outputs)
    assert scores(second_notebook, folder) == {DEEP: 6.0, SCALES: 6.0}


def test_a_neighbours_results_under_a_net_of_ones_own_wait_for_a_person(
    second_notebook: Grader, tmp_path: Path
) -> None:
    wrong = {"batchnorm_forward_answer": ("gamma * ", "2 * gamma * ")}
    source = next(
        cell["source"]
        for cell in solved("batch_normalization")["cells"]
        if cell["id"] == "batchnorm_forward_answer"
    )
    assert wrong["batchnorm_forward_answer"][0] in source
    folder = handed_in(tmp_path / "s", replace=wrong)
    shutil.copytree(DATA, folder / "results")
    assert scores(second_notebook, folder) == {DEEP: None, SCALES: None}
