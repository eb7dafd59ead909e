"""The wheel holds all that the engine needs, and nothing else."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

import pytest
from machine import lacking

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def tracked() -> set[str]:
    """The repository's files, by their paths."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        lacking("git, to know which files belong to the repository")
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return {name for name in listed.split("\0") if (ROOT / name).is_file()}


@pytest.fixture(scope="module")
def packed(tracked: set[str], tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of the files in a wheel that is built, offline, from a copy of the repository."""
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    (lowest,) = (int(need.removeprefix("setuptools>=")) for need in needed)
    try:
        found = int(version("setuptools").split(".")[0])
    except PackageNotFoundError:
        found = 0
    if found < lowest:
        lacking(f"setuptools {lowest} or newer, to build a wheel with")
    source, wheels = (tmp_path_factory.mktemp(name) for name in ("source", "wheels"))
    for name in tracked:
        if PurePosixPath(name).parts[0] in ("autograder", "tests") or name.count("/") == 0:
            copy = source / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy)
    (source / "datasets").mkdir()
    shutil.copy(ROOT / "datasets/LICENSE.fashion-mnist", source / "datasets")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-index", "--no-deps"]
    built = subprocess.run(
        [*pip, "--no-build-isolation", "--wheel-dir", str(wheels), str(source)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = wheels.glob("*.whl")
    with ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_is_the_package_as_it_is_tracked(tracked: set[str], packed: set[str]) -> None:
    package = {name for name in tracked if name.startswith("autograder/")}
    described = {name for name in packed if ".dist-info/" in name}
    assert packed - described == package


def test_the_data_that_ships_brings_its_licence(packed: set[str]) -> None:
    licences = {name.partition("/licenses/")[2] for name in packed if "/licenses/" in name}
    assert licences == {"LICENSE", "datasets/LICENSE.fashion-mnist"}


def test_types_are_there_for_those_who_use_the_package(packed: set[str]) -> None:
    assert "autograder/py.typed" in packed
