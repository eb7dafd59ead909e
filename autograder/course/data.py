"""`autograder data`: fetch data sets that do not ship, hold all of them to their checksums."""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from autograder.course.download import PATIENCE, Patience, digest, download
from autograder.course.manifest import NAME, Archive, Manifest
from autograder.errors import UsageError

MIRRORS_VARIABLE = "AUTOGRADER_MIRRORS"


def fetch(archive: Archive, dest: Path, *, patience: Patience = PATIENCE) -> Path:
    """Download a data set into `dest` and unpack it there; what is there already stays.

    Mirrors of your own go before the published ones: their URLs, separated by blanks, stand in
    the environment variable AUTOGRADER_MIRRORS. An archive you put into `dest` by hand is used.

    Args:
        archive: what the manifest says of it.
        dest: the folder; made if it is not there.
        patience: when to give up.

    Returns:
        The folder with the unpacked files.

    Raises:
        UsageError: no mirror gave the whole file, or it does not hold what the manifest says.
    """
    folder = dest / archive.folder
    if folder.is_dir() and not list(_damaged(folder, archive)):
        return folder
    dest.mkdir(parents=True, exist_ok=True)
    file = dest / archive.file
    if not (file.is_file() and digest(file) == archive.sha256):
        _download(archive, file, patience)
    _unpack(file, folder, archive)
    return folder


def verify(folder: Path) -> Iterator[str]:
    """Hold every file of `folder`'s manifest, and fetched data sets, to their checksums.

    Args:
        folder: holds `manifest.json`, whose file names count from the folder above.

    Yields:
        One line for each file that is right.

    Raises:
        UsageError: a file is missing or changed, or there is no manifest.
    """
    manifest = Manifest.read(folder)
    for name, entry in manifest.files.items():
        path = folder.resolve().parent / name
        if not path.is_file():
            raise UsageError(f"{name} is missing; make it as {folder}/README.md says.")
        if digest(path) != entry.sha256:
            raise UsageError(f"{name} has changed: its SHA-256 is not the manifest's.")
        yield f"{name}: as in the manifest"
    for archive in manifest.archives.values():
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


def _unpack(file: Path, folder: Path, archive: Archive) -> None:
    """Unpack beside the folder and rename, so that a folder of that name is always whole.

    Raises:
        UsageError: the archive is the one the manifest means, but does not hold what it says.
    """
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".unpacking-") as scratch:
        try:
            with tarfile.open(file) as tar:
                tar.extractall(scratch, filter="data")
        except tarfile.TarError as error:
            raise UsageError(f"{file} cannot be unpacked: {error}.") from error
        unpacked = Path(scratch) / archive.folder
        for wrong in _damaged(unpacked, archive):
            inside = wrong.relative_to(scratch)
            raise UsageError(f"{inside} is not in {file} as {NAME} says; correct the manifest.")
        if folder.exists():
            shutil.rmtree(folder)
        unpacked.rename(folder)


def _damaged(folder: Path, archive: Archive) -> Iterator[Path]:
    """Yield each file that is not there or not as published."""
    for name, checksum in archive.members.items():
        path = folder / name
        algorithm, _, published = checksum.partition(":")
        if not path.is_file() or _checksum(path, algorithm) != published:
            yield path


def _checksum(path: Path, algorithm: str) -> str:
    # Where only an MD5 is published, the archive itself was still held to its SHA-256.
    with path.open("rb") as file:
        return hashlib.file_digest(
            file, lambda: hashlib.new(algorithm, usedforsecurity=False)
        ).hexdigest()
