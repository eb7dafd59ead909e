"""Whatever the caller can mend is one sentence on stderr and status 2."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from batch_class import hand_in
from mini_course import NAME, ReleasedIn, copy_of

from autograder import cli
from autograder.course.course import Course
from autograder.sandbox import bubblewrap
from autograder.sandbox.errors import SandboxUnavailable

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def released(released_in: ReleasedIn, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The mini course, released; nobody has handed in."""
    return released_in(tmp_path_factory.mktemp("cli"))


@pytest.fixture
def run(
    released: Course, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Run the command line in a folder; returns status, stdout and stderr."""

    def ran(*words: object, where: Path | None = None) -> tuple[int, str, str]:
        monkeypatch.chdir(where or released.root)
        monkeypatch.setattr(sys, "argv", ["autograder", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err

    return ran


@pytest.fixture
def course(released: Course, tmp_path: Path) -> Course:
    """A copy of it to hand in to, without a gradebook."""
    copied = copy_of(released, tmp_path / "course")
    (copied.root / "gradebook.db").unlink()
    return copied


def refused(answer: tuple[int, str, str], says: str) -> None:
    status, out, err = answer
    assert status == 2
    assert out == ""
    assert says in err
    assert err.count("\n") == 1
    assert "Traceback" not in err


def test_a_path_that_is_not_there(run: Run) -> None:
    refused(run("check", "nowhere"), "There is no nowhere")


def test_a_file_that_is_not_a_notebook(run: Run) -> None:
    refused(run("check", "nbgrader_config.py"), "is not a notebook")


def test_a_notebook_of_something_else(run: Run, tmp_path: Path) -> None:
    (tmp_path / "other.ipynb").write_text("{}")
    refused(run("check", tmp_path / "other.ipynb"), f"is no submission of {NAME}")


def test_a_folder_without_notebooks(run: Run, tmp_path: Path) -> None:
    refused(run("check", tmp_path), "holds no notebook")


def test_an_assignment_that_is_not_there(run: Run) -> None:
    refused(run("check", f"release/{NAME}", "--assignment", "nope"), "no release/nope")


def test_a_folder_that_is_no_course(run: Run, tmp_path: Path) -> None:
    refused(run("check", "anything", where=tmp_path), "is not a course")


def test_a_sandbox_of_another_name(run: Run) -> None:
    refused(run("check", f"release/{NAME}", "--sandbox", "docker"), "no sandbox 'docker'")


def test_nothing_submitted_yet(run: Run, course: Course) -> None:
    refused(run("grade", where=course.root), "no submitted/")


def test_a_student_who_did_not_submit(run: Run, course: Course) -> None:
    hand_in(course, "ada", {})
    refused(run("grade", "--student", "bob", where=course.root), "submitted/bob")


def test_no_gradebook_yet(run: Run, course: Course) -> None:
    hand_in(course, "ada", {})
    refused(run("grade", where=course.root), "no gradebook")
    refused(run("export", where=course.root), "no gradebook")


def test_nothing_graded_yet(run: Run, course: Course) -> None:
    refused(run("report", where=course.root), f"Nothing of {NAME} is graded yet")


def test_a_machine_without_a_sandbox(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_here(*_: object) -> None:
        raise SandboxUnavailable("This machine gives no sandbox: install bubblewrap.")

    monkeypatch.setattr(bubblewrap, "find_bwrap", none_here)
    refused(run("check", f"release/{NAME}"), "gives no sandbox")


def test_json_is_exactly_one_object_on_stdout(run: Run) -> None:
    status, out, _ = run("check", f"release/{NAME}", "--json")
    assert status == 0
    assert json.loads(out)["score"] == 0.0


def test_too_few_points_are_status_1_and_results_are_written(run: Run, tmp_path: Path) -> None:
    files = ("--junit", tmp_path / "r.xml", "--gradescope", tmp_path / "r.json")
    status, _, err = run("check", f"release/{NAME}", "--fail-under", 5, *files)
    assert (status, err) == (1, "autograder: 0 points are less than 5.\n")
    (suite,) = ElementTree.parse(tmp_path / "r.xml").getroot()
    assert (suite.get("name"), int(suite.get("failures", 0)) > 0) == (NAME, True)
    assert json.loads((tmp_path / "r.json").read_text())["score"] == 0.0


SERVED = """
import multiprocessing
from autograder.classroom.start import start_worker_server

start_worker_server()
told = "import signal; print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))"
worker = multiprocessing.get_context("forkserver").Process(target=exec, args=(told,))
worker.start()
worker.join()
"""


def test_workers_take_no_module_of_the_working_directory_and_no_interrupt(tmp_path):
    for name in ("msgspec", "numpy", "autograder"):
        (tmp_path / f"{name}.py").write_text(f"open('{name}.left', 'w')")
    done = subprocess.run(
        [sys.executable, "-P", "-c", SERVED],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("True\n", "")
    assert not list(tmp_path.glob("*.left"))


def test_a_failure_of_ours_is_a_sentence_and_its_traceback_is_in_a_file(
    run: Run, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autograder.assignment.chosen", lambda *_: {}["gone"])
    (course.root / ".autograder").mkdir(exist_ok=True)
    status, out, err = run("report", NAME, where=course.root)
    assert (status, out) == (4, "")
    assert "this command failed, through no fault of yours (KeyError: 'gone')" in err
    assert "Traceback" not in err
    assert "Traceback" in (course.root / ".autograder" / "last-error.txt").read_text()


def test_a_stale_release_is_status_1(run: Run, course: Course) -> None:
    (course.root / "release" / NAME / "layers.ipynb").unlink()
    status, _, err = run("release", "--verify", NAME, where=course.root)
    assert status == 1
    assert "is not what source/mini gives" in err
