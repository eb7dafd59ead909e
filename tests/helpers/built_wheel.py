"""A wheel of the package as it is tracked, built offline from a copy of the repository."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePosixPath

from machine import lacking

ROOT = Path(__file__).parents[2]


def tracked_files() -> set[str]:
    """The repository's files, by their paths."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        lacking("git, to know which files belong to the repository")
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return {name for name in listed.split("\0") if (ROOT / name).is_file()}


def build(folder: Path) -> Path:
    """Build the wheel in a folder; returns its path."""
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    (lowest,) = (int(need.removeprefix("setuptools>=")) for need in needed)
    try:
        found = int(version("setuptools").split(".")[0])
    except PackageNotFoundError:
        found = 0
    if found < lowest:
        lacking(f"setuptools {lowest} or newer, to build a wheel with")
    source, wheels = folder / "source", folder / "wheels"
    for name in tracked_files():
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
    return wheel
