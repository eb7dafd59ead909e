"""What students get is made from the source, holds no answer, and never changes by itself."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import mini_course
import nbformat
import pytest
from alembic.script import ScriptDirectory
from mini_course import NAME, cells, edit, given, tree
from nbgrader.api import Gradebook
from nbgrader.dbutil import ALEMBIC_DIR

from autograder.course.course import Course
from autograder.errors import UsageError
from autograder.release.build import _move_in as move_in
from autograder.release.build import build_release, stale_files, verify_release
from autograder.release.cells import default_stub
from autograder.release.regions import Region, blank_form, split_solutions


@pytest.fixture
def course(tmp_path) -> Course:
    return mini_course.make_course(tmp_path)


@pytest.fixture(scope="module")
def released(tmp_path_factory) -> Course:
    course = mini_course.make_course(tmp_path_factory.mktemp("released"))
    build_release(course, NAME)
    return course


def build(course: Course) -> None:
    build_release(course, NAME, execute="never", register=False)


def source_of(course: Course, step: str, notebook: str, cell: str) -> str:
    return "".join(cells(course.root / step / NAME / f"{notebook}.ipynb")[cell]["source"])


class TestStubs:
    def test_an_unanswered_function_keeps_its_head_and_names_its_question(self, released):
        assert source_of(released, "release", "layers", "weigh_answer").splitlines() == [
            "def weigh(x, w, b):",
            '    """A weighted sum: x (N, d1, ..., dk), w (D, M), b (M,) -> out (N, M), cache."""',
            '    raise NotImplementedError("weigh is not answered yet: '
            'write it in place of raise.")',
        ]

    def test_a_form_keeps_its_fields_and_loses_its_values(self, released):
        stub = source_of(released, "release", "deeper", "practice_answer")
        fields: dict[str, object] = {}
        exec(stub, fields)
        assert fields["practice_answers"] == {
            "first_epoch_with": None,
            "first_epoch_without": None,
        }

    def test_a_model_answer_is_replaced_by_an_invitation(self, released):
        text = source_of(released, "release", "layers", "explain_steps")
        assert text == "*Write your answer here, in your own words.*"

    def test_the_authors_own_stub_wins_and_its_metadata_stays_behind(self, course):
        path = course.root / "source" / NAME / "layers.ipynb"
        edit(path, "clip_answer", autograder={"stub": "pass  # your line here"})
        build(course)
        cell = cells(course.root / "release" / NAME / "layers.ipynb")["clip_answer"]
        assert cell["source"][-1] == "    pass  # your line here"
        assert "autograder" not in cell["metadata"]

    def test_a_cell_may_hold_several_regions_with_a_stub_each(self, course):
        path = course.root / "source" / NAME / "layers.ipynb"
        two = "### BEGIN SOLUTION\na = 1\n### END SOLUTION\nb = 2\n"
        two += "### BEGIN SOLUTION\nc = 3\n### END SOLUTION"
        edit(path, "clip_answer", two, autograder={"stub": ["a = 0", None]})
        build(course)
        lines = source_of(course, "release", "layers", "clip_answer").splitlines()
        assert lines[:2] == ["a = 0", "b = 2"]
        assert lines[2].startswith("raise NotImplementedError(")

    @pytest.mark.parametrize(
        "source",
        ["### BEGIN SOLUTION\nx = 1", "### END SOLUTION", "BEGIN SOLUTION\nBEGIN SOLUTION"],
    )
    def test_unpaired_marks_are_refused(self, course, source):
        edit(course.root / "source" / NAME / "layers.ipynb", "clip_answer", source)
        with pytest.raises(UsageError, match="clip_answer"):
            build(course)

    def test_an_answer_without_a_marked_solution_is_refused(self, course):
        edit(course.root / "source" / NAME / "layers.ipynb", "clip_answer", "x = 1")
        with pytest.raises(UsageError, match="no solution region"):
            build(course)

    def test_a_solution_outside_an_answer_cell_is_refused(self, course):
        marked = "### BEGIN SOLUTION\nx = 1\n### END SOLUTION"
        edit(course.root / "source" / NAME / "layers.ipynb", "intro", marked)
        with pytest.raises(UsageError, match="non-solution cell"):
            build(course)

    def test_regions_and_given_lines_make_up_the_whole_cell(self):
        parts = split_solutions("a\n  # BEGIN SOLUTION\n  b\n  # END SOLUTION\nc")
        assert parts == ["a", Region("  ", ("  b",)), "c"]

    @pytest.mark.parametrize("code", ["x = 1", "x = {**y}", "x = {1: 2}", "x = {", "x = {}\ny = 1"])
    def test_only_a_dictionary_of_named_fields_is_a_form(self, code):
        assert blank_form(code) is None

    def test_the_stub_of_code_raises_what_the_autograder_recognizes(self):
        cell = mini_course.answer("clip", "")
        with pytest.raises(NotImplementedError, match=r"^clip is not answered yet: "):
            exec(default_stub(cell, Region("", ("out = x",)), "clip"))


class TestLeaks:
    SECRET = "out = x.reshape(x.shape[0], -1).dot(w) + b"

    def refused(self, course: Course, match: str) -> None:
        before = tree(course.root)
        with pytest.raises(UsageError, match=match):
            build(course)
        after = tree(course.root)
        assert {name: raw for name, raw in after.items() if ".autograder" not in name} == before

    def test_a_solution_line_in_a_scratch_cell_is_refused_and_nothing_is_written(self, course):
        path = course.root / "source" / NAME / "deeper.ipynb"
        notebook = nbformat.read(path, as_version=4)
        notebook.cells.append(nbformat.v4.new_code_cell(f"  {self.SECRET}  # mine", id="scratch"))
        nbformat.write(notebook, path)
        self.refused(course, "'scratch'.*weigh_answer")

    @pytest.mark.parametrize("place", ["prose", "metadata", "attachment"])
    def test_a_solution_line_is_found_wherever_it_hides(self, course, place):
        path = course.root / "source" / NAME / "layers.ipynb"
        notebook = nbformat.read(path, as_version=4)
        intro = notebook.cells[0]
        if place == "prose":
            intro.source += f"\n\n```\n{self.SECRET}\n```"
        elif place == "metadata":
            intro.metadata["note"] = {"to": ["me", f"use {self.SECRET}"]}
        else:
            intro.attachments = {"a.txt": {"text/plain": self.SECRET}}
        nbformat.write(notebook, path)
        self.refused(course, "'intro'")

    def test_a_file_that_travels_along_is_searched_too(self, course):
        (course.root / "source" / NAME / "notes.txt").write_text(f"do {self.SECRET}")
        self.refused(course, r"notes\.txt")

    def test_a_line_of_a_hidden_check_is_refused(self, course):
        private = course.root / "autograder" / "assignments" / NAME
        lines = (private / "checks" / "test_weigh.py").read_text().splitlines()
        call = next(line for line in lines if "student.weigh(" in line)
        edit(course.root / "source" / NAME / "layers.ipynb", "intro", call)
        self.refused(course, r"the private checks/test_weigh\.py")

    def test_a_file_of_the_autograder_is_refused_whole(self, course):
        private = course.root / "autograder" / "assignments" / NAME
        for path in (
            private / "checks" / "grading.npz",
            course.root / "source" / NAME / "more.npz",
        ):
            path.write_bytes(b"hidden pictures")
        self.refused(course, r"more\.npz is the autograder's grading\.npz")

    def test_what_every_program_says_is_no_leak(self, course):
        everyday = "import numpy as np\nreturn out, cache\nfor i in range(3):\n    pass"
        edit(course.root / "source" / NAME / "layers.ipynb", "intro", everyday)
        build(course)

    def test_what_an_instructor_locked_was_given_on_purpose(self, course):
        path = course.root / "source" / NAME / "deeper.ipynb"
        notebook = nbformat.read(path, as_version=4)
        notebook.cells.append(given("example", self.SECRET))
        nbformat.write(notebook, path)
        build(course)
        assert source_of(course, "release", "deeper", "example") == self.SECRET


class TestRelease:
    def test_a_second_release_changes_no_byte(self, released):
        before = tree(released.root)
        again = build_release(released, NAME)
        assert not again.release_changed
        assert not again.executed
        assert {k: v for k, v in tree(released.root).items() if k != "gradebook.db"} == {
            k: v for k, v in before.items() if k != "gradebook.db"
        }

    def test_solutions_are_executed(self, released):
        outputs = cells(released.root / "solutions" / NAME / "layers.ipynb")["weigh"]
        assert outputs["outputs"][0]["text"] == ["(2, 4)\n"]

    def test_solutions_keep_every_source_line(self, released):
        solved = source_of(released, "solutions", "layers", "weigh_answer")
        assert solved == mini_course.WEIGH

    def test_support_and_data_travel_with_the_release(self, released):
        names = set(tree(released.root / "release" / NAME))
        assert names == {
            "layers.ipynb",
            "deeper.ipynb",
            "support/__init__.py",
            "datasets/pictures.npz",
            "datasets/LICENSE.pictures",
        }

    def test_the_gradebook_knows_the_assignment_and_no_student(self, released):
        with Gradebook(f"sqlite:///{released.root}/gradebook.db", "deep-learning") as gradebook:
            assignment = gradebook.find_assignment(NAME)
            assert {notebook.name for notebook in assignment.notebooks} == {"layers", "deeper"}
            assert assignment.max_score == 17
            assert gradebook.students == []

    def test_a_new_gradebook_says_the_version_that_nbgrader_would_write(self, released):
        with closing(sqlite3.connect(released.root / "gradebook.db")) as book:
            assert book.execute("SELECT * FROM alembic_version").fetchall() == [
                (ScriptDirectory(ALEMBIC_DIR).get_current_head(),)
            ]

    def test_the_run_leaves_no_other_trace(self, released):
        assert {path.name for path in released.root.iterdir()} == {
            ".autograder", "autograder", "datasets", "gradebook.db", "nbgrader_config.py",
            "release", "solutions", "source",
        }  # fmt: skip
        assert list((released.root / ".autograder").iterdir()) == []

    def test_locked_cells_cannot_be_edited_or_deleted(self, released):
        check = cells(released.root / "release" / NAME / "layers.ipynb")["weigh"]
        assert (check["metadata"]["editable"], check["metadata"]["deletable"]) == (False, False)

    def test_a_solution_that_raises_is_not_shown_as_one(self, course):
        path = course.root / "source" / NAME / "deeper.ipynb"
        edit(path, "clip_back", "raise ValueError('no')")
        with pytest.raises(UsageError, match="'clip_back' raised ValueError: no"):
            build_release(course, NAME, register=False)
        assert not (course.root / "release").exists()

    def test_an_assignment_that_is_not_there_is_refused(self, course):
        with pytest.raises(UsageError, match="There is no source/nope"):
            build_release(course, "nope")


class TestStaleness:
    def test_a_fresh_release_is_not_stale(self, released):
        assert stale_files(released, NAME) == []
        verify_release(released, NAME)

    def test_an_edited_source_makes_release_and_solutions_stale(self, course):
        build(course)
        edit(course.root / "source" / NAME / "layers.ipynb", "intro", "# Changed")
        assert [line.split()[0] for line in stale_files(course, NAME)] == [
            f"release/{NAME}/layers.ipynb",
            f"solutions/{NAME}/layers.ipynb",
        ]

    def test_a_touched_release_is_stale(self, course):
        build(course)
        with (course.root / "release" / NAME / "deeper.ipynb").open("a") as file:
            file.write("\n")
        with pytest.raises(UsageError, match=f"release/{NAME}/deeper.ipynb is not what"):
            verify_release(course, NAME)


class TestMovingIn:
    def folder(self, path: Path, text: str) -> Path:
        path.mkdir(parents=True)
        (path / "file").write_text(text)
        return path

    def test_the_new_folder_stands_alone(self, tmp_path):
        target = self.folder(tmp_path / "release" / "a", "old")
        move_in(self.folder(tmp_path / "workshop" / "a", "new"), target)
        assert (target / "file").read_text() == "new"
        assert list(target.parent.iterdir()) == [target]

    def test_the_old_folder_comes_back_if_the_new_one_cannot_be_moved_in(self, tmp_path):
        target = self.folder(tmp_path / "release" / "a", "old")
        with pytest.raises(OSError, match="never-built"):
            move_in(tmp_path / "workshop" / "never-built", target)
        assert (target / "file").read_text() == "old"
        assert list(target.parent.iterdir()) == [target]

    def test_what_a_killed_run_put_aside_stays_until_a_new_folder_stands(self, tmp_path):
        target = tmp_path / "release" / "a"
        aside = self.folder(tmp_path / "release" / ".a.old", "old")
        with pytest.raises(OSError, match="never-built"):
            move_in(tmp_path / "workshop" / "never-built", target)
        assert (target / "file").read_text() == "old"
        assert not aside.exists()
