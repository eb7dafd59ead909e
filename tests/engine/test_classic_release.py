"""What an ordinary nbgrader assignment hands out, and what it says to those who answered it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import classic_course
import forked
import pytest
from classic_course import NAME, change, copy, write
from mini_course import tree

from autograder.course.course import Course
from autograder.errors import UsageError
from autograder.grading.grade import Grader
from autograder.model import Grade, QuestionScore, Verdict
from autograder.release.build import build_release, verify_release


def handed(grader: Grader, course: Course, folder: Path, *changes: Any, of: str) -> Grade:
    """Hand in the solved notebooks with changes in one of them, and grade."""
    shutil.copytree(course.root / "solutions" / NAME, folder)
    change(folder / f"{of}.ipynb", *changes)
    return grader.grade(folder).grade


def question(grade: Grade, notebook: str, id_: str) -> QuestionScore:
    return next(q for q in grade.questions if (q.notebook, q.id) == (notebook, id_))


class TestSentences:
    @pytest.mark.parametrize(
        ("answer", "verdict", "sentence"),
        [
            (
                "squares = list",
                Verdict.RAISED,
                'The test `assert squares(2) == [1, 4], "two squares are 1 and 4"` failed '
                "(TypeError).",
            ),
            (
                "def squares(n):\n    return [n]",
                Verdict.FAILED,
                'The test `assert squares(2) == [1, 4], "two squares are 1 and 4"` failed: '
                "two squares are 1 and 4",
            ),
            (
                "def squares(n):\n    return [1, 4]",
                Verdict.FAILED,
                "A hidden test failed (AssertionError).",
            ),
            (
                "def squares(n):\n    return 1 / 0",
                Verdict.RAISED,
                "While the test ran, your code raised ZeroDivisionError at `return 1 / 0`.",
            ),
            (
                "def squares(n):\n    raise NotImplementedError",
                Verdict.MISSING,
                "While the test ran, your code raised NotImplementedError at "
                "`raise NotImplementedError`.",
            ),
            (
                "def squares(n):\n    while True:\n        pass",
                Verdict.TIMEOUT,
                "The test used up its time.",
            ),
            (
                "import os\ndef squares(n):\n    os._exit(1)",
                Verdict.RAISED,
                "The test ended the Python process.",
            ),
        ],
    )
    def test_say_what_failed_and_nothing_hidden(
        self, quick, classic, tmp_path, answer, verdict, sentence
    ):
        grade = handed(quick, classic, tmp_path / "s", write("squares", answer), of="numbers")
        (check,) = question(grade, "numbers", "squares_test").checks
        assert (check.verdict, check.message) == (verdict, sentence)
        assert "hidden words about zero" not in grade.to_json()

    def test_say_how_many_points_a_test_gives(self, quick, classic, tmp_path):
        mean = write("mean", "def mean(values):\n    return 2")
        grade = handed(quick, classic, tmp_path / "s", mean, of="numbers")
        (check,) = question(grade, "numbers", "mean_test").checks
        assert (check.points, check.message) == (1, "The test gives 1 of 3 points.")


class TestGrade:
    def test_says_where_its_verdicts_come_from(self, quick, classic, tmp_path):
        grade = handed(quick, classic, tmp_path / "s", of="words")
        assert '"verdicts_from":"submission"' in grade.to_json()
        assert Grade.from_json(grade.to_json()) == grade

    def test_of_our_own_assignments_holds_no_such_field(self):
        grade = Grade("own", "graded", 1.0, 1.0, 0.0)  # type: ignore[arg-type]
        assert "verdicts_from" not in grade.to_json()
        assert "unanswered" not in grade.to_json()

    def test_hidden_tests_lie_in_no_file_of_the_session(self, quick, classic, tmp_path):
        peek = write("mean", 'assert "hid" + "den words" not in open("numbers.ipynb").read()')
        folder = tmp_path / "s"
        handed(quick, classic, folder, peek, of="numbers")
        runs = quick.grade(folder).runs["numbers"]
        assert next(run for run in runs if run.id == "mean").status == "ok"

    def test_of_a_changed_test_is_refused(self, classic, tmp_path):
        course = copy(classic, tmp_path / "changed")
        change(course.root / "source" / NAME / "words.ipynb", write("tidy", "assert True"))
        refused = pytest.raises(UsageError, match=r"'tidy' of words\.ipynb is not the same in")
        with refused, Grader(course, NAME):
            pass

    def test_follows_a_changed_hidden_test(self, classic, tmp_path):
        course = copy(classic, tmp_path / "changed")
        source = course.root / "source" / NAME / "numbers.ipynb"
        change(source, write("squares_test", classic_course.SQUARES_TEST.replace("49", "50")))
        with Grader(course, NAME) as grader:
            grade = handed(grader, course, tmp_path / "s", of="numbers")
        assert question(grade, "numbers", "squares_test").score == 0


class TestRelease:
    def test_holds_no_solution_test_or_mark_scheme_that_is_hidden(self, classic):
        texts = b"".join(tree(classic.root / "release" / NAME).values()).decode()
        assert "two squares are 1 and 4" in texts
        assert "YOUR ANSWER HERE" in texts
        for secret in ("hidden words", "mean([])", "naming three", "sum(values)", "answer_of_mine"):
            assert secret not in texts

    def test_ships_its_own_folder_and_nothing_else(self, classic):
        assert tree(classic.root / "release" / NAME).keys() == {
            *("numbers.ipynb", "words.ipynb", "words.txt", "data/more.txt"),
        }

    def test_is_what_its_source_gives(self, classic):
        verify_release(classic, NAME)

    @pytest.mark.parametrize(
        ("secret", "kind"),
        [
            ('assert squares(0) == [], "hidden words about zero"', "hidden tests"),
            ("Two points for naming three people.", "mark scheme"),
            ("answer_of_mine = sorted('solution')", "solution"),
        ],
    )
    def test_is_refused_when_it_would_show_what_is_hidden(self, classic, tmp_path, secret, kind):
        course = copy(classic, tmp_path / "leak")
        change(course.root / "source" / NAME / "numbers.ipynb", write("intro", secret))
        with pytest.raises(UsageError, match=f"of the {kind} in"):
            build_release(course, NAME, execute="never")

    def test_is_refused_for_generated_tests(self, classic, tmp_path):
        course = copy(classic, tmp_path / "auto")
        source = course.root / "source" / NAME / "words.ipynb"
        change(source, write("count_test", "### AUTOTEST count('tree')"))
        with pytest.raises(UsageError, match="AUTOTEST"):
            build_release(course, NAME, execute="never")

    def test_has_nothing_to_verify(self, classic):
        done = forked.run("autograder", "verify", NAME, cwd=classic.root)
        assert done.returncode == 2
        assert "nothing to prove" in done.stderr
