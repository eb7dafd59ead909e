"""A course declares its questions once, in the notebooks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import tiny_course
from nbformat.v4 import new_code_cell, new_markdown_cell

from autograder.assignment import find
from autograder.course.course import Course
from autograder.course.questions import answer_cells, questions_of
from autograder.errors import UsageError


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    """An empty course whose secret is its own."""
    monkeypatch.delenv("AUTOGRADER_SECRET")
    (tmp_path / "nbgrader_config.py").write_text("")
    return Course.find(tmp_path)


def questions(id_: str, upstream: tuple[str, ...] = (), **flags: Any) -> list[Any]:
    return tiny_course.question(id_, "x", 1, "x", defines=id_, upstream=list(upstream), **flags)


def declare(course: Course, **notebooks: list[Any]) -> Course:
    """Write an assignment `a` of these notebooks."""
    for name, cells in notebooks.items():
        path = course.root / "source" / "a" / f"{name}.ipynb"
        tiny_course.write(path, tiny_course.notebook(cells))
    return course


def test_questions_come_in_cell_order_with_all_they_declare(tiny: Course) -> None:
    found = questions_of(tiny, "tiny")
    assert [(q.id, q.points, q.answer) for q in found] == [
        ("standardize", 4, "standardize_answer"),
        ("initials", 3, "initials_answer"),
        ("account", 5, "account_answer"),
    ]
    account = found[-1]
    assert (account.defines, account.upstream, account.kind) == ("Account", ("initials",), "code")
    assert account.notebook == "tiny"


def test_notebooks_come_in_the_order_in_which_their_questions_build_on_each_other(
    course: Course,
) -> None:
    declare(
        course,
        a_last=questions("l", ("m",)),
        b_first=questions("f") + questions("g", ("f",)),
        c_middle=questions("m", ("g",)),
    )
    assert [q.id for q in questions_of(course, "a")] == ["f", "g", "m", "l"]


def test_notebooks_that_need_nothing_of_each_other_come_by_name(course: Course) -> None:
    declare(course, two=questions("t"), one=questions("o"), three=questions("h"))
    assert [q.notebook for q in questions_of(course, "a")] == ["one", "three", "two"]


def test_a_circle_of_notebooks_is_refused_in_a_sentence(course: Course) -> None:
    declare(course, one=questions("o", ("t",)), two=questions("t", ("o",)), three=questions("h"))
    with pytest.raises(UsageError, match=r"^source/a: the questions of one and two [^\n]+$"):
        questions_of(course, "a")


def test_a_question_declared_twice_is_refused_in_a_sentence(course: Course) -> None:
    declare(course, one=questions("o"), two=questions("o"))
    (course.root / "autograder" / "assignments" / "a").mkdir(parents=True, exist_ok=True)
    with pytest.raises(UsageError, match=r"^source/a declares the question 'o' twice\.$"):
        _ = find(course, "a").questions


def test_a_notebook_that_cannot_be_read_is_named(course: Course) -> None:
    declare(course, one=questions("o"))
    (course.root / "source" / "a" / "two.ipynb").write_text("{")
    with pytest.raises(UsageError, match=r"two\.ipynb is not a readable notebook"):
        questions_of(course, "a")


def test_the_cell_of_an_answer_is_said_or_else_the_free_one_before_the_check() -> None:
    def cell(id_: str, answer: str = "", **flags: Any) -> Any:
        own = {"nbgrader": tiny_course.metadata(id_, **flags)}
        return new_code_cell("", metadata=own | {"autograder": {"answer": answer}})

    check = {"grade": True, "locked": True}
    cells = [
        new_markdown_cell("prose"),
        cell("early", solution=True),
        cell("first_code", solution=True),
        cell("first", **check),
        cell("second", **check),
        cell("third", answer="early", **check),
        cell("written", grade=True, solution=True),
        cell("after", **check),
    ]
    assert answer_cells(cells) == {
        "first": "first_code", "second": "second", "third": "early", "written": "written",
        "after": "after",
    }  # fmt: skip


def test_a_folder_without_a_config_is_not_a_course(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"holds no nbgrader_config\.py"):
        Course.find(tmp_path)


@pytest.mark.parametrize("name", ["nope", "..", "", "a/b", "/etc"])
def test_an_unknown_assignment_is_one_sentence(course: Course, name: str) -> None:
    with pytest.raises(UsageError, match=r"^[^\n]+$"):
        course.source(name)


def test_the_secret_is_made_once_and_for_the_owner_only(course: Course) -> None:
    first = course.secret()
    path = course.root / ".autograder" / "secret"
    assert course.secret() == first
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_damaged_secret_is_not_used(course: Course) -> None:
    course.secret()
    (course.root / ".autograder" / "secret").write_bytes(b"short")
    with pytest.raises(UsageError, match="damaged"):
        course.secret()


@pytest.mark.parametrize(
    ("place", "content"),
    [
        (".autograder/ledger-a.sqlite", b""),
        ("autograded/ann/a/one.ipynb", b'{"metadata": {"autograder": {"status": "graded"}}}'),
    ],
)
def test_a_lost_secret_is_not_replaced_without_a_word(
    course: Course, place: str, content: bytes
) -> None:
    graded = course.root / place
    graded.parent.mkdir(parents=True)
    graded.write_bytes(content)
    with pytest.raises(UsageError, match=r"secret is gone[^\n]+Put it back") as told:
        course.secret()
    assert place in str(told.value)
    assert not (course.root / ".autograder" / "secret").exists()


def test_what_nbgrader_graded_needs_no_secret(course: Course) -> None:
    graded = course.root / "autograded" / "ann" / "a" / "one.ipynb"
    graded.parent.mkdir(parents=True)
    graded.write_bytes(b'{"metadata": {"nbgrader": {}}}')
    assert len(course.secret()) == 32


def test_the_environment_overrides_the_secret(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTOGRADER_SECRET", "sent along with the job")
    assert course.secret() == b"sent along with the job"
    assert not (course.root / ".autograder").exists()


@pytest.mark.parametrize("short", ["", "a" * 15])
def test_a_secret_that_can_be_guessed_is_one_sentence(
    course: Course, monkeypatch: pytest.MonkeyPatch, short: str
) -> None:
    monkeypatch.setenv("AUTOGRADER_SECRET", short)
    with pytest.raises(UsageError, match=r"^AUTOGRADER_SECRET has \d+ characters; [^\n]+$"):
        course.secret()
    assert not (course.root / ".autograder").exists()


def test_plots_are_warm_where_something_that_is_released_plots(tmp_path: Path) -> None:
    course = tiny_course.released(tmp_path)
    tiny = find(course, tiny_course.NAME)
    assert tiny.warm() == tiny.settings.warm
    (tiny.release / "lab").mkdir()
    (tiny.release / "lab" / "draw.py").write_text("from matplotlib import pyplot\n")
    assert tiny.warm() == (*tiny.settings.warm, "matplotlib.pyplot")
