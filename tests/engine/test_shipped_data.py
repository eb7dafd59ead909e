"""What ships is what the manifest says, small and balanced; the engine names no data set."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from mini_course import ROOT

from autograder.course.data import verify
from autograder.course.manifest import Manifest
from autograder.errors import UsageError


def test_the_course_offers_cifar10() -> None:
    assert Manifest.read(ROOT / "datasets").pick(None).folder == "cifar-10-batches-py"


def test_the_engine_names_no_data_set() -> None:
    package = ROOT / "autograder"
    sources = [
        path
        for path in package.rglob("*.py")
        if "assignments" not in path.relative_to(package).parts
    ]
    words = ("cifar", "fashion", "mnist")
    assert sources
    named = [p for p in sources if any(word in p.read_text().lower() for word in words)]
    assert named == []


def test_every_shipped_file_is_as_the_manifest_says() -> None:
    files = Manifest.read(ROOT / "datasets").files
    assert len(list(verify(ROOT / "datasets"))) >= len(files) == 2
    for name, entry in files.items():
        assert (ROOT / name).stat().st_size == entry.size
        with np.load(ROOT / name) as arrays:
            found = {key: (arrays[key].shape, str(arrays[key].dtype)) for key in arrays}
        assert found == {key: (a.shape, a.dtype) for key, a in entry.arrays.items()}


def test_a_changed_or_missing_file_is_named(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "datasets", tmp_path / "datasets")
    with pytest.raises(UsageError, match=r"grading_images.npz is missing"):
        list(verify(tmp_path / "datasets"))
    with (tmp_path / "datasets/fashion_mnist.npz").open("ab") as file:
        file.write(b"x")
    with pytest.raises(UsageError, match=r"fashion_mnist.npz has changed"):
        list(verify(tmp_path / "datasets"))


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no readable manifest.json"):
        list(verify(tmp_path))


def test_shipped_classes_are_balanced_and_no_picture_is_in_two_splits() -> None:
    seen: set[bytes] = set()
    count = 0
    for name in (
        "datasets/fashion_mnist.npz",
        "autograder/assignments/batchnorm/checks/grading_images.npz",
    ):
        with np.load(ROOT / name) as arrays:
            for key in arrays:
                if key.startswith("y"):
                    assert len(set(np.bincount(arrays[key]))) == 1
                    rows = np.sort(arrays[key].reshape(-1, 10), axis=1)
                    assert (rows == np.arange(10)).all(), "ten neighbours are ten classes"
                else:
                    seen.update(picture.tobytes() for picture in arrays[key])
                    count += len(arrays[key])
    assert len(seen) == count == 9000


def test_what_ships_is_small() -> None:
    assert (ROOT / "datasets/fashion_mnist.npz").stat().st_size <= 4e6
