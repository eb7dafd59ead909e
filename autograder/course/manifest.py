"""What a course's `datasets/manifest.json` says: the data files that ship, the archives to fetch.

It is the only place that names a data set. A field that is not known here is refused, so that a
misspelt one is not taken for one that was left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec

from autograder.errors import UsageError

NAME = "manifest.json"

Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
"""In hexadecimal, small letters."""
Checksum = Annotated[str, msgspec.Meta(pattern="^(md5:[0-9a-f]{32}|sha256:[0-9a-f]{64})$")]
"""An algorithm and a checksum: what is published is not always a SHA-256."""
FileName = Annotated[str, msgspec.Meta(pattern=r"^[^/\\.][^/\\]*$")]
"""One name and no path: a folder of that name is deleted before it is unpacked again."""
Size = Annotated[int, msgspec.Meta(gt=0)]


class Array(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One array of an .npz file."""

    shape: tuple[int, ...]
    dtype: str


class ShippedFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A data file that is part of the course."""

    sha256: Sha256
    size: Size = msgspec.field(name="bytes")
    licence: str
    origin: str
    arrays: dict[str, Array] = {}


class Archive(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A published tar archive, compressed or not: where it is, how to know it."""

    file: FileName
    """What it is called in the folder it is fetched into."""
    urls: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    """Addresses, tried in this order."""
    sha256: Sha256
    size: Size = msgspec.field(name="bytes")
    folder: FileName
    """What it unpacks to."""
    members: dict[str, Checksum]
    """The files in that folder that have to be there, by their paths from it."""
    origin: str = ""


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of `manifest.json`."""

    files: dict[str, ShippedFile] = {}
    """By path, counted from the folder above the manifest's."""
    archives: dict[str, Archive] = {}
    """By the name that `autograder data fetch` is given."""
    made_with: dict[str, Any] = {}
    """What the files were made with, for people."""

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Read the manifest of this folder.

        Raises:
            UsageError: there is none, or it says something that is not understood.
        """
        try:
            return msgspec.json.decode((folder / NAME).read_bytes(), type=cls)
        except OSError as error:
            raise UsageError(f"{folder} has no readable {NAME}: {error.strerror}.") from error
        except msgspec.DecodeError as error:  # no JSON, or not these fields
            raise UsageError(f"{folder / NAME} is not a manifest of data sets: {error}.") from error

    def pick(self, name: str | None) -> Archive:
        """The archive of this name; without a name the only one there is.

        Raises:
            UsageError: there is none of that name, or there are several and no name.
        """
        if not self.archives:
            raise UsageError(f"The course's {NAME} names no data set to fetch.")
        if name is None and len(self.archives) == 1:
            return next(iter(self.archives.values()))
        if name is None:
            raise UsageError(
                f"There are several data sets to fetch; take {_either(self.archives)}."
            )
        if name not in self.archives:
            names = _either(self.archives)
            raise UsageError(f"There is no data set '{name}' to fetch; take {names}.")
        return self.archives[name]


def _either(names: Mapping[str, object]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last
