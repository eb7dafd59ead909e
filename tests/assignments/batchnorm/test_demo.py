"""The demonstration's class is what it says it is."""

from __future__ import annotations

from pathlib import Path

import msgspec
import nbformat
import pytest
from submissions import ROOT

from autograder.assignments.batchnorm.demo.cases import CLASS, MISTAKES, RIGHT
from autograder.course.course import Course
from autograder.demo.cases import Case
from autograder.demo.course import (
    apply,
    copy_course,
    read_notebooks,
    submission,
    without_markers,
    write_class,
)
from autograder.demo.table import lost, named
from autograder.grading.grade import Grader

ASSIGNMENT = "batchnorm"
SOLUTIONS = ROOT / "solutions" / ASSIGNMENT


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    course = copy_course(Course(ROOT), ASSIGNMENT, tmp_path_factory.mktemp("demo") / "demo")
    (course.root / "release").symlink_to(ROOT / "release")
    write_class(course, ASSIGNMENT, SOLUTIONS, CLASS)
    return course.root / "submitted"


def test_there_are_24_submissions_and_a_dozen_mistakes() -> None:
    assert len(CLASS.cases) == len({case.student for case in CLASS.cases}) == 24
    assert len(MISTAKES) >= 12


def test_no_two_submissions_are_alike(handed_in: Path) -> None:
    texts = set()
    for case in CLASS.cases:
        folder = handed_in / case.student / ASSIGNMENT
        texts.add(b"".join(path.read_bytes() for path in sorted(folder.glob("*.ipynb"))))
    assert len(texts) == len(CLASS.cases)


def test_an_edit_that_does_not_fit_any_more_is_an_error() -> None:
    case = next(case for case in MISTAKES if case.edits)
    with pytest.raises(LookupError, match="exactly once"):
        apply(
            msgspec.structs.replace(case.edits[0], before="no such line"), read_notebooks(SOLUTIONS)
        )


def test_no_solution_marker_is_handed_in(handed_in: Path) -> None:
    for path in handed_in.rglob("*.ipynb"):
        assert "END SOLUTION" not in path.read_text(), path


def test_the_class_is_the_same_every_time(handed_in: Path, tmp_path: Path) -> None:
    course = copy_course(Course(ROOT), ASSIGNMENT, tmp_path / "demo")
    (course.root / "release").symlink_to(ROOT / "release")
    write_class(course, ASSIGNMENT, SOLUTIONS, CLASS)
    for path in sorted(handed_in.rglob("*.ipynb")):
        again = course.root / "submitted" / path.relative_to(handed_in)
        assert again.read_bytes() == path.read_bytes()


@pytest.mark.parametrize("case", [*RIGHT, *MISTAKES], ids=lambda case: case.student)
def test_a_mistake_costs_points_in_its_own_question(
    case: Case, handed_in: Path, grader: Grader
) -> None:
    grade = grader.grade(handed_in / case.student / ASSIGNMENT).grade
    assert set(case.loses) <= set(lost(grade))
    if not case.loses:
        assert lost(grade) == []
    assert bool(named(grade)) == (case in MISTAKES)


def test_solved_notebooks_lose_their_markers_only() -> None:
    source = "def f():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION\n"
    assert without_markers(source) == "def f():\n    return 1"


def test_right_submissions_are_notebooks() -> None:
    solved, release = read_notebooks(SOLUTIONS), read_notebooks(ROOT / "release" / ASSIGNMENT)
    for case in RIGHT:
        for notebook in submission(case, solved, release).values():
            nbformat.validate(notebook)
