"""What an assignment says about its release, and what counts as a leak of it."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
import tiny_course
from mini_course import tree
from tiny_course import NAME

from autograder.assignment import find
from autograder.course.course import Course
from autograder.errors import UsageError
from autograder.release.build import build_release
from autograder.release.leaks import leaks_in_folder


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return tiny_course.lay_out(tmp_path)


def build(course: Course) -> set[str]:
    """The files of a fresh release."""
    build_release(course, NAME, execute="never", register=False)
    return set(tree(course.root / "release" / NAME))


def say(course: Course, settings: str) -> None:
    text = f"from autograder.assignment import Settings\nSETTINGS = Settings({settings})\n"
    (course.root / "autograder" / "assignments" / NAME / "__init__.py").write_text(text)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def private(course: Course, name: str) -> Path:
    return course.root / "autograder" / "assignments" / NAME / name


def add_free_cell(course: Course, source: str) -> None:
    path = course.source(NAME) / "tiny.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(source, id="scratch"))
    nbformat.write(notebook, path)


def test_what_lies_beside_the_notebook_is_released(course: Course) -> None:
    assert build(course) == {"tiny.ipynb", "sales.csv"}


def test_shared_files_are_shipped_under_their_own_paths(course: Course) -> None:
    write(course.root / "data" / "deep" / "numbers.csv", "1,2\n")
    write(course.root / "data" / "other.csv", "3\n")
    say(course, "ships=('data/deep/numbers.csv',)")
    assert build(course) == {"tiny.ipynb", "sales.csv", "data/deep/numbers.csv"}
    assert sorted(find(course, NAME).shared()) == ["data", "sales.csv"]


def test_a_file_to_ship_that_is_not_there_is_one_sentence(course: Course) -> None:
    say(course, "ships=('data/nothing.csv',)")
    with pytest.raises(UsageError, match=r"data/nothing\.csv"):
        build(course)
    assert not (course.root / "release").exists()


def test_what_the_author_keeps_is_left_behind(course: Course) -> None:
    for folder in ("results", "drafts"):
        write(course.source(NAME) / folder / "note.txt", "mine")
    assert "drafts/note.txt" in build(course)
    say(course, "leaves_behind=('results', 'drafts')")
    assert build(course) == {"tiny.ipynb", "sales.csv"}


def test_a_free_cell_may_say_what_the_engine_says_too(course: Course) -> None:
    engine = Path(tiny_course.ROOT / "autograder" / "checking" / "faults.py").read_text()
    assert "super().__init__(message)" in tiny_course.FREE
    assert "super().__init__(message)" in engine
    build(course)
    released = (course.root / "release" / NAME / "tiny.ipynb").read_text()
    assert "super().__init__(message)" in released


@pytest.mark.parametrize("name", ["reference.py", "checks/test_account.py", "mistakes/account.py"])
def test_a_line_of_the_private_folder_is_a_leak(course: Course, name: str) -> None:
    line = "secret_plan = balance * 17 + history"
    path = private(course, name)
    write(path, f"{path.read_text()}\n{line} if 0 else 0\n")
    add_free_cell(course, f"{line} if 0 else 0")
    with pytest.raises(UsageError, match=rf"'scratch'.*secret_plan.*{Path(name).name}"):
        build(course)


def test_a_line_of_another_assignment_s_private_folder_is_none(course: Course) -> None:
    line = "secret_plan = balance * 17 + history"
    write(course.root / "autograder" / "assignments" / "other" / "reference.py", f"{line}\n")
    add_free_cell(course, line)
    assert build(course) == {"tiny.ipynb", "sales.csv"}


def test_a_private_file_is_a_leak_whatever_it_is_called(course: Course) -> None:
    private(course, "checks/hidden.csv").write_text("4,7,1,1\n")
    build(course)
    folder = course.root / "release" / NAME
    (folder / "innocent.dat").write_text("4,7,1,1\n")
    (told,) = leaks_in_folder(find(course, NAME), folder)
    assert told.startswith("innocent.dat is the autograder's hidden.csv")
