"""A pack grades where it is meant to be: each is laid out as its platform does, and run."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from tiny_course import NAME, hand_in

from autograder.classroom.bundles import LAYOUTS, pack
from autograder.course.course import Course
from autograder.sandbox.binary import find_bwrap

WRONG = {"initials": "def initials(name):\n    return name[0]"}


def unpack(path: Path, folder: Path) -> None:
    """As `unzip` does, which keeps what may be run."""
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
        for entry in archive.infolist():
            (folder / entry.filename).chmod(entry.external_attr >> 16 & 0o777)


@pytest.fixture(scope="module")
def packs(tiny: Course, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """All packs, unpacked in folders of their kind, each with this environment as its own."""
    root = tmp_path_factory.mktemp("packs")
    for kind in LAYOUTS:
        pack(tiny, NAME, kind, root / f"{kind}.zip", "bubblewrap")
        unpack(root / f"{kind}.zip", root / kind)
    for place in ("gradescope", "github/runner", "container"):
        (root / place / "venv").symlink_to(sys.prefix)
    yield root
    shutil.rmtree(root)


def run(*command: Any, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*map(str, command)], capture_output=True, text=True, timeout=120, check=False, **options
    )


def test_gradescope_runs_it_and_finds_the_results(packs: Path, tmp_path: Path) -> None:
    """The tree is that of gradescope-autograders.readthedocs.io, "File hierarchy"."""
    tree = tmp_path / "autograder"
    tree.mkdir()
    (tree / "source").symlink_to(packs / "gradescope")
    shutil.copy(packs / "gradescope" / "run_autograder", tree / "run_autograder")
    hand_in(tree / "submission", WRONG)
    done = run(tree / "run_autograder", env={"AUTOGRADER_ROOT": tree, "PATH": "/usr/bin:/bin"})
    assert done.returncode == 0, done.stderr
    told = json.loads((tree / "results" / "results.json").read_text())
    assert 0 < told["score"] == sum(test["score"] for test in told["tests"]) < 12
    assert {test["status"] for test in told["tests"]} == {"passed", "failed"}


def test_gradescope_says_that_there_is_no_notebook(packs: Path, tmp_path: Path) -> None:
    (tmp_path / "submission").mkdir()
    run(packs / "gradescope" / "run_autograder", env={"AUTOGRADER_ROOT": tmp_path})
    told = json.loads((tmp_path / "results" / "results.json").read_text())
    assert told["output"].startswith("There is no notebook")


def test_github_grades_a_push_on_the_courses_machine(packs: Path, tmp_path: Path) -> None:
    """The step of the workflow is run as a runner does, with bash, in its workspace."""
    workflows = "{}-repository/.github/workflows/grade.yml"
    called = yaml.safe_load((packs / "github" / workflows.format("workflow")).read_text())
    assert "workflow_call" in called[True], "YAML reads `on` as a truth value"
    hand_in(tmp_path / "submission", WRONG)
    (step,) = (step for step in called["jobs"]["grade"]["steps"] if "run" in step)
    own = {"AUTOGRADER_HOME": packs / "github" / "runner", "FAIL_UNDER": "11"}
    done = run("bash", "-e", "-c", step["run"], cwd=tmp_path, env={"PATH": "/usr/bin:/bin"} | own)
    assert done.returncode == 1
    assert done.stderr.strip().endswith("points are less than 11.")
    suites = ElementTree.parse(tmp_path / "results.xml").getroot()
    assert len(list(suites.iter("failure"))) > 0
    students = yaml.safe_load((packs / "github" / workflows.format("student")).read_text())
    assert students[True] == "push"
    assert students["jobs"]["grade"]["uses"].endswith("/.github/workflows/grade.yml@main")


def test_what_students_can_see_on_github_holds_nothing_hidden(packs: Path) -> None:
    for part in ("workflow", "student"):
        files = list((packs / "github" / f"{part}-repository").rglob("*"))
        assert [path.name for path in files if path.is_file()] == ["grade.yml"]
        assert "secrets" not in files[-1].read_text()


def test_the_container_copies_what_it_runs(packs: Path) -> None:
    text = (packs / "container" / "Containerfile").read_text()
    copied = dict(re.findall(r"(?m)^COPY (?:--\S+ )?(\S+) (\S+)$", text))
    assert all((packs / "container" / name).exists() for name in copied)
    (entry,) = json.loads(re.search(r"(?m)^ENTRYPOINT (.*)$", text)[1])
    assert entry in copied.values()
    grade = packs / "container" / "grade"
    assert grade.read_bytes() == (packs / "gradescope" / "grade").read_bytes()
    assert text.index("USER grader") < text.index("ENTRYPOINT"), "it needs no privileges"


def test_a_container_without_namespaces_says_so(packs: Path, tmp_path: Path) -> None:
    hand_in(tmp_path / "submission")
    inside = (find_bwrap().path, "--unshare-user", "--disable-userns", "--dev-bind", "/", "/")
    done = run(*inside, packs / "container" / "grade", tmp_path / "submission")
    assert done.returncode == 2
    assert "The sandbox cannot be started here" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_pack_is_the_same_twice_and_has_the_courses_secret(
    tiny: Course, packs: Path, tmp_path: Path
) -> None:
    pack(tiny, NAME, "container", tmp_path / "again.zip", "bubblewrap")
    assert (tmp_path / "again.zip").read_bytes() == (packs / "container.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "again.zip") as archive:
        assert archive.read("course/.autograder/secret") == tiny.secret()
        lines = archive.read("requirements.txt").decode().split()
    assert {line.partition("==")[0] for line in lines} >= {"nbgrader", "numpy", "ipython"}
    assert not [line for line in lines if line.startswith(("torch", "pandas", "ruff"))]
