"""The wheel holds all that the engine needs, and nothing else."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import built_wheel
import pytest

INSTALLED = "autograder-0.1.0.data/data/etc/jupyter/jupyter_server_config.d/autograder.json"
"""Where Jupyter looks for what it has to load."""


@pytest.fixture(scope="module")
def tracked() -> set[str]:
    """The repository's files, by their paths."""
    return built_wheel.tracked_files()


@pytest.fixture(scope="module")
def packed(wheel: Path) -> set[str]:
    """The names of the files in a wheel."""
    with ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_is_the_package_as_it_is_tracked(tracked: set[str], packed: set[str]) -> None:
    package = {name for name in tracked if name.startswith("autograder/")}
    described = {name for name in packed if ".dist-info/" in name}
    assert packed - described == package | {INSTALLED}


def test_the_data_that_ships_brings_its_licence(packed: set[str]) -> None:
    licences = {name.partition("/licenses/")[2] for name in packed if "/licenses/" in name}
    assert licences == {"LICENSE", "datasets/LICENSE.fashion-mnist"}


def test_types_are_there_for_those_who_use_the_package(packed: set[str]) -> None:
    assert "autograder/py.typed" in packed
