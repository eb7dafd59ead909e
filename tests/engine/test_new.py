"""`init` makes a course and `new` an assignment that works, from the installed package alone."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from typing import Any

import forked
import nbformat
import numpy as np
import pytest
from mini_course import ROOT, edit, tree

from autograder import cli
from autograder.assignment import find
from autograder.checking.collect import Checks
from autograder.checking.collect import run as run_check
from autograder.course.course import Course
from autograder.course.new import make_assignment, make_course
from autograder.diagnosis.diagnose import Trusted
from autograder.errors import UsageError
from autograder.gradebook.rows import open_gradebook
from autograder.model import Verdict

NAME = "week1"
RELEASED = "gradebook-of-the-first-day.db"
SECRET = b"a secret of the tests, long enough"
CODE = ("moving_average", "running_mean", "sparkline", "window_report")
CODE_POINTS = 13.0
WRONG = {
    "moving_average_answer": (', mode="valid")', ', mode="valid")[:-1]'),
    "running_mean_answer": (
        "self.mean += (value - self.mean) / self.count",
        "self.mean = (self.mean + value) / 2",
    ),
    "sparkline_answer": ("np.rint(", "np.floor("),
    "window_report_answer": ('"why_not_wider": "B"', '"why_not_wider": "A"'),
}
NAMED = {
    "moving_average": "last_window_missing",
    "running_mean": "mean_of_mean_and_value",
    "sparkline": "rounded_down",
    "window_report": "wide_windows_add_noise",
}


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment's interpreter: the wheel, and from here only what it depends on."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    interpreter = folder / "bin" / "python"
    asked = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(subprocess.check_output([interpreter, "-c", asked], text=True).strip())
    # A path in a .pth file comes last, and .pth files in it, such as an editable install's, do not
    # count.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    pip = [sys.executable, "-m", "pip", "--python", str(interpreter), "install", "--quiet"]
    subprocess.run([*pip, "--no-index", "--no-deps", "--ignore-installed", str(wheel)], check=True)
    return interpreter


def environment(python: Path) -> dict[str, str]:
    """What installing the dependencies would have brought along beside modules."""
    path = os.pathsep.join(
        [str(python.parent), str(Path(sys.executable).parent), os.environ["PATH"]]
    )
    return os.environ | {"PATH": path, "JUPYTER_PATH": f"{sys.prefix}/share/jupyter"}


def run(python: Path, folder: Path, *words: str, status: int = 0) -> str:
    """Run `autograder` or `nbgrader` in a folder; returns what it printed."""
    done = forked.run(*words, cwd=folder, python=str(python))
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


def start(python: Path, folder: Path, *words: str) -> None:
    """Run `autograder` as it is installed."""
    command = [python.parent / "autograder", *words]
    subprocess.run(command, cwd=folder, capture_output=True, check=True, env=environment(python))


@pytest.fixture(scope="module")
def course(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course elsewhere with the new assignment, released, and a class of three."""
    root = tmp_path_factory.mktemp("elsewhere") / "weather"
    start(python, root.parent, "init", "weather")
    start(python, root, "new", NAME)
    start(python, root, "release", NAME)
    shutil.copy(root / "gradebook.db", root / RELEASED)
    for student, step in (("solved", "solutions"), ("blank", "release"), ("wrong", "solutions")):
        shutil.copytree(root / step / NAME, root / "submitted" / student / NAME)
    notebook = root / "submitted" / "wrong" / NAME / f"{NAME}.ipynb"
    for cell, (old, new) in WRONG.items():
        source = sources(notebook)[cell]
        assert old in source
        edit(notebook, cell, source.replace(old, new))
    return Course.find(root)


@pytest.fixture(scope="module")
def graded(python: Path, course: Course) -> Course:
    """The class as `autograder grade` leaves it."""
    run(python, course.root, "autograder", "grade", NAME, "--jobs", "1")
    return course


def sources(notebook: Path) -> dict[str, str]:
    return {cell.id: cell.source for cell in nbformat.read(notebook, as_version=4).cells}


def rows(course: Course) -> dict[tuple[str, str], tuple[Any, ...]]:
    """What the gradebook says of each answer."""
    with open_gradebook(course, NAME) as book:
        return {
            (submission.student.id, row.name): (row.auto_score, row.needs_manual_grade)
            for submission in book.assignment_submissions(NAME)
            for notebook in submission.notebooks
            for row in notebook.grades
        }


def test_the_package_is_the_wheels(python: Path, tmp_path: Path) -> None:
    asked = "import autograder; print(autograder.__file__)"
    where = subprocess.check_output([python, "-c", asked], text=True, cwd=tmp_path)
    assert Path(where).is_relative_to(python.parents[1])


def test_verify_names_every_mistake(python: Path, course: Course) -> None:
    said = run(python, course.root, "autograder", "verify", NAME)
    for question, count in (("moving_average", 3), ("running_mean", 2), ("sparkline", 2)):
        assert re.search(rf"{question} +\d+ +1 +{count} ", said), said
    assert "Everything holds." in said


def test_nbgrader_autograde_gives_the_same_rows(
    python: Path, graded: Course, tmp_path: Path
) -> None:
    copy = Course(tmp_path / "copy")
    ignored = shutil.ignore_patterns("autograded", "gradebook.db")
    shutil.copytree(graded.root, copy.root, ignore=ignored)
    (copy.root / RELEASED).rename(copy.root / "gradebook.db")
    run(python, copy.root, "nbgrader", "autograde", NAME)
    assert rows(copy) == rows(graded)


