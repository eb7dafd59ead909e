"""A second assignment goes from nothing to feedback, and no file of the engine changes for it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from dropout_course import EXAMPLE, NAME, hand_in, install, run
from nbgrader.api import Gradebook

from autograder.assignment import find
from autograder.classroom.batch import grade_class
from autograder.classroom.packing import code_digest, pack_course
from autograder.classroom.recorded import recorded_grades
from autograder.course.course import PRIVATE, Course
from autograder.model import Grade, Verdict
from autograder.outputs.progress import Silent
from autograder.release.build import build_release

pytestmark = pytest.mark.slow

TWO_MISTAKES = {
    "dropout_forward_answer": ('default_rng(dropout_param.get("seed"))', "default_rng()"),
    "dropout_backward_answer": ("dout * mask", "dout"),
}
LEGACY = {
    "dropout_forward_answer": (
        'rng = np.random.default_rng(dropout_param.get("seed"))\n    mask = (rng.random(x.shape)',
        'if "seed" in dropout_param:\n        np.random.seed(dropout_param["seed"])\n'
        "    mask = (np.random.rand(*x.shape)",
    )
}
"""Right, with NumPy's other generator: it draws other masks than the reference."""
IN_THE_REPORT = {
    "dropout_report_answer": ('"spread_at_fifth": 2.0', '"spread_at_fifth": 4.0'),
}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A fresh course with the example, released."""
    course = install(tmp_path_factory.mktemp("course"))
    build_release(course, NAME, execute="never")
    return course


@pytest.fixture(scope="module")
def graded(course: Course) -> Iterator[dict[str, Grade]]:
    """A class of five with feedback."""
    hand_in(course, "solved", {})
    hand_in(course, "legacy", LEGACY)
    hand_in(course, "mistaken", TWO_MISTAKES)
    hand_in(course, "squared", IN_THE_REPORT)
    shutil.copytree(course.root / "release" / NAME, course.root / "submitted" / "blank" / NAME)
    grade_class(course, NAME, jobs=1, progress=Silent())
    run(course, "nbgrader", "generate_feedback", NAME)
    yield recorded_grades(course, NAME)
    for folder in ("submitted", "autograded", "feedback"):
        shutil.rmtree(course.root / folder)


def points(grade: Grade) -> list[float | None]:
    return [question.score for question in grade.questions]


def named(grade: Grade, question: str) -> set[str | None]:
    checks = next(q.checks for q in grade.questions if q.id == question)
    return {check.misconception for check in checks if check.verdict is not Verdict.PASSED}


def test_the_solution_gets_all_that_no_person_decides(graded: dict[str, Grade]) -> None:
    assert points(graded["solved"]) == [6.0, 4.0, 4.0, 3.0, None]


def test_any_right_use_of_a_generator_is_right(graded: dict[str, Grade]) -> None:
    assert points(graded["legacy"]) == points(graded["solved"])


def test_a_blank_submission_gets_nothing(graded: dict[str, Grade]) -> None:
    assert points(graded["blank"]) == [0.0, 0.0, 0.0, 0.0, 0.0]


def test_two_mistakes_are_both_named_where_they_are_and_in_what_is_built_on_them(
    graded: dict[str, Grade],
) -> None:
    grade = graded["mistaken"]
    assert points(grade) == [5.45, 0.8, 2.67, 3.0, None]
    assert named(grade, "dropout_forward") == {"seed_ignored"}
    assert named(grade, "dropout_backward") == {"passed_on"}
    assert named(grade, "dropout_layer") == {"seed_not_used", "passed_on"}


def test_a_wrong_number_in_the_report_is_told_what_it_is(graded: dict[str, Grade]) -> None:
    assert named(graded["squared"], "dropout_report") == {"variance_for_spread"}
    assert points(graded["squared"])[3] == 2.4


def test_the_gradebook_has_the_points(course: Course, graded: dict[str, Grade]) -> None:
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as book:
        for student, grade in graded.items():
            submission = book.find_submission(NAME, student)
            assert submission.score == pytest.approx(sum(p or 0 for p in points(grade)))
            assert submission.max_score == 20


def test_everybody_gets_a_page_with_the_sentence_of_their_mistake(
    course: Course, graded: dict[str, Grade]
) -> None:
    pages = {
        student: (course.root / "feedback" / student / NAME / "dropout.html").read_text()
        for student in graded
    }
    assert "The seed in dropout_param is not used" in pages["mistaken"]
    assert "dout is passed on as it is in training too." in pages["mistaken"]
    assert "is the variance; the spread is its square root" in pages["squared"]
    assert "The seed in dropout_param is not used" not in pages["solved"]


def test_what_students_get_holds_no_answer(course: Course) -> None:
    cells = json.loads((course.root / "release" / NAME / "dropout.ipynb").read_text())["cells"]
    sources = {cell["id"]: "".join(cell["source"]) for cell in cells}
    assert "rng.random" not in sources["dropout_forward_answer"]
    assert '"gap": None' in sources["dropout_report_answer"]
    assert (course.root / "release" / NAME / "dropout_lab.py").is_file()


def test_a_comment_in_one_assignments_mistakes_is_no_matter_for_another(tmp_path: Path) -> None:
    course = install(tmp_path)
    other = "other"
    shutil.copytree(course.root / "source" / NAME, course.root / "source" / other)
    shutil.copytree(course.root / PRIVATE / NAME, course.root / PRIVATE / other)
    for name in (NAME, other):
        shutil.copytree(course.root / "source" / name, course.root / "release" / name)

    def digests(name: str) -> tuple[str, bytes, str]:
        return find(course, name).digest(), pack_course(course, name), code_digest()

    before = {name: digests(name) for name in (NAME, other)}
    mistakes = course.root / PRIVATE / NAME / "mistakes" / "layer.py"
    mistakes.write_text(mistakes.read_text() + "# A remark.\n")
    code_digest.cache_clear()
    assert digests(other) == before[other]
    changed = [new != old for new, old in zip(digests(NAME), before[NAME], strict=True)]
    assert changed == [True, True, False]


def test_installing_touches_nothing_that_is_there(tmp_path: Path) -> None:
    course = install(tmp_path)
    files = [path.relative_to(course.root) for path in course.root.rglob("*") if path.is_file()]
    own = (PRIVATE / NAME, Path("source") / NAME)
    assert [file for file in files if not any(file.is_relative_to(o) for o in own)] == [
        Path("nbgrader_config.py")
    ]
    assert (EXAMPLE / PRIVATE / NAME / "reference.py").is_file()