@pytest.mark.parametrize(("student", "points"), [("solved", CODE_POINTS), ("blank", 0.0)])
def test_right_answers_get_all_points_and_blank_ones_none(
    graded: Course, student: str, points: float
) -> None:
    assert sum(rows(graded)[student, question][0] for question in CODE) == points


def test_a_person_grades_what_is_written(graded: Course) -> None:
    assert rows(graded)["solved", "explain_window"] == (None, True)


def test_known_mistakes_are_named(python: Path, graded: Course) -> None:
    told = run(python, graded.root, "autograder", "check", f"submitted/wrong/{NAME}", "--json")
    named = {
        question["id"]: {check["misconception"] for check in question["checks"]} - {None}
        for question in json.loads(told)["questions"]
    }
    right = {question: {name} for question, name in NAMED.items()}
    assert named == right | {"explain_window": set()}


def test_feedback_report_and_export_are_made(python: Path, graded: Course) -> None:
    run(python, graded.root, "nbgrader", "generate_feedback", NAME)
    page = (graded.root / "feedback" / "wrong" / NAME / f"{NAME}.html").read_text()
    assert "The last window is missing: one mean too few comes back." in page
    run(python, graded.root, "autograder", "report", NAME)
    assert "last window missing" in (graded.root / "reports" / f"{NAME}.html").read_text()
    assert len(run(python, graded.root, "autograder", "export", NAME).splitlines()) == 4


JUNK = (None, {}, (), "", "x", float("nan"), float("inf"), 10**400, [1.0, 2.0], np.zeros(7))


@pytest.mark.parametrize("question", CODE)
def test_junk_fails_and_is_never_our_fault(course: Course, question: str) -> None:
    found = find(course, NAME)
    checks, trusted = Checks(found.checks()), Trusted(found)
    (defines,) = (q.defines for q in found.questions if q.id == question)
    right = found.namespace()
    for junk in JUNK:
        answers: list[Any] = [lambda *_, junk=junk: junk]
        if question == "window_report":
            answers = [junk, dict.fromkeys(right["findings"], junk)]
        for answer in answers:
            student = trusted.student(right | {str(defines): answer})
            ran = [
                run_check(check, student, SECRET, found.release) for check in checks.of(question)
            ]
            verdicts = {one.outcome.verdict for one in ran}
            assert not verdicts & {Verdict.PASSED, Verdict.GRADER_ERROR}, (junk, ran)


def test_a_form_read_off_a_table_of_nothing_fails(course: Course) -> None:
    found = find(course, NAME)
    nothing = {"moving_average": lambda x, width: np.full(len(x) - width + 1, np.nan)}
    student = Trusted(found).student(found.namespace() | nothing)
    for check in Checks(found.checks()).of("window_report")[:2]:
        assert run_check(check, student, SECRET, found.release).outcome.verdict is Verdict.FAILED


def test_a_new_assignment_changes_no_other_file(tmp_path: Path) -> None:
    make_course(tmp_path)
    make_assignment(Course(tmp_path), "first")
    before = tree(tmp_path)
    written = make_assignment(Course(tmp_path), "second")
    after = tree(tmp_path)
    assert {name: after[name] for name in before} == before
    assert {tmp_path / name for name in after.keys() - before.keys()} == set(written)


def test_nothing_of_the_template_shows_in_the_copy(tmp_path: Path) -> None:
    make_course(tmp_path)
    for path in make_assignment(Course(tmp_path), NAME):
        assert "template" not in path.read_text(encoding="utf-8").lower(), path
    rules = ["--config", str(ROOT / "pyproject.toml")]
    rules += ["--config", "lint.isort.known-first-party = ['autograder']"]
    ruff = [sys.executable, "-m", "ruff", "check", "--no-cache", *rules]
    subprocess.run([*ruff, str(tmp_path / "autograder")], check=True)


@pytest.mark.parametrize(
    "name", ["week 1", "1st", "class", "../up", "", "_hidden", "week-1", "übung"]
)
def test_a_name_that_cannot_be_imported_is_refused(tmp_path: Path, name: str) -> None:
    make_course(tmp_path)
    before = tree(tmp_path)
    with pytest.raises(UsageError, match="cannot be an assignment's name"):
        make_assignment(Course(tmp_path), name)
    assert tree(tmp_path) == before


@pytest.mark.parametrize("folder", [f"source/{NAME}", f"autograder/assignments/{NAME}"])
def test_an_assignment_that_is_there_is_refused(tmp_path: Path, folder: str) -> None:
    make_course(tmp_path)
    (tmp_path / folder).mkdir(parents=True)
    with pytest.raises(UsageError, match="already"):
        make_assignment(Course(tmp_path), NAME)


def test_a_course_is_not_made_twice(tmp_path: Path) -> None:
    make_course(tmp_path)
    before = tree(tmp_path)
    with pytest.raises(UsageError, match="a course already"):
        make_course(tmp_path)
    assert tree(tmp_path) == before


def test_files_that_are_there_stay_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("Mine.")
    written = make_course(tmp_path)
    assert (tmp_path / "README.md").read_text() == "Mine."
    assert tmp_path / "README.md" not in written


def test_the_course_is_called_after_its_folder(tmp_path: Path) -> None:
    make_course(tmp_path / "Wetter & Klima 2026")
    config = (tmp_path / "Wetter & Klima 2026" / "nbgrader_config.py").read_text()
    assert 'course_id = "Wetter-Klima-2026"' in config


def test_new_says_what_to_run_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_course(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["autograder", "new", NAME])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert f"source/{NAME}/{NAME}.ipynb" in said
    assert said.splitlines()[-3:] == [
        f"  autograder release {NAME}",
        f"  autograder verify {NAME}",
        f"  autograder check solutions/{NAME}",
    ]
